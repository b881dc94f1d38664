#include "participant/store/execution.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

#include "participant/store/footprint.h"
#include "participant/store/lock_key.h"
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

Executor::Executor(Connection& connection, StatementCache& statements, Sandbox& sandbox, RowObserver& observer,
                   Replay& replay, ForeignWrites& foreign_writes, StatementLimits limits, bool validate_replay)
    : connection_(connection),
      statements_(statements),
      sandbox_(sandbox),
      observer_(observer),
      replay_(replay),
      foreign_writes_(foreign_writes),
      limits_(limits),
      validate_replay_(validate_replay) {
  sqlite3_progress_handler(connection_.handle(), kStepsBetweenLooksAtTheClock, &Executor::on_progress, this);
}

Executor::~Executor() {
  sqlite3_progress_handler(connection_.handle(), 0, nullptr, nullptr);
}

int Executor::on_progress(void* executor) {
  return static_cast<const Executor*>(executor)->is_late() ? 1 : 0;
}

void Executor::begin() {
  if (!connection_.in_transaction()) {
    connection_.query("BEGIN").run();
    foreign_writes_.check();
  }
}

void Executor::end() {
  if (connection_.in_transaction()) {
    connection_.query("ROLLBACK").run();
  }
}

void Executor::undo() {
  if (connection_.in_transaction()) {
    connection_.query("ROLLBACK TO execution").run();
    connection_.query("RELEASE execution").run();
  }
}

Execution Executor::run(const Run& run) {
  begin();
  connection_.query("SAVEPOINT execution").run();
  replay_.apply(run.before);
  Execution execution;
  deadline_ = Clock::now() + limits_.time;
  result_bytes_ = 0;
  std::optional<ValueLimit> value_limit(std::in_place, connection_.handle(), limits_);
  for (const Statement& statement : run.statements) {
    if (!run_one(statement, execution)) {
      execution.failure.statement_index = static_cast<std::int32_t>(execution.results.size());
      execution.changes = {};
      break;
    }
  }
  value_limit.reset();
  deadline_.reset();
  undo();
  if (validate_replay_ && !execution.changes.empty()) {
    validate(run.before, execution);
  }
  tidy(execution.locks);
  return execution;
}

