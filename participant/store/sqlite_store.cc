#include "participant/store/sqlite_store.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <filesystem>
#include <new>
#include <system_error>
#include <utility>

#include "participant/store/catalog.h"
#include "participant/store/connection.h"
#include "participant/store/execution.h"
#include "participant/store/file_claim.h"
#include "participant/store/journal_tables.h"
#include "participant/store/replay.h"
#include "participant/store/row_observer.h"
#include "participant/store/sandbox.h"
#include "participant/store/schema_change.h"
#include "participant/store/statement_cache.h"
#include "participant/store/store_file.h"
#include "participant/store/wal_vfs.h"
#include "thrift/daemon/failpoint.h"

namespace assent::participant {

namespace {

Error no_memory(const std::string& path) {
  return {ErrorKind::kIo, path + ": no memory was left; give the process more, or less to do"};
}

class SqliteStore final : public Store {
 public:
  // Opens the file, which exists. Throws ResultError.
  SqliteStore(std::unique_ptr<FileClaim> claim, const std::string& path, const SqliteStoreOptions& options)
      : claim_(std::move(claim)),
        checkpoint_pages_(options.checkpoint_pages),
        connection_(path, SQLITE_OPEN_READWRITE, vfs_.name()),
        sandbox_(connection_),
        catalog_(connection_),
        observer_(connection_),
        replay_(connection_, catalog_, observer_),
        enforcement_(connection_, catalog_),
        foreign_writes_(connection_, *claim_, options.clock),
        executor_(connection_, catalog_, sandbox_, enforcement_, observer_, replay_, foreign_writes_, options.limits,
                  options.validate_replay),
        journal_(connection_, replay_),
        clock_(options.clock),
        free_bytes_(options.free_bytes),
        reserve_bytes_(options.reserve_bytes) {
    prepare(options);
    try {
      open(options);
    } catch (ResultError& error) {
      throw ResultError(noted(error.error()));
    }
  }

  ~SqliteStore() override {
    if (failed_) return;
    // Whatever fails here has no consequence but this: how the file was left is not known at the next opening.
    static_cast<void>(guarded([&] {
      executor_.end();
      foreign_writes_.leave_at_rest();
      return true;
    }));
  }

  const RecoveredStore& recovered() const override { return recovered_; }

  Result<Execution> execute(const Run& run) override {
    return guarded([&] {
      if (daemon::failpoint("store.before_execute")) {
        throw ResultError({ErrorKind::kIo, connection_.path() + ": failpoint store.before_execute"});
      }
      return executor_.run(run);
    });
  }

  Result<void> end_executions() override {
    const auto ended = guarded([&] {
      executor_.end();
      return true;
    });
    return ended ? Result<void>() : Result<void>(ended.error());
  }

  StoreCounters counters() const override {
    std::error_code none;
    const auto wal_bytes = std::filesystem::file_size(connection_.path() + "-wal", none);
    return {.reapplied_rows = executor_.reapplied_rows(), .wal_bytes = none ? 0 : wal_bytes, .disk = vfs_.counters()};
  }

  std::optional<TransactionId> branch_at_hand() const override { return executor_.kept(); }

  Result<StorePosition> journal(std::span<const JournalOperation> operations) override {
    return guarded([&] { return write(operations); });
  }

  Result<SchemaChange> apply_schema(const std::string& text) override {
    return guarded([&] { return change_schema(text); });
  }

  const std::string& foreign_write() const override { return foreign_write_; }

  bool is_short_of_space() const override { return free_bytes_(connection_.path()) < reserve_bytes_; }

 private:
  // Whoever is in the way here may only have read, and be moving a long log into the file while it closes it.
  void prepare(const SqliteStoreOptions& options) try {
    if (claim_->was_writing()) write_log_again(connection_.path());
    configure_store_connection(connection_, checkpoint_pages_);
    if (options.recursive_triggers) {
      connection_.run_once("PRAGMA recursive_triggers = ON");
    }
    // The log is there now: made just now, or by an opening that failed before it was forced, or by one that could not
    // force its name, of which SQLite says nothing.
    give_access(connection_.path(), options.access);
    options.force_names(connection_.path());
    if (claim_->was_writing()) {
      fail_at("store.before_checkpoint");
      force_what_was_committed(connection_);
      fail_at("store.after_checkpoint");
    }
  } catch (const ResultError& failure) {
    if (failure.error().kind != ErrorKind::kConflict) throw;
    throw ResultError({ErrorKind::kUnavailable, failure.error().message});
  }

