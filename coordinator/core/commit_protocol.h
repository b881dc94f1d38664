// CommitProtocol: the coordinator's half of two-phase commit, presumed abort, for one transaction.
//
//              begin()
//   kActive ------------> kPreparing --------------------> kEnded     every vote is in, all of them read-only:
//   (no object yet:          |    |                                   nothing to decide, nothing is written
//    an unused id of         |    |
//    a live lease)           |    +----------------------> kAborted   a no vote, a lost vote, the deadline, a wound,
//                            |         abort()                        the client: nothing was ever written
//    every vote is in,       |
//    none no, some yes       |  record_commit()
//    [force commit record]   v
//                     kRecordingCommit
//                            |
//    the record is durable   |  record_durable()     === point of no return ===
//                            v
//    recover() -------> kCommitting --+
//                            |   ^    |  deadline_passed(), resend_to(): to the stores that owe an acknowledgement
//    every acknowledgement   |   +----+
//    [append end record]     |  record_end()
//                            v
//                          kEnded
//
// A branch of a submitted transaction that only read stays active, with its locks, until every other store has
// executed too; only then is it asked to prepare. (Else it lets go early, others come in between, and the whole is
// not serializable.) So a submitted branch goes kExecuting -> kYes, or kExecuting -> kExecuted -> kPreparing ->
// kReadOnly; an interactive one starts at kPreparing.
//
//   I1  No commit message leaves before the commit record is durable: only record_durable() and recover() reach
//       kCommitting, and only there is one made.
//   I2  The decision is made once. No edge leads from kRecordingCommit to kAborted: once the force is asked for, its
//       outcome is unknown until the log answers, so a timeout may no longer abort.
//   I3  Absence means abort: the abort path writes nothing.
//   I4  The record outlives the doubt: the end is recorded only when every store has acknowledged.
//   I5  Votes and acknowledgements are sets by store: the first one counts, and only from the branch number that the
//       store first answered with. (Else a branch that came into being anew, after its locks were lost, is committed.)
//   I6  The commit record lists exactly the branches that voted yes, each with the number it voted under.
//
// Does no I/O, reads no clock, draws no random number, takes no lock, logs nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/core/events.h"
#include "coordinator/core/records.h"
#include "coordinator/core/turn.h"

namespace assent::coordinator {

class CommitProtocol {
 public:
  enum class State : std::uint8_t { kActive, kPreparing, kRecordingCommit, kCommitting, kEnded, kAborted };

  enum class BranchState : std::uint8_t {
    kExecuting,     // execute-and-prepare is out: yes, no or executed will come
    kExecuted,      // ran and wrote nothing; holds its locks until all the others have run
    kPreparing,     // prepare is out: yes, no or read-only will come
    kYes,           // prepared; from kCommitting on it owes an acknowledgement
    kReadOnly,      // needs no decision
    kNo,            // aborted at the store
    kAcknowledged,  // applied the commit, durably
  };

  struct Branch {
    std::string store;
    StoreIdentity identity{};
    BranchNumber number;  // kNoBranch until the first answer
    std::uint32_t statement_count = 0;
    BranchState state = BranchState::kExecuting;
    Results results;           // of a one-shot branch
    StorePosition position{};  // of kAcknowledged
    bool contradicts = false;  // an operator of the store had decided otherwise
  };

  // ---- what begins a transaction ----

  // One-shot: sends each store its whole branch.
  static CommitProtocol begin(const SubmitRequested& request, Turn& turn);

  // Interactive: asks each store that the client touched to prepare what it has. An empty commit ends at once.
  static CommitProtocol begin(const CommitRequested& request, Turn& turn);

  // After a restart: a commit on record that no end is recorded for. deadline_passed() is due at once.
  static CommitProtocol recover(const CommitRecord& record, const Settings& settings, Time now);

  // ---- what happens to it; each may be repeated, late, or never come ----

  // Returns false if the vote comes from a branch that this transaction does not go on with; that branch must be
  // told of its end.
  [[nodiscard]] bool vote(const VoteReceived& vote, Turn& turn);
  void vote_lost(const VoteLost& lost, Turn& turn);

  // The client's wish, or a wound. Without effect once the decision is made.
  void abort(AbortCause cause, Turn& turn);

  // REQUIRES: kRecordingCommit.
  void record_durable(Turn& turn);

  // Returns true if the acknowledgement was owed, and is not any more.
  [[nodiscard]] bool acknowledged(const Acknowledged& acknowledgement, Turn& turn);

  // Sends the commit to this store again, if it owes an acknowledgement and can be reached.
  void resend_to(const std::string& store, Turn& turn) const;

  // deadline() has passed: aborts, or resends, by state.
  void deadline_passed(Turn& turn);

  // When deadline_passed() is due; nothing in the states that wait for the log or for nobody.
  std::optional<Time> deadline() const;

  // ---- what it is ----

  const TransactionId& id() const { return id_; }
  State state() const { return state_; }
  bool is_undecided() const { return state_ == State::kPreparing || state_ == State::kRecordingCommit; }
  // From kRecordingCommit on; nothing before, or if no store wrote.
  const std::optional<CommitRecord>& record() const { return record_; }
  // Where the end record stands. REQUIRES: kEnded, with a commit record.
  Position end() const { return end_; }
  const AbortCause& cause() const { return cause_; }  // of kAborted
  const std::vector<Branch>& branches() const { return branches_; }
  const std::string& note() const { return note_; }  // for operators: refusals and contradictions
  // Of a submit, in its order of stores; empty once dropped, and of every other transaction.
  std::vector<StoreResult> results() const;
  // No answer will need them: they may be large.
  void drop_results();

 private:
  explicit CommitProtocol(const TransactionId& id) : id_(id) {}

  Branch* find(const std::string& store);
  std::vector<std::string> stores() const;
  void become(State state, Turn& turn);
  void count_vote(Branch& branch, const VoteReceived& vote, Turn& turn);
  void send_prepare(const Branch& branch, Turn& turn) const;
  void go_on_if_all_voted(Turn& turn);
  void record_commit(Turn& turn);
  void record_end(Turn& turn);
  void send_commits(Turn& turn) const;
  void schedule_resend(Turn& turn);

  TransactionId id_;
  State state_ = State::kActive;
  bool one_shot_ = false;
  bool has_results_ = false;
  std::uint64_t result_bytes_ = 0;
  Time deadline_;
  Duration resend_after_{};  // the next wait for acknowledgements
  std::vector<Branch> branches_;
  std::optional<CommitRecord> record_;
  Position end_{};
  AbortCause cause_;
  std::string note_;
};

// What is awaited in the state: as it stands in logs and for operators.
std::string_view to_string(CommitProtocol::State state);
std::string_view to_string(CommitProtocol::BranchState state);

}  // namespace assent::coordinator