bool Executor::run_one(const Statement& statement, Execution& execution) {
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
    return fail(execution, AbortReason::kStatementFailed, prepared->failure, prepared->sqlite_code);
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
  for (const Operand& key : prepared->shape.inserted_keys) {
    if (std::holds_alternative<std::nullptr_t>(value_of(key, statement.parameters))) {
      return refuse(execution, "SQLite would choose the key of a row of `" + prepared->target->name +
                                   "`: automatically chosen keys are not supported; give a key that is not NULL");
    }
  }
  if (prepared->target != nullptr) {
    observer_.capture(*prepared->target, {.rows = limits_.changed_rows, .bytes = limits_.changes_bytes});
  }
  StatementResult result;
  bool succeeded = step_all(*prepared, statement, result, execution);
  const std::vector<Change> changes = prepared->target != nullptr ? observer_.take_captured() : std::vector<Change>{};
  if (!succeeded) {
    append_failure_footprint(*prepared, execution.locks);
    return false;
  }
  append_footprint(*prepared, statement.parameters, changes, execution.locks);
  if (!check_result(*prepared, statement, result, changes, execution)) {
    return false;
  }
  for (const Change& change : changes) {
    append_change(execution.changes, change);
  }
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
  const int columns = sqlite3_column_count(handle);
  for (int column = 0; column < columns; ++column) {
    result.columns.emplace_back(sqlite3_column_name(handle, column));
    result_bytes_ += kBytesOfAValue + result.columns.back().size();
  }
  const sqlite3_int64 changes_before = sqlite3_total_changes64(connection_.handle());
  const Sandbox::As outside(sandbox_, Sandbox::Trust::kStatement);
  const auto is_too_large = [&] {
    return result.rows.size() > limits_.result_rows || result_bytes_ > limits_.result_bytes;
  };
  int code = SQLITE_ROW;
  while (!is_too_large() && (code = sqlite3_step(handle)) == SQLITE_ROW) {
    std::vector<Value>& row = result.rows.emplace_back();
    for (int column = 0; column < columns && !is_too_large(); ++column) {
      result_bytes_ += size_of_column(handle, column);
      if (!is_too_large()) {
        row.push_back(read_column(handle, column));
      }
    }
  }
  if (is_too_large()) {
    return refuse(execution, "the result is larger than " + std::to_string(limits_.result_rows) + " rows or " +
                                 std::to_string(limits_.result_bytes) +
                                 " bytes: read it in pages, by key and with LIMIT, and not several in one batch");
  }
  // Not every program looks at an interrupt behind its last change: one that changes a single row ends well.
  if (prepared.target != nullptr && observer_.is_beyond_limits()) {
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
  result.changed_rows = static_cast<std::uint64_t>(sqlite3_total_changes64(connection_.handle()) - changes_before);
  return true;
}

bool Executor::check_result(const PreparedStatement& prepared, const Statement& statement,
                            const StatementResult& result, const std::vector<Change>& changes, Execution& execution) {
  const std::uint64_t rows = prepared.target != nullptr ? result.changed_rows : result.rows.size();
  if (statement.expected_rows && *statement.expected_rows != rows) {
    return fail(execution, AbortReason::kConstraint,
                "expected " + std::to_string(*statement.expected_rows) + " rows, got " + std::to_string(rows));
  }
  for (const Change& change : changes) {
    for (const RowImage* row : {&change.old_row, &change.new_row}) {
      if (!row->empty() && !key_of_row("", *prepared.target, prepared.target->primary_key, *row)) {
        return refuse(execution, "a row of `" + prepared.target->name +
                                     "` has NULL in its primary key: such rows cannot be told apart; give every column "
                                     "of the key a value");
      }
    }
  }
  return true;
}

bool Executor::is_late() const {
  return deadline_ && Clock::now() >= *deadline_;
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
                    "): the store itself is whole; rebuild a full-text index that has content of another table while "
                    "the participant is stopped, for statements cannot keep it in step",
                code);
  }
  if (code == SQLITE_IOERR_NOMEM) {
    code = SQLITE_NOMEM;
  }
  switch (code & kPrimaryCode) {
    case SQLITE_CONSTRAINT: return fail(execution, AbortReason::kConstraint, sqlite3_errmsg(database), code);
    case SQLITE_INTERRUPT: return fail_by_time(execution);
    case SQLITE_NOMEM: return fail(execution, AbortReason::kStatementFailed, "out of memory: " + memory_remedy(), code);
    // These say something of the file, of its log or of its disk, and so of everybody's work: there are no other files,
    // for what SQLite spills stays in memory.
    case SQLITE_BUSY:
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_IOERR:
    case SQLITE_NOTADB:
    case SQLITE_PROTOCOL:
    case SQLITE_READONLY: throw ResultError(sqlite_error(database, "run a statement"));
    // SQLITE_FULL too: the statement found no room for what is undone anyway.
    default: return fail(execution, AbortReason::kStatementFailed, sqlite3_errmsg(database), code);
  }
}

// What cannot be captured exactly is found when it is executed, not when it is applied.
void Executor::validate(const Changes& before, Execution& execution) {
  begin();
  connection_.query("SAVEPOINT execution").run();
  replay_.apply(before);
  try {
    replay_.apply(execution.changes);
  } catch (const ResultError& error) {
    if (error.error().kind != ErrorKind::kCorrupt) {
      throw;
    }
    refuse(execution, std::string("the changes of the statements cannot be repeated exactly, so they are refused: ") +
                          error.what());
    execution.failure.statement_index = 0;
    execution.results.clear();
    execution.changes = {};
  }
  undo();
}

}  // namespace assent::participant