  void open(const SqliteStoreOptions& options) {
    claim_->mark_writing();
    connection_.query("BEGIN IMMEDIATE").run();
    foreign_writes_.compare_with_rest();
    if (options.schema) {
      const SchemaChange change = participant::apply_schema(connection_, sandbox_, *options.schema, clock_());
      if (!change.failure.empty()) {
        executor_.end();
        claim_->mark_written();
        throw ResultError({ErrorKind::kInvalidInput, connection_.path() + ": " + change.failure});
      }
      declare_virtual_tables(connection_);
    }
    recovered_ = JournalTables::read(connection_);
    recovered_.start_number = journal_.raise_start_number();
    recovered_.position = journal_.write_position(/*raises=*/options.schema.has_value());
    foreign_write_ = foreign_writes_.all_noticed(journal_.foreign_write());
    journal_.keep_foreign_write(foreign_write_);
    foreign_writes_.accept();
    const bool has_noticed = !claim_->foreign_write().empty();
    if (!has_noticed) claim_->forget_notes();  // from now on the file is not at rest
    commit();
    if (has_noticed) claim_->forget_notes();  // now it is kept in the store
    claim_->mark_written();
    executor_.read_committed();
    for (const BranchRow& row : recovered_.rows) {
      executor_.follow(read_changes(row.changes));
    }
  }

  StorePosition write(std::span<const JournalOperation> operations) {
    fail_at("store.before_journal");
    executor_.end();
    claim_->mark_writing();
    connection_.query("BEGIN IMMEDIATE").run();
    foreign_writes_.check();
    enforcement_.turn_off();
    for (const JournalOperation& operation : operations) {
      journal_.perform(operation);
    }
    const StorePosition position =
        journal_.write_position(std::any_of(operations.begin(), operations.end(), raises_position));
    fail_at("store.before_journal_commit");
    commit();
    fail_at("store.after_journal_commit");
    claim_->mark_written();
    for (const JournalOperation& operation : operations) {
      if (std::holds_alternative<AcknowledgeWrite>(operation)) foreign_write_.clear();
    }
    executor_.read_committed();
    return position;
  }

  SchemaChange change_schema(const std::string& text) {
    fail_at("store.before_schema");
    executor_.end();
    claim_->mark_writing();
    connection_.query("BEGIN IMMEDIATE").run();
    foreign_writes_.check();
    enforcement_.turn_off();
    SchemaChange change = participant::apply_schema(connection_, sandbox_, text, clock_());
    if (change.failure.empty() && !change.was_applied_before) {
      change.position = journal_.write_position(/*raises=*/true);
      fail_at("store.before_schema_commit");
      commit();
      fail_at("store.after_schema_commit");
    } else {
      executor_.end();  // SQLite may have rolled back by itself
    }
    claim_->mark_written();
    forget_schema();
    return change;
  }

  void commit() {
    foreign_writes_.about_to_commit();
    connection_.query("COMMIT").run();
  }

  // Statements first: they point into the catalog.
  void forget_schema() {
    executor_.forget_schema();
    replay_.clear();
    catalog_.clear();
    declare_virtual_tables(connection_);
    executor_.read_committed();
  }

  Error noted(Error error) {
    foreign_writes_.note_after(error);
    return error;
  }

  void fail_at(const char* failpoint) const {
    if (daemon::failpoint(failpoint)) {
      throw ResultError({ErrorKind::kIo, connection_.path() + ": failpoint " + failpoint});
    }
  }

  // After a failure nothing can be known of the transaction that was open: nothing may be asked any more.
  template <typename Operation>
  auto guarded(Operation operation) -> Result<decltype(operation())> {
    if (failed_) {
      return Error{ErrorKind::kUnavailable, connection_.path() + ": failed before; close the store and open it again"};
    }
    try {
      return operation();
    } catch (const ResultError& error) {
      failed_ = true;
      return noted(error.error());
    } catch (const std::bad_alloc&) {
      failed_ = true;
      return noted(no_memory(connection_.path()));
    }
  }

  std::unique_ptr<FileClaim> claim_;  // the last to go
  int checkpoint_pages_;
  WalVfs vfs_;
  Connection connection_;
  Sandbox sandbox_;
  Catalog catalog_;
  RowObserver observer_;
  Replay replay_;
  Enforcement enforcement_;
  ForeignWrites foreign_writes_;
  Executor executor_;
  JournalTables journal_;
  std::function<std::string()> clock_;
  std::function<std::uint64_t(const std::string&)> free_bytes_;
  std::uint64_t reserve_bytes_;
  RecoveredStore recovered_;
  std::string foreign_write_;
  bool failed_ = false;
};

}  // namespace

std::uint64_t free_bytes_beside(const std::string& path) {
  struct statvfs disk {};
  return ::statvfs(path.c_str(), &disk) == 0 ? std::uint64_t{disk.f_bavail} * disk.f_frsize : 0;
}

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, const SqliteStoreOptions& options) {
  try {
    const std::string resolved = resolve_store_path(path, options.create.has_value());
    auto claim = std::make_unique<FileClaim>(resolved);
    if (options.create) {
      create_store_file(resolved, options);
    }
    give_access(resolved, options.access);  // first, for SQLite gives the log the mode of the file
    return std::unique_ptr<Store>(std::make_unique<SqliteStore>(std::move(claim), resolved, options));
  } catch (const ResultError& error) {
    return error.error();
  } catch (const std::bad_alloc&) {
    return no_memory(path);
  }
}

}  // namespace assent::participant
