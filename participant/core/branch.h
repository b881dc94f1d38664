// Branch: one transaction's part at this store, and the states it goes through.
//
// A state is named by what is awaited. A double line is an edge that only a durable journal transaction can take.
//
//                            the first statement
//                                    |
//     a statement, or a last run     v         its locks are not free
//   kIdle ----------------------> kRunning ------------------------> kWaiting
//     |  ^                         |  |  ^                              |
//     |  +-------------------------+  |  +------------------------------+
//     |    ran, locks held: answered  |      granted: run afresh
//     |                               | the last run, locks held, wrote
//     | prepare, wrote                v
//     +--------------------------> kPreparing
//                                     ||  [PutPrepared]
//                                     ||
//                    commit           \/        an operator decides
//   kCommitting <----------------- kPrepared ----------------------> kResolving
//       ||                                                              ||   [ApplyBranch or MarkBranch]
//       || [ApplyBranch]                                                \/
//       ||                       the coordinator's commit    kResolvedCommit, kResolvedAbort
//       \/                                                        |      ^^
//   kCommitted <========================== kSettling <------------+      ||  still kResolvedAbort, known to be wrong
//       |                                      ||       [MarkBranch]     ||
//       |                                      ++========================++
//       | released
//       v
//     (gone)  <---  from kIdle, kRunning, kWaiting: abort, wound, failed, timeout, or it only read and was prepared
//             <---  from kPreparing, kPrepared: abort               [DeleteBranch rides along]
//             <---  from kResolved…: the coordinator's abort, or the release of its commit
//
//   B1  A vote of yes leaves in kPrepared or later: nothing else promises, and only a durable PutPrepared leads there.
//   B2  Statements run in kRunning only, and every answer to one is given while its locks are held.
//   B3  All locks are held until the branch is gone, committed or resolved; after that it holds none.
//   B4  From kPrepared there is no way out but a decision of the coordinator that names this very branch number, or an
//       operator's word. No timeout, no wound, no restart.
//   B5  A commit is acknowledged in kCommitted (or kResolved…, if an operator was first): after the apply is durable.
//   B6  One journal operation of a branch is under way at a time: in kPreparing, kCommitting, kResolving, kSettling.
//   B7  Calls that repeat one another get the same answer, each of them once.
//   B8  What only a commit checks is checked before the vote, under locks, by the last run: that of a one-shot branch;
//       of any other, where its runs have said that they need one, a run of no statements when it is asked to prepare.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assent/isolation_level.h"
#include "assent/outcome.h"
#include "assent/time.h"
#include "assent/transaction_id.h"
#include "participant/core/events.h"
#include "participant/core/inquiries.h"

namespace assent::participant {

enum class BranchState : std::uint8_t {
  kIdle,            // the application's next statement, or a prepare
  kRunning,         // StatementsRan
  kWaiting,         // locks
  kPreparing,       // the journal
  kPrepared,        // the decision: in doubt
  kCommitting,      // the journal
  kCommitted,       // the release
  kResolving,       // the journal, with an operator's word
  kResolvedCommit,  // the coordinator's word, after an operator's
  kResolvedAbort,   // the same; or the release, if the coordinator has committed
  kSettling,        // the journal, with the coordinator's word on what an operator resolved
};

// `prepared`, `resolved commit`, …: kIdle, kRunning and kWaiting are all `active`.
std::string_view to_string(BranchState state);

// `active, waiting for locks`: for operators.
std::string_view to_detailed_string(BranchState state);

// Nothing of it is on disk, or on its way there: this store alone may end it.
bool is_active(BranchState state);

// It holds its locks until somebody has decided, and that is durable.
bool is_kept_in_doubt(BranchState state);

class Branch {
 public:
  // Begins in kIdle, about to run its first statements. `deadline`: of the transaction.
  Branch(const TransactionId& id, BranchNumber number, std::uint64_t begin_stamp, bool one_shot, Time now,
         Time deadline);

  // Found on disk; its changes are left there.
  Branch(const BranchRow& row, Time now);

  BranchState state() const { return state_; }

  // REQUIRES: the diagram has this edge.
  void move_to(BranchState next);

  // Those who awaited it, for their answer. Nobody awaits it afterwards.
  std::vector<CallId> take_calls() { return std::exchange(calls, {}); }

  // Joins what its last statements changed to what it had changed before.
  void add_changes(const Changes& more);

  // Its row as it goes to disk in PutPrepared. The changes leave with it: they are not needed here any more.
  BranchRow take_row(Locks locks);

  // When this branch wants to hear of the time next.
  std::optional<Time> next_deadline() const;

  // ---- what it is, from birth ----
  TransactionId id;
  BranchNumber number;
  Priority priority;
  bool one_shot = false;       // from execute-and-prepare: else interactive
  bool was_recovered = false;  // found on disk at a restart
  Time since;                  // its beginning, or the restart
  Time transaction_deadline;   // of an active branch
  std::string coordinator_address;
  std::vector<std::string> stores;  // of the transaction, once known
  IsolationLevel level = IsolationLevel::kSerializable;

  // ---- what it did ----
  std::uint32_t statement_count = 0;  // answered ones
  std::shared_ptr<Changes> changes;   // of all of them; empty once they are on disk; never null
  std::uint64_t changed_rows = 0;
  bool needs_last_run = false;  // a run has said so; never after the last one (B8)
  Results results;              // of a one-shot branch; the last one of an interactive branch, if it succeeded
  AbortCause last_failure;      // of the last statement of an interactive branch, else kNone

  // ---- what is under way ----
  bool votes_next = false;    // one-shot, or asked to prepare: the run is the last, and the calls await the vote
  std::vector<CallId> calls;  // who awaits it (B7): all of them one and the same answer
  Statements statements;      // of kRunning and kWaiting
  RunId run{};                // of kRunning
  Time statement_deadline;    // of kRunning and kWaiting: with all the waiting
  Time wait_deadline;         // of kWaiting

  // ---- what became of it ----
  Time in_doubt_since;             // of kPrepared and later
  Backoff inquiries;               // of kPrepared, kCommitted, kResolved…
  Backoff wounds;                  // of kPreparing and kPrepared, while an older request waits behind it
  RowState journaled_as{};         // of kResolving and kSettling: what the row becomes
  Position commit{};               // of kCommitting, kCommitted; of kSettling and kResolvedAbort if known
  std::string resolution;          // of an operator: by whom and why; else empty
  bool not_mine_reported = false;  // its coordinator's address answered for another log
  bool was_not_accepted = false;   // its coordinator's present start did not know this opening when it was asked last

  // As a vote says it. REQUIRES: an operator aborted it.
  AbortCause cause_of_resolution() const { return {.reason = AbortReason::kVoteNo, .store = {}, .detail = resolution}; }

 private:
  BranchState state_;
};

}  // namespace assent::participant
