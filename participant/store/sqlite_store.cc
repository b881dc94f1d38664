#include "participant/store/sqlite_store.h"

#include <sys/statvfs.h>

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
#include "participant/store/statement_cache.h"
#include "participant/store/store_file.h"
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
        connection_(path, SQLITE_OPEN_READWRITE),
        sandbox_(connection_),
        catalog_(connection_),
        observer_(connection_),
        replay_(connection_, catalog_, observer_),
        enforcement_(connection_, catalog_),
        foreign_writes_(connection_),
        executor_(connection_, catalog_, sandbox_, enforcement_, observer_, replay_, foreign_writes_, options.limits,
                  options.validate_replay),
        journal_(connection_, replay_),
        reserve_bytes_(options.reserve_bytes) {
    configure_store_connection(connection_);
    if (options.recursive_triggers) {
      connection_.run_once("PRAGMA recursive_triggers = ON");
    }
    if (claim_->was_writing()) {
      fail_at("store.before_checkpoint");
      force_what_was_committed(connection_);
      fail_at("store.after_checkpoint");
    }
    claim_->mark_writing();
    connection_.query("BEGIN IMMEDIATE").run();
    if (options.schema) {
      apply_schema(connection_, sandbox_, *options.schema);
    }
    recovered_ = journal_.read();
    recovered_.start_number = journal_.raise_start_number();
    recovered_.position = journal_.raise_position();
    foreign_writes_.accept();
    connection_.query("COMMIT").run();
    claim_->mark_written();
    executor_.read_committed();
    for (const BranchRow& row : recovered_.rows) {
      executor_.follow(read_changes(row.changes));
    }
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
    return {.reapplied_rows = executor_.reapplied_rows(), .wal_bytes = none ? 0 : wal_bytes};
  }

  std::optional<TransactionId> branch_at_hand() const override { return executor_.kept(); }

  Result<StorePosition> journal(std::span<const JournalOperation> operations) override {
    return guarded([&] { return write(operations); });
  }

  bool is_short_of_space() const override {
    struct statvfs disk {};
    return ::statvfs(connection_.path().c_str(), &disk) != 0 || disk.f_bavail * disk.f_frsize < reserve_bytes_;
  }

 private:
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
    const StorePosition position = journal_.raise_position();
    fail_at("store.before_journal_commit");
    connection_.query("COMMIT").run();
    fail_at("store.after_journal_commit");
    claim_->mark_written();
    executor_.read_committed();
    return position;
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
      return error.error();
    } catch (const std::bad_alloc&) {
      failed_ = true;
      return no_memory(connection_.path());
    }
  }

  std::unique_ptr<FileClaim> claim_;  // the last to go
  Connection connection_;
  Sandbox sandbox_;
  Catalog catalog_;
  RowObserver observer_;
  Replay replay_;
  Enforcement enforcement_;
  ForeignWrites foreign_writes_;
  Executor executor_;
  JournalTables journal_;
  std::uint64_t reserve_bytes_;
  RecoveredStore recovered_;
  bool failed_ = false;
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, const SqliteStoreOptions& options) {
  try {
    const std::string resolved = resolve_store_path(path, options.create.has_value());
    auto claim = std::make_unique<FileClaim>(resolved);
    if (options.create) {
      create_store_file(resolved, options);
    }
    return std::unique_ptr<Store>(std::make_unique<SqliteStore>(std::move(claim), resolved, options));
  } catch (const ResultError& error) {
    return error.error();
  } catch (const std::bad_alloc&) {
    return no_memory(path);
  }
}

}  // namespace assent::participant
