// Executor: runs statements on top of the committed data, and undoes them.
//
//   BEGIN                      once for all executions up to end()
//     SAVEPOINT branch         what the branch has changed so far, again
//       SAVEPOINT run          the statements, captured row by row (no savepoint for the last ones of a branch)
//     ROLLBACK TO branch       as soon as another branch comes, or this one votes
//   ROLLBACK                   end()
//
// While no other branch comes in between, the changes of the last one stay: so a long branch does not do all its
// changes again for each statement.
//
// Some failures make SQLite roll back everything by itself (a conflict clause ROLLBACK, an interrupted write). As
// nothing here outlives a branch that can be applied again, only BEGIN has to be done again.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>

#include "participant/store/deferred_keys.h"
#include "participant/store/enforcement.h"
#include "participant/store/footprint.h"
#include "participant/store/foreign_writes.h"
#include "participant/store/replay.h"
#include "participant/store/sequences.h"
#include "participant/store/statement_cache.h"
#include "participant/store/store.h"

namespace assent::participant {

class Executor {
 public:
  Executor(Connection& connection, Catalog& catalog, Sandbox& sandbox, Enforcement& enforcement, RowObserver& observer,
           Replay& replay, ForeignWrites& foreign_writes, StatementLimits limits, bool validate_replay);
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // As Store::execute(). Throws ResultError if the store itself failed.
  Execution run(const Run& run);

  // Lets go of the snapshot, of SQLite's write lock and of the changes that were kept.
  void end();

  // Of branches that went on behind another one.
  std::uint64_t reapplied_rows() const { return reapplied_rows_; }

  // Whose changes are kept, if there are any.
  std::optional<TransactionId> kept() const;

  // The schema has changed. REQUIRES: end().
  void forget_schema() {
    statements_.clear();
    sequences_.forget_schema();
  }

  // There is something new in the file. REQUIRES: end().
  void read_committed() { sequences_.read_committed(); }

  // What was prepared before the store was opened: numbers that it drew for AUTOINCREMENT tables are not drawn again.
  void follow(const std::vector<Change>& changes);

 private:
  // What a branch has changed, in rows and bytes: enough to tell its states apart.
  struct Extent {
    std::uint64_t rows = 0;
    std::size_t bytes = 0;

    friend bool operator==(const Extent&, const Extent&) = default;
  };

  // Whose changes are applied now.
  struct Kept {
    TransactionId id;
    Extent before;  // at the savepoint `run`
    Extent after;   // now
  };

  using Clock = std::chrono::steady_clock;

  static bool is_dropped_at_once(const Run& run);
  void enter(const Run& run);
  void leave(const Run& run, const Execution& execution);
  void drop();
  bool run_one(const Run& run, const Statement& statement, Execution& execution);
  bool step_all(const PreparedStatement& prepared, const Statement& statement, StatementResult& result,
                Execution& execution);
  void check_last(const Run& run, Execution& execution);
  bool check_deferred_keys(const std::vector<Change>& changes, Execution& execution);
  void validate(const Run& run, Execution& execution);
  bool is_late() const;
  bool fail_by_time(Execution& execution);
  bool fail_in_sqlite(int code, Execution& execution);
  void begin();

  Connection& connection_;
  Catalog& catalog_;
  Sandbox& sandbox_;
  Enforcement& enforcement_;
  RowObserver& observer_;
  Replay& replay_;
  ForeignWrites& foreign_writes_;
  StatementCache statements_;
  Footprint footprint_;
  Sequences sequences_;
  DeferredKeys deferred_keys_;
  StatementLimits limits_;
  bool validate_replay_;
  std::optional<Kept> kept_;
  std::uint64_t reapplied_rows_ = 0;
  Clock::time_point deadline_;      // of all statements that run together
  std::uint64_t result_bytes_ = 0;  // of their results
};

}  // namespace assent::participant
