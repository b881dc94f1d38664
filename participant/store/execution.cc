#include "participant/store/execution.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "participant/store/memory_limit.h"

namespace assent::participant {

namespace {

constexpr int kStepsBetweenLooksAtTheClock = 1000;
constexpr std::uint64_t kBytesOfAValue = 8;

bool fail(Execution& execution, AbortReason reason, std::string detail, int sqlite_code = 0) {
  execution.failure.reason = reason;
  execution.failure.detail = std::move(detail);
  execution.failure.sqlite_extended_code = sqlite_code;
  return false;
}

bool refuse(Execution& execution, std::string detail) {
  return fail(execution, AbortReason::kStatementFailed, std::move(detail));
}

// Before it is copied.
std::uint64_t size_of_column(sqlite3_stmt* statement, int column) {
  const int type = sqlite3_column_type(statement, column);
  const bool has_bytes = type == SQLITE_TEXT || type == SQLITE_BLOB;
  return kBytesOfAValue + (has_bytes ? static_cast<std::uint64_t>(sqlite3_column_bytes(statement, column)) : 0);
}

// While it lives, no value grows much larger than one that could be kept. What the store itself writes may be larger.
class ValueLimit {
 public:
  ValueLimit(sqlite3* database, const StatementLimits& limits) : database_(database) {
    constexpr std::uint64_t kMore = 1U << 20U;
    const std::uint64_t most = std::max(limits.changes_bytes, limits.result_bytes) + kMore;
    before_ = sqlite3_limit(database_, SQLITE_LIMIT_LENGTH,
                            static_cast<int>(std::min<std::uint64_t>(most, std::numeric_limits<int>::max())));
  }
  ~ValueLimit() { sqlite3_limit(database_, SQLITE_LIMIT_LENGTH, before_); }
  ValueLimit(const ValueLimit&) = delete;
  ValueLimit& operator=(const ValueLimit&) = delete;

 private:
  sqlite3* database_;
  int before_ = 0;
};

// While it lives, what runs is interrupted at the deadline. What the store asks between statements is not: without its
// answers it would have to be opened again.
class Watch {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  Watch(sqlite3* database, Deadline deadline) : database_(database), deadline_(deadline) {
    sqlite3_progress_handler(database_, kStepsBetweenLooksAtTheClock, &Watch::is_over, this);
  }
  ~Watch() { sqlite3_progress_handler(database_, 0, nullptr, nullptr); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  static int is_over(void* watch) {
    return std::chrono::steady_clock::now() >= static_cast<const Watch*>(watch)->deadline_ ? 1 : 0;
  }

  sqlite3* database_;
  Deadline deadline_;
};

// Ends the use of a statement, however it ends.
class Stepping {
 public:
  explicit Stepping(sqlite3_stmt* statement) : statement_(statement) {}
  ~Stepping() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Stepping(const Stepping&) = delete;
  Stepping& operator=(const Stepping&) = delete;

