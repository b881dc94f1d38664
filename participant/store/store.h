// Store: runs statements that leave no trace, and journal transactions that leave all of theirs.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "assent/isolation_level.h"
#include "assent/result.h"
#include "assent/time.h"
#include "assent/transaction_id.h"
#include "assent/value.h"
#include "participant/core/journal.h"
#include "participant/core/locks.h"

namespace assent::participant {

struct StatementLimits {
  std::uint64_t result_rows = 100000;
  std::uint64_t result_bytes = 4U << 20U;    // of all results of one execution: they travel in one answer
  std::uint64_t changed_rows = 1000000;      // by one statement
  std::uint64_t changes_bytes = 64U << 20U;  // captured of one statement, old and new values
  std::uint32_t sql_bytes = 1U << 20U;
  std::uint32_t parameters = 1000;
  Duration time = std::chrono::seconds(4);  // of all statements of one execution: nothing else runs meanwhile
};

// Statements of one branch.
struct Run {
  TransactionId id;                       // the branch's: its changes may be kept at hand for its next run
  const Changes& before;                  // what it has changed so far
  std::span<const Statement> statements;  // may be empty if the run is the last
  IsolationLevel level = IsolationLevel::kSerializable;
  // The branch votes next: what only a commit checks (deferred foreign keys) is checked behind the statements.
  bool is_last = false;
};

// What a run of statements showed.
struct Execution {
  std::vector<StatementResult> results;  // one per statement, those before a failure only
  AbortCause failure;                    // reason kNone: all succeeded; else statement_index tells which
  Changes changes;                       // of these statements only; empty after a failure
  Locks locks;                           // the footprint, also of a failure
  bool needs_last_run = false;           // before its vote the branch must have a run that is the last
};

// What a store has asked of its disk: system calls, and the bytes of those that wrote. What is gathered into one write
// counts once, and what is read from memory does not count.
struct DiskCounters {
  std::uint64_t syncs = 0;
  std::uint64_t writes = 0;
  std::uint64_t written_bytes = 0;
  std::uint64_t reads = 0;
};

// Since it was opened, but for sizes.
struct StoreCounters {
  std::uint64_t reapplied_rows = 0;  // of branches that went on behind another one
  std::uint64_t wal_bytes = 0;       // of the write-ahead log's file, now
  DiskCounters disk;                 // with the opening
};

// One thread uses it. Opened by a factory of the implementation, which raises the start number durably first.
class Store {
 public:
  virtual ~Store() = default;

  // What it held when it was opened.
  virtual const RecoveredStore& recovered() const = 0;

  // Runs the statements on top of the committed data with what the branch has changed so far, then undoes everything.
  // A failing statement is an Execution; an error is a failure of the store itself, which must then be closed and
  // reopened.
  virtual Result<Execution> execute(const Run& run) = 0;

  // No statement is at hand for a while: lets go of what executions may keep open between calls (a read snapshot, the
  // write lock of SQLite, a branch at hand). Call it whenever the service goes idle, unless the branch at hand is going
  // to go on; journal() does it by itself. An error is one of execute()'s.
  virtual Result<void> end_executions() = 0;

  // The branch whose changes are at hand, so that its next run need not do them again.
  virtual std::optional<TransactionId> branch_at_hand() const = 0;

  // Does all operations in order in one transaction, and forces it. Nothing of it is visible, and nobody may be
  // answered, before it returns. Returns the store's new position. After any error the transaction may or may not
  // be on disk: the store must be closed and reopened, and nobody answered.
  virtual Result<StorePosition> journal(std::span<const JournalOperation> operations) = 0;

  virtual StoreCounters counters() const = 0;

  // Applies a schema file in one transaction of its own, and forces it, as journal() does with its operations. What
  // cannot be applied changes nothing, and is a SchemaChange that says why. An error is one of journal().
  virtual Result<SchemaChange> apply_schema(const std::string& text) = 0;

  // What another program did to the store that no operator has acknowledged (AcknowledgeWrite): a sentence, or empty.
  virtual const std::string& foreign_write() const = 0;

  // There is too little space left to promise that a commit can be applied: vote no.
  virtual bool is_short_of_space() const = 0;
};

}  // namespace assent::participant
