#include "coordinator/core/commit_protocol.h"

#include <algorithm>
#include <utility>

#include "coordinator/core/invariant.h"

namespace assent::coordinator {

namespace {

using Branch = CommitProtocol::Branch;
using BranchState = CommitProtocol::BranchState;

bool awaits_vote(const Branch& branch) {
  return branch.state == BranchState::kExecuting || branch.state == BranchState::kPreparing;
}

StoreIdentity identity_of(const std::string& store, const StoreRegistry& stores) {
  const auto* const entry = stores.find(store);
  invariant(entry != nullptr, "I6: a store takes part that no registration is on record of");
  return entry->record.identity;
}

}  // namespace

// ---- what begins a transaction ----

CommitProtocol CommitProtocol::begin(const SubmitRequested& request, Turn& turn) {
  const Duration longest = turn.settings.transaction_timeout;
  const Duration timeout = std::min(request.timeout.value_or(longest), longest);
  CommitProtocol protocol(request.id);
  protocol.one_shot_ = true;
  protocol.has_results_ = true;
  protocol.deadline_ = turn.now + timeout;
  for (const auto& [store, statements] : request.branches) {
    Branch branch;
    branch.store = store;
    branch.identity = identity_of(store, turn.stores);
    branch.statement_count = static_cast<std::uint32_t>(statements->size());
    protocol.branches_.push_back(std::move(branch));
  }
  protocol.become(State::kPreparing, turn);
  const auto stores = protocol.stores();
  for (const auto& [store, statements] : request.branches) {
    turn.effects.emplace_back(SendExecuteAndPrepare{store, turn.stores.opening(store), request.id, request.begin_stamp,
                                                    statements, timeout, stores, request.level});
  }
  return protocol;
}

CommitProtocol CommitProtocol::begin(const CommitRequested& request, Turn& turn) {
  CommitProtocol protocol(request.id);
  protocol.deadline_ = turn.now + turn.settings.vote_timeout;
  for (const auto& touched : request.branches) {
    Branch branch;
    branch.store = touched.store;
    branch.identity = identity_of(touched.store, turn.stores);
    branch.number = touched.branch;
    branch.statement_count = touched.statement_count;
    branch.state = BranchState::kPreparing;
    protocol.branches_.push_back(std::move(branch));
  }
  protocol.become(State::kPreparing, turn);
  for (const Branch& branch : protocol.branches_) protocol.send_prepare(branch, turn);
  protocol.go_on_if_all_voted(turn);
  return protocol;
}

CommitProtocol CommitProtocol::recover(const CommitRecord& record, const Settings& settings, Time now) {
  CommitProtocol protocol(record.id);
  protocol.state_ = State::kCommitting;
  protocol.record_ = record;
  protocol.deadline_ = now;
  protocol.resend_after_ = settings.resend_first;
  for (const auto& committed : record.branches) {
    Branch branch;
    branch.store = committed.store;
    branch.identity = committed.identity;
    branch.number = committed.branch;
    branch.state = BranchState::kYes;
    protocol.branches_.push_back(std::move(branch));
  }
  return protocol;
}

// ---- votes ----

bool CommitProtocol::vote(const VoteReceived& vote, Turn& turn) {
  Branch* const branch = find(vote.store);
  if (branch == nullptr) return false;
  const bool is_alive = vote.vote == Vote::kYes || vote.vote == Vote::kExecuted;
  if (branch->number == kNoBranch && is_alive) branch->number = vote.branch;
  const bool is_from_its_branch = vote.branch == branch->number && vote.branch != kNoBranch;
  if (state_ != State::kPreparing) return is_from_its_branch;
  // A no counts under whatever number it comes: before the decision it is always safe to abort.
  if (!is_from_its_branch && vote.vote != Vote::kNo) return false;
  count_vote(*branch, vote, turn);
  return true;
}

void CommitProtocol::count_vote(Branch& branch, const VoteReceived& vote, Turn& turn) {
  const bool has_voted = !awaits_vote(branch) && branch.state != BranchState::kExecuted;
  if (has_voted) return;  // I5
  switch (vote.vote) {
    case Vote::kNo: {
      // Also as the first answer of a submitted branch, which had no number before it.
      if (vote.branch == branch.number || branch.number == kNoBranch) branch.state = BranchState::kNo;
      AbortCause cause = vote.cause;
      if (cause.reason == AbortReason::kNone) cause.reason = AbortReason::kVoteNo;
      if (cause.store.empty()) cause.store = branch.store;
      abort(std::move(cause), turn);
      return;
    }
    case Vote::kExecuted:
      if (branch.state != BranchState::kExecuting) return;
      branch.state = BranchState::kExecuted;
      break;
    case Vote::kYes:
      if (!awaits_vote(branch)) return;
      branch.state = BranchState::kYes;
      break;
    case Vote::kReadOnly:
      if (branch.state != BranchState::kPreparing) return;
      branch.state = BranchState::kReadOnly;
      break;
  }
  if (vote.results != nullptr) branch.results = vote.results;
  result_bytes_ += vote.result_bytes;
  if (result_bytes_ > turn.settings.result_bytes) {
    abort({AbortReason::kStatementFailed, branch.store,
           "the results of all stores together are larger than " + std::to_string(turn.settings.result_bytes) +
               " bytes, the most that one answer carries: ask for less in one batch"},
          turn);
    return;
  }
  go_on_if_all_voted(turn);
}

void CommitProtocol::vote_lost(const VoteLost& lost, Turn& turn) {
  const Branch* const branch = find(lost.store);
  if (state_ != State::kPreparing || branch == nullptr || !awaits_vote(*branch)) return;
  abort({lost.reason, lost.store, lost.detail}, turn);
}

void CommitProtocol::go_on_if_all_voted(Turn& turn) {
  if (std::any_of(branches_.begin(), branches_.end(), awaits_vote)) return;
  const auto is_in = [](BranchState state) { return [state](const Branch& each) { return each.state == state; }; };
  if (std::any_of(branches_.begin(), branches_.end(), is_in(BranchState::kExecuted))) {
    for (Branch& branch : branches_) {
      if (branch.state != BranchState::kExecuted) continue;
      branch.state = BranchState::kPreparing;
      send_prepare(branch, turn);
    }
    return;
  }
  if (std::any_of(branches_.begin(), branches_.end(), is_in(BranchState::kYes))) {
    record_commit(turn);
  } else {
    become(State::kEnded, turn);
  }
}

void CommitProtocol::send_prepare(const Branch& branch, Turn& turn) const {
  turn.effects.emplace_back(SendPrepare{branch.store, turn.stores.opening(branch.store), id_, branch.number,
                                        branch.statement_count, deadline_ - turn.now, stores()});
}

// ---- the decision ----

void CommitProtocol::record_commit(Turn& turn) {
  invariant(state_ == State::kPreparing, "I2: a transaction is decided twice");
  if (!turn.log.out_of_space().empty()) {
    abort({AbortReason::kOverloaded,
           {},
           "nothing can commit until the decision log has room: " + turn.log.out_of_space()},
          turn);
    return;
  }
  CommitRecord record{turn.log.next(), id_, {}};
  for (const Branch& branch : branches_) {
    invariant(branch.state == BranchState::kYes || branch.state == BranchState::kReadOnly,
              "I6: a transaction commits without the vote of every store");
    if (branch.state == BranchState::kYes) record.branches.push_back({branch.store, branch.identity, branch.number});
  }
  record_ = record;
  become(State::kRecordingCommit, turn);
  turn.log.append(std::move(record), turn.now, turn.effects);
  turn.log.force(turn.effects);
}

void CommitProtocol::abort(AbortCause cause, Turn& turn) {
  if (state_ != State::kPreparing) return;  // I2
  cause_ = std::move(cause);
  become(State::kAborted, turn);
  for (const Branch& branch : branches_) {
    // A store that voted no or read-only holds nothing any more.
    if (branch.state == BranchState::kNo || branch.state == BranchState::kReadOnly) continue;
    if (!turn.stores.address(branch.store)) continue;
    turn.effects.emplace_back(
        SendDecision{branch.store, turn.stores.opening(branch.store), id_, branch.number, Decision::kAbort, {}});
  }
}

void CommitProtocol::record_durable(Turn& turn) {
  invariant(state_ == State::kRecordingCommit, "I1: the record of another state became durable");
  invariant(record_->commit <= turn.log.durable(), "I1: a commit leaves before its record is durable");
  become(State::kCommitting, turn);
  resend_after_ = turn.settings.resend_first;
  send_commits(turn);
  schedule_resend(turn);
}

// ---- after the decision ----

void CommitProtocol::send_commits(Turn& turn) const {
  for (const Branch& branch : branches_) resend_to(branch.store, turn);
}

void CommitProtocol::resend_to(const std::string& store, Turn& turn) const {
  if (state_ != State::kCommitting) return;
  for (const Branch& branch : branches_) {
    if (branch.store != store || branch.state != BranchState::kYes || !turn.stores.address(store)) continue;
    turn.effects.emplace_back(
        SendDecision{store, turn.stores.opening(store), id_, branch.number, Decision::kCommit, record_->commit});
  }
}

void CommitProtocol::schedule_resend(Turn& turn) {
  deadline_ = turn.now + resend_after_;
  resend_after_ = std::min(resend_after_ * 2, turn.settings.resend_ceiling);
}

bool CommitProtocol::acknowledged(const Acknowledged& acknowledgement, Turn& turn) {
  Branch* const branch = find(acknowledgement.store);
  const bool is_owed = state_ == State::kCommitting && branch != nullptr && branch->state == BranchState::kYes &&
                       branch->number == acknowledgement.branch;
  if (!is_owed) return false;
  if (acknowledgement.kind == AcknowledgementKind::kRefused) {
    note_ = "`" + branch->store + "` refused the commit: " + acknowledgement.detail;
    return false;
  }
  if (acknowledgement.kind == AcknowledgementKind::kContradicts) {
    note_ = "heuristic-mixed: an operator of `" + branch->store + "` had aborted it: " + acknowledgement.detail;
    branch->contradicts = true;
  }
  branch->state = BranchState::kAcknowledged;
  branch->position = acknowledgement.position;
  const bool is_last = std::none_of(branches_.begin(), branches_.end(),
                                    [](const Branch& each) { return each.state == BranchState::kYes; });
  if (is_last) record_end(turn);
  return true;
}

void CommitProtocol::record_end(Turn& turn) {
  EndRecord record{record_->commit, {}};
  for (const Branch& branch : branches_) {
    invariant(branch.state != BranchState::kYes, "I4: a commit ends that a store still owes");
    if (branch.state != BranchState::kAcknowledged) continue;
    record.stores.push_back({branch.store, branch.position, branch.contradicts});
  }
  become(State::kEnded, turn);
  end_ = turn.log.append(std::move(record), turn.now, turn.effects);
}

// ---- time ----

std::optional<Time> CommitProtocol::deadline() const {
  if (state_ == State::kPreparing || state_ == State::kCommitting) return deadline_;
  return std::nullopt;
}

void CommitProtocol::deadline_passed(Turn& turn) {
  if (state_ == State::kCommitting) {
    send_commits(turn);
    schedule_resend(turn);
    return;
  }
  const auto silent = std::find_if(branches_.begin(), branches_.end(), awaits_vote);
  const std::string store = silent == branches_.end() ? std::string() : silent->store;
  abort({one_shot_ ? AbortReason::kTransactionTimeout : AbortReason::kStoreUnavailable, store,
         "the store did not vote in time"},
        turn);
}

// ---- what it is ----

CommitProtocol::Branch* CommitProtocol::find(const std::string& store) {
  const auto found =
      std::find_if(branches_.begin(), branches_.end(), [&](const Branch& each) { return each.store == store; });
  return found == branches_.end() ? nullptr : &*found;
}

std::vector<std::string> CommitProtocol::stores() const {
  std::vector<std::string> names;
  names.reserve(branches_.size());
  for (const Branch& branch : branches_) names.push_back(branch.store);
  return names;
}

void CommitProtocol::become(State state, Turn& turn) {
  turn.effects.emplace_back(Transition{id_, to_string(state_), to_string(state), cause_});
  state_ = state;
}

std::vector<StoreResult> CommitProtocol::results() const {
  std::vector<StoreResult> results;
  if (!has_results_) return results;
  for (const Branch& branch : branches_) results.push_back({branch.store, branch.results});
  return results;
}

void CommitProtocol::drop_results() {
  has_results_ = false;
  for (Branch& branch : branches_) branch.results.reset();
}

std::string_view to_string(CommitProtocol::State state) {
  switch (state) {
    case CommitProtocol::State::kActive: return "active";
    case CommitProtocol::State::kPreparing: return "preparing";
    case CommitProtocol::State::kRecordingCommit: return "recording commit";
    case CommitProtocol::State::kCommitting: return "committing";
    case CommitProtocol::State::kEnded: return "ended";
    case CommitProtocol::State::kAborted: return "aborted";
  }
  return "invalid";
}

std::string_view to_string(BranchState state) {
  switch (state) {
    case BranchState::kExecuting: return "executing";
    case BranchState::kExecuted: return "executed";
    case BranchState::kPreparing: return "preparing";
    case BranchState::kYes: return "yes";
    case BranchState::kReadOnly: return "read-only";
    case BranchState::kNo: return "no";
    case BranchState::kAcknowledged: return "acknowledged";
  }
  return "invalid";
}

}  // namespace assent::coordinator
