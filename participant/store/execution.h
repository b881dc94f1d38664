// Executor: runs statements on top of the committed data, and undoes them.
//
//   BEGIN                      once for all executions up to end()
//     SAVEPOINT execution      per execution
//       the branch's earlier changes, again
//       the statements, captured row by row
//     ROLLBACK TO execution
//   ROLLBACK                   end()
//
// Some failures make SQLite roll back everything by itself (a conflict clause ROLLBACK, an interrupted write). As
// nothing here outlives its execution, only BEGIN has to be done again.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "participant/store/foreign_writes.h"
#include "participant/store/replay.h"
#include "participant/store/statement_cache.h"
#include "participant/store/store.h"

namespace assent::participant {

class Executor {
 public:
  Executor(Connection& connection, StatementCache& statements, Sandbox& sandbox, RowObserver& observer, Replay& replay,
           ForeignWrites& foreign_writes, StatementLimits limits, bool validate_replay);
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // As Store::execute(). Throws ResultError if the store itself failed.
  Execution run(const Run& run);

  // Lets go of the snapshot and of SQLite's write lock.
  void end();

 private:
  using Clock = std::chrono::steady_clock;

  static int on_progress(void* executor);
  bool run_one(const Statement& statement, Execution& execution);
  bool step_all(const PreparedStatement& prepared, const Statement& statement, StatementResult& result,
                Execution& execution);
  bool check_result(const PreparedStatement& prepared, const Statement& statement, const StatementResult& result,
                    const std::vector<Change>& changes, Execution& execution);
  bool is_late() const;
  bool fail_by_time(Execution& execution);
  bool fail_in_sqlite(int code, Execution& execution);
  void begin();
  void undo();
  void validate(const Changes& before, Execution& execution);

  Connection& connection_;
  StatementCache& statements_;
  Sandbox& sandbox_;
  RowObserver& observer_;
  Replay& replay_;
  ForeignWrites& foreign_writes_;
  StatementLimits limits_;
  bool validate_replay_;
  std::optional<Clock::time_point> deadline_;  // of all statements that run together
  std::uint64_t result_bytes_ = 0;             // of their results
};

}  // namespace assent::participant