 private:
  sqlite3_stmt* statement_;
};

}  // namespace

Executor::Executor(Connection& connection, Catalog& catalog, Sandbox& sandbox, Enforcement& enforcement,
                   RowObserver& observer, Replay& replay, ForeignWrites& foreign_writes, StatementLimits limits,
                   bool validate_replay)
    : connection_(connection),
      catalog_(catalog),
      sandbox_(sandbox),
      enforcement_(enforcement),
      observer_(observer),
      replay_(replay),
      foreign_writes_(foreign_writes),
      statements_(connection, catalog, sandbox, enforcement),
      footprint_(connection, catalog),
      sequences_(connection),
      deferred_keys_(connection, catalog),
      limits_(limits),
      validate_replay_(validate_replay) {}

void Executor::follow(const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    if (const TableSchema* table = catalog_.find(change.table)) {
      sequences_.follow(*table, change);
    }
  }
}

// ---- the branch ----

// Nothing of it is kept for a next run, whether it succeeds or fails.
bool Executor::is_dropped_at_once(const Run& run) {
  return run.is_last || run.id == TransactionId{};
}

void Executor::begin() {
  if (!connection_.in_transaction()) {
    kept_.reset();
    connection_.query("BEGIN").run();
    foreign_writes_.check();
  }
}

void Executor::end() {
  kept_.reset();
  if (connection_.in_transaction()) {
    connection_.query("ROLLBACK").run();
  }
}

std::optional<TransactionId> Executor::kept() const {
  return kept_ && kept_->after.rows > 0 ? std::optional(kept_->id) : std::nullopt;
}

void Executor::drop() {
  kept_.reset();
  if (connection_.in_transaction()) {
    connection_.query("ROLLBACK TO branch").run();
    connection_.query("RELEASE branch").run();
  }
}

void Executor::enter(const Run& run) {
  begin();
  const Extent before{run.before.rows, run.before.bytes.size()};
  if (kept_ && kept_->id == run.id && kept_->after == before) {
    connection_.query("RELEASE run").run();
  } else if (kept_ && kept_->id == run.id && kept_->before == before) {
    connection_.query("ROLLBACK TO run").run();  // the last run was in vain
    connection_.query("RELEASE run").run();
  } else {
    if (kept_) {
      drop();
    }
    connection_.query("SAVEPOINT branch").run();
    if (!run.before.empty()) {
      enforcement_.turn_off();
      replay_.apply(run.before);
      reapplied_rows_ += run.before.rows;
    }
  }
  kept_ = Kept{.id = run.id, .before = before, .after = before};
  if (!is_dropped_at_once(run)) {
    connection_.query("SAVEPOINT run").run();
  }
}

void Executor::leave(const Run& run, const Execution& execution) {
  if (!connection_.in_transaction()) {
    kept_.reset();
    return;
  }
  if (is_dropped_at_once(run)) {
    drop();
    return;
  }
  if (execution.failure.reason != AbortReason::kNone) {
    connection_.query("ROLLBACK TO run").run();
  }
  kept_->after.rows += execution.changes.rows;
  kept_->after.bytes += execution.changes.bytes.size();
}

Execution Executor::run(const Run& run) {
  enter(run);
  Execution execution;
  deadline_ = Clock::now() + limits_.time;
  result_bytes_ = 0;
  {
    const ValueLimit value_limit(connection_.handle(), limits_);
    for (const Statement& statement : run.statements) {
      if (!run_one(run, statement, execution)) {
        execution.failure.statement_index = static_cast<std::int32_t>(execution.results.size());
        execution.changes = {};
        break;
      }
    }
  }
  const bool is_checked = execution.needs_last_run || !run.before.empty();
  if (run.is_last && is_checked && execution.failure.reason == AbortReason::kNone) {
    check_last(run, execution);
  }
  leave(run, execution);
  tidy(execution.locks);
  return execution;
}

// What only a commit checks, and what only a commit does.
void Executor::check_last(const Run& run, Execution& execution) {
  std::vector<Change> changes = read_changes(run.before);
  const std::vector<Change> more = read_changes(execution.changes);
  changes.insert(changes.end(), more.begin(), more.end());
  if (deferred_keys_.are_touched_by(changes) && !check_deferred_keys(changes, execution)) {
    execution.changes = {};
    return;
  }
  if (validate_replay_ && !changes.empty()) {
    validate(run, execution);
  }
}

bool Executor::check_deferred_keys(const std::vector<Change>& changes, Execution& execution) {
  std::optional<std::string> violation;
  const Watch watch(connection_.handle(), deadline_);
  try {
    violation = deferred_keys_.violation(changes);
  } catch (const ResultError&) {
    if (!is_late()) {
      throw;
    }
    return fail_by_time(execution);  // children without an index take a search each
  }
  return !violation || fail(execution, AbortReason::kConstraint, std::move(*violation), SQLITE_CONSTRAINT_FOREIGNKEY);
}

// What cannot be captured exactly is found before the vote, not when it is applied.
void Executor::validate(const Run& run, Execution& execution) {
  connection_.query("ROLLBACK TO branch").run();
  enforcement_.turn_off();
  try {
    replay_.apply(run.before);
    replay_.apply(execution.changes);
  } catch (const ResultError& error) {
    if (error.error().kind != ErrorKind::kCorrupt) {
      throw;
    }
    fail(execution, AbortReason::kVoteNo,
         std::string("what the branch changed cannot be repeated exactly, so it cannot commit: ") + error.what() +
             "; this is a fault of Assent, report it");
    execution.changes = {};
  }
}

// ---- a statement ----

bool Executor::run_one(const Run& run, const Statement& statement, Execution& execution) {
  if (is_late()) {
    return fail_by_time(execution);
  }
  if (statement.sql.size() > limits_.sql_bytes) {
    return refuse(execution, "the text of the statement has " + std::to_string(statement.sql.size()) +
                                 " bytes, more than " + std::to_string(limits_.sql_bytes) +
                                 ": bind values as parameters, or send several statements");
  }
  const std::shared_ptr<PreparedStatement> prepared = statements_.get(statement.sql);
  if (prepared->handle == nullptr) {
    Footprint::append_failure(*prepared, run.level, execution.locks);
    return fail(execution, AbortReason::kStatementFailed, prepared->failure, prepared->sqlite_code);
  }
  if (prepared->is_enforced) {
    enforcement_.turn_on();
  }
  const auto wanted = static_cast<std::size_t>(sqlite3_bind_parameter_count(prepared->handle.get()));
  if (wanted > limits_.parameters) {
    return refuse(execution, "the statement has " + std::to_string(wanted) + " parameters, more than " +
                                 std::to_string(limits_.parameters) + ": send several statements");
  }
  if (wanted != statement.parameters.size()) {
    return refuse(execution, "the statement has " + std::to_string(wanted) + " parameters, but " +
                                 std::to_string(statement.parameters.size()) + " values were given: give one for each");
  }
  sequences_.lead(prepared->reach.sequences);
  if (prepared->writes) {
    observer_.capture(prepared->reach.changes, {.rows = limits_.changed_rows, .bytes = limits_.changes_bytes});
  }
  StatementResult result;
  const bool succeeded = step_all(*prepared, statement, result, execution);
  const std::vector<Change> changes = prepared->writes ? observer_.take_captured() : std::vector<Change>{};
  if (!succeeded) {
    Footprint::append_failure(*prepared, run.level, execution.locks);
    return false;
  }
  if (!prepared->reach.sequences.empty()) {
    follow(changes);
  }
  footprint_.append(*prepared, statement.parameters, changes, run.level, execution.locks);
  const std::uint64_t rows = prepared->writes ? result.changed_rows : result.rows.size();
  if (statement.expected_rows && *statement.expected_rows != rows) {
    return fail(execution, AbortReason::kConstraint,
                "expected " + std::to_string(*statement.expected_rows) + " rows, got " + std::to_string(rows));
  }
  for (const Change& change : changes) {
    append_change(execution.changes, change);
  }
  execution.needs_last_run =
      execution.needs_last_run || (validate_replay_ && !changes.empty()) || deferred_keys_.are_touched_by(changes);
  execution.results.push_back(std::move(result));
  return true;
}

bool Executor::step_all(const PreparedStatement& prepared, const Statement& statement, StatementResult& result,
                        Execution& execution) {
  sqlite3_stmt* handle = prepared.handle.get();
  const Stepping stepping(handle);
  for (std::size_t index = 0; index < statement.parameters.size(); ++index) {
    bind_value(handle, static_cast<int>(index + 1), statement.parameters[index]);
  }
  const int columns = prepared.returns_rows ? sqlite3_column_count(handle) : 0;
  for (int column = 0; column < columns; ++column) {
    const char* const name = sqlite3_column_name(handle, column);
    if (name == nullptr) {
      return fail_in_sqlite(SQLITE_NOMEM, execution);
    }
    result.columns.emplace_back(name);
    result_bytes_ += kBytesOfAValue + result.columns.back().size();
  }
  const Sandbox::As outside(sandbox_, Sandbox::Trust::kStatement);
  const Watch watch(connection_.handle(), deadline_);
  const auto is_too_large = [&] {
    return result.rows.size() > limits_.result_rows || result_bytes_ > limits_.result_bytes;
  };
  int code = SQLITE_ROW;
  while (!is_too_large() && (code = sqlite3_step(handle)) == SQLITE_ROW) {
    if (!prepared.returns_rows) {
      continue;  // the number of its changes
    }
    std::vector<Value>& row = result.rows.emplace_back();
    for (int column = 0; column < columns && !is_too_large(); ++column) {
      result_bytes_ += size_of_column(handle, column);
      if (!is_too_large()) {
        std::optional<Value> value = read_column(handle, column);
        if (!value) {
          return fail_in_sqlite(SQLITE_NOMEM, execution);
        }
        row.push_back(std::move(*value));
      }
    }
  }
  if (is_too_large()) {
    return refuse(execution, "the result is larger than " + std::to_string(limits_.result_rows) + " rows or " +
                                 std::to_string(limits_.result_bytes) +
                                 " bytes: read it in pages, by key and with LIMIT, and not several in one batch");
  }
  // Not every program looks at an interrupt behind its last change: one that changes a single row ends well.
  if (prepared.writes && observer_.failure() != SQLITE_OK) {
    return fail_in_sqlite(observer_.failure(), execution);
  }
  if (prepared.writes && observer_.is_beyond_limits()) {
    return refuse(execution, "the statement changes more than " + std::to_string(limits_.changed_rows) + " rows or " +
                                 std::to_string(limits_.changes_bytes) + " bytes: do it in several transactions");
  }
  if (code != SQLITE_DONE) {
    return fail_in_sqlite(code, execution);
  }
  if (!connection_.in_transaction()) {
    throw ResultError({ErrorKind::kCorrupt, connection_.path() +
                                                ": a statement ended the store's transaction and did not fail; this is "
                                                "a fault of Assent, report it"});
  }
  // By the statement itself: not by its triggers, nor by the actions of foreign keys.
  result.changed_rows = prepared.writes ? static_cast<std::uint64_t>(sqlite3_changes64(connection_.handle())) : 0;
  return true;
}

bool Executor::is_late() const {
  return Clock::now() >= deadline_;
}

bool Executor::fail_by_time(Execution& execution) {
  const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(limits_.time).count();
  return fail(execution, AbortReason::kStatementFailed,
              "the statement, and those that were sent with it, ran longer than " + std::to_string(milliseconds) +
                  " ms: do less at once, or add an index",
              SQLITE_INTERRUPT);
}

bool Executor::fail_in_sqlite(int code, Execution& execution) {
  sqlite3* database = connection_.handle();
  if (code == SQLITE_CORRUPT_VTAB) {
    return fail(execution, AbortReason::kStatementFailed,
                std::string("a virtual table does not fit its own data (") + sqlite3_errmsg(database) +
                    "): the store itself is whole; rebuild a full-text index that has content of another table with "
                    "`assentctl schema apply`, for statements cannot keep it in step",
                code);
  }
  if (is_of_the_store(code)) {
    throw ResultError(sqlite_error(database, code, "run a statement"));
  }
  if (code == SQLITE_IOERR_NOMEM) {
    code = SQLITE_NOMEM;
  }
  switch (code & kPrimaryCode) {
    case SQLITE_CONSTRAINT: return fail(execution, AbortReason::kConstraint, sqlite3_errmsg(database), code);
    case SQLITE_INTERRUPT: return fail_by_time(execution);
    case SQLITE_NOMEM: return fail(execution, AbortReason::kStatementFailed, "out of memory: " + memory_remedy(), code);
    // SQLITE_FULL too: the statement found no room for what is undone anyway.
    default: return fail(execution, AbortReason::kStatementFailed, sqlite3_errmsg(database), code);
  }
}

}  // namespace assent::participant
