// From held locks to a vote.
//
// A branch that wrote votes yes once its row is durable, and not a moment earlier. One that only read has nothing to
// promise: it is asked to prepare when all branches of the transaction have executed, lets go of its locks, and is
// gone. Whatever this store cannot vouch for gets a no: a branch that it does not know, that has another number, or
// that misses a statement.
#include <utility>

#include "participant/core/branch_table.h"
#include "participant/core/invariant.h"

namespace assent::participant {

void BranchTable::handle(const PrepareRequested& event) {
  if (!is_meant(event.opening, event.call) || !hear(event.coordinator, event.id.log, event.call)) return;
  Branch* branch = find(event.id, event.branch);
  if (branch == nullptr) {
    const End* end = ends_.find(event.id);
    vote_from_memory(event.call, event.branch, end != nullptr && end->branch == event.branch ? end : nullptr);
    return;
  }
  const bool is_repeated = branch->votes_next && branch->state() != BranchState::kIdle;
  if (is_repeated || !is_active(branch->state())) {
    repeat_vote(*branch, event.call);
    return;
  }
  if (branch->state() != BranchState::kIdle || branch->statement_count != event.statement_count) {
    AbortCause cause{.reason = AbortReason::kVoteNo,
                     .store = {},
                     .detail = "asked to prepare with a count of " + std::to_string(event.statement_count) +
                               " statements, but the count here is " + std::to_string(branch->statement_count) +
                               "; run the transaction again"};
    vote_no(event.call, branch->number, cause);
    end(*branch, EndKind::kAborted, std::move(cause));
    return;
  }
  branch->stores = event.stores;
  if (!event.coordinator.address.empty()) branch->coordinator_address = event.coordinator.address;
  if (branch->changes->empty()) {
    vote(event.call, *branch, Vote::kReadOnly);
    end(*branch, EndKind::kReadOnly, {});
    return;
  }
  branch->votes_next = true;
  branch->calls = {event.call};
  if (branch->needs_last_run) {
    start(*branch, event.call, std::make_shared<const std::vector<Statement>>());
  } else {
    prepare(*branch);
  }
}

// REQUIRES: it wrote, and its calls await the vote.
void BranchTable::prepare(Branch& branch) {
  if (std::string why_not = why_no_promises(); !why_not.empty()) {
    AbortCause cause{.reason = AbortReason::kVoteNo, .store = {}, .detail = std::move(why_not)};
    for (const CallId call : branch.take_calls()) vote_no(call, branch.number, cause);
    end(branch, EndKind::kAborted, std::move(cause));
    return;
  }
  invariant(!branch.needs_last_run, "B8: a branch votes without the last run that it needs");
  move(branch, BranchState::kPreparing);
  schedule(branch);
  if (!branch.one_shot) branch.results.reset();
  locks_.set_prepared(branch.priority);
  journal_.add(PutPrepared{branch.take_row(locks_.held_by(branch.priority))}, now_, {branch.id, branch.number});
}

// A prepare, or an execute-and-prepare, that was heard before.
void BranchTable::repeat_vote(Branch& branch, CallId call) {
  switch (branch.state()) {
    case BranchState::kRunning:
    case BranchState::kWaiting:
    case BranchState::kPreparing: branch.calls.push_back(call); break;
    case BranchState::kIdle: vote(call, branch, Vote::kExecuted); break;
    case BranchState::kPrepared:
    case BranchState::kCommitting:
    case BranchState::kResolving:
    case BranchState::kResolvedCommit:
    case BranchState::kSettling: vote(call, branch, Vote::kYes); break;
    case BranchState::kResolvedAbort:
      // If the coordinator has not counted the yes, it can still agree with the operator.
      vote_no(call, branch.number, branch.cause_of_resolution());
      break;
    case BranchState::kCommitted: vote_committed(call, branch.number); break;
  }
}

// A vote for a branch that is not there. `end`: how it ended, null if that is not known.
void BranchTable::vote_from_memory(CallId call, BranchNumber branch, const End* end) {
  if (end == nullptr) {
    vote_no(call, branch,
            {.reason = AbortReason::kStoreUnavailable,
             .store = {},
             .detail = "this store has no such branch: it restarted, or the branch ended; run the transaction again"});
    return;
  }
  switch (end->kind) {
    case EndKind::kAborted: vote_no(call, end->branch, end->cause); break;
    case EndKind::kReadOnly:
      made_.emplace_back(VoteAnswered{call, end->branch, Vote::kReadOnly, /*already_committed=*/false, {}, {}});
      break;
    case EndKind::kReleased: vote_committed(call, end->branch); break;
  }
}

void BranchTable::vote(CallId call, const Branch& branch, Vote vote) {
  const bool has_results = branch.one_shot && vote != Vote::kReadOnly;  // those were told with kExecuted
  const Results results = has_results ? branch.results : nullptr;
  made_.emplace_back(VoteAnswered{call, branch.number, vote, /*already_committed=*/false, {}, results});
}

void BranchTable::vote_no(CallId call, BranchNumber branch, AbortCause cause) {
  made_.emplace_back(VoteAnswered{call, branch, Vote::kNo, /*already_committed=*/false, std::move(cause), {}});
}

void BranchTable::vote_committed(CallId call, BranchNumber branch) {
  made_.emplace_back(VoteAnswered{call, branch, Vote::kYes, /*already_committed=*/true, {}, {}});
}

}  // namespace assent::participant
