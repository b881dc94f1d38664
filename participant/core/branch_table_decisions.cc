// From a vote to the end: decisions of the coordinator, pushed to this store or asked for, and of operators.
//
// A decision acts on the branch that it names, by transaction and branch number, and on no other. What cannot be true
// (a commit of what was never prepared, an abort of what was committed) changes nothing, and raises an alarm.
#include "participant/core/branch_table.h"

namespace assent::participant {

namespace {

std::string commit_of(const TransactionId& id, const BranchNumber& number) {
  return "commit of branch " + to_string(number) + " of " + to_string(id);
}

std::string resolves_just_now(const TransactionId& id) {
  return "an operator resolves " + to_string(id) + " just now; send it again";
}

}  // namespace

void BranchTable::handle(const DecisionReceived& event) {
  if (!is_meant(event.opening, event.call) || !hear(*event.coordinator, event.id.log, event.call)) return;
  if (event.decision == Decision::kAbort) {
    abort(event.id, event.branch,
          {.reason = AbortReason::kPresumed, .store = {}, .detail = "its coordinator aborted the transaction"},
          event.call);
  } else if (event.branch == kNoBranch || event.commit == Position{}) {
    refuse(event.call, RefusalKind::kInvalidArgument, "a commit names the branch and the position of its record");
  } else {
    commit(event.id, event.branch, event.commit, event.call);
  }
}

void BranchTable::handle(const InquiryAnswered& event) {
  if (event.result == InquiryResult::kNotAccepted) {
    if (Branch* branch = find(event.id, event.branch)) branch->was_not_accepted = true;
    return;
  }
  // Nor is heard what such a coordinator says of itself: an old copy that was started again and again would fence the
  // log itself off.
  if (event.coordinator->line.log != event.id.log || event.result == InquiryResult::kNotMine) {
    Branch* branch = find(event.id, event.branch);
    if (branch != nullptr && !branch->not_mine_reported) {
      alarm("the coordinator at " + event.coordinator->address + " does not know the log of " + to_string(event.id) +
            ": it has another log, or an old copy; the branch stays in doubt until the right one answers, or an "
            "operator resolves it");
      branch->not_mine_reported = true;
    }
    return;
  }
  if (!hear(*event.coordinator, event.id.log, std::nullopt)) return;
  const Branch* const branch = find(event.id, event.branch);
  if (branch == nullptr) return;
  // Of what has committed it would have heard: it is a stray copy, or the transaction was aborted.
  const bool is_stray = event.result == InquiryResult::kEnded && branch->commit == Position{};
  if (event.result == InquiryResult::kCommit && event.commit != Position{}) {
    commit(event.id, event.branch, event.commit, std::nullopt);
  } else if (event.result == InquiryResult::kAbort || is_stray) {
    abort(event.id, event.branch,
          {.reason = AbortReason::kPresumed,
           .store = {},
           .detail = is_stray ? "its transaction has ended, and this branch has heard of no commit"
                              : "its coordinator has no commit on record"},
          std::nullopt);
  }
}

void BranchTable::commit(const TransactionId& id, BranchNumber number, Position position, std::optional<CallId> call) {
  Branch* branch = find(id, number);
  if (branch == nullptr) {
    if (coordinators_.released(id.log).contains(position)) {
      acknowledge(call, id, AcknowledgementKind::kDone, {});
      return;
    }
    const End* end = ends_.find(id);
    const bool is_remembered = end != nullptr && end->branch == number;
    refuse_decision(call, id,
                    commit_of(id, number) + (is_remembered ? ", which ended here without a commit"
                                                           : ", which this store does not have: the store was lost, or "
                                                             "restored from an old copy"));
    return;
  }
  switch (branch->state()) {
    case BranchState::kIdle:
    case BranchState::kRunning:
    case BranchState::kWaiting:
    case BranchState::kPreparing: refuse_decision(call, id, commit_of(id, number) + ", which never voted yes"); break;
    case BranchState::kPrepared:
      if (call) branch->calls = {*call};
      apply(*branch, position);
      break;
    case BranchState::kCommitting:
      if (call) branch->calls.push_back(*call);
      break;
    case BranchState::kCommitted:
      acknowledge(call, id, branch->resolution.empty() ? AcknowledgementKind::kDone : AcknowledgementKind::kAgrees,
                  branch->resolution);
      break;
    case BranchState::kResolving:
      if (call) refuse(*call, RefusalKind::kUnavailable, resolves_just_now(id));
      break;
    case BranchState::kResolvedCommit:
    case BranchState::kResolvedAbort:
      if (branch->commit != Position{}) {
        acknowledge(call, id, AcknowledgementKind::kContradicts, branch->resolution);
        break;
      }
      if (call) branch->calls = {*call};
      settle(*branch, position);
      break;
    case BranchState::kSettling:
      if (call) branch->calls.push_back(*call);
      break;
  }
}

void BranchTable::apply(Branch& branch, Position position) {
  if (branch.was_recovered || branch.inquiries.attempts > 0) ++counters_.resolved_in_doubt;
  branch.commit = position;
  branch.results.reset();
  move(branch, BranchState::kCommitting);
  schedule(branch);
  const bool somebody_waits = !locks_.waiting_behind(branch.priority).empty();
  journal_.add(ApplyBranch{branch.id, RowState::kCommitted, position, {}},
               somebody_waits ? now_ : now_ + settings_.decision_ride, {branch.id, branch.number});
}

// The coordinator has committed what an operator resolved. Whether they agree is written beside the operator's reason
// before it is told, so that it is told the same way again.
void BranchTable::settle(Branch& branch, Position position) {
  const bool agrees = branch.state() == BranchState::kResolvedCommit;
  if (!agrees) {
    alarm(to_string(branch.id) + " was committed, but an operator had aborted it at this store (" + branch.resolution +
          "): the stores disagree, and people must repair it");
  }
  branch.commit = position;
  branch.journaled_as = agrees ? RowState::kCommitted : RowState::kResolvedAbort;
  move(branch, BranchState::kSettling);
  schedule(branch);
  journal_.add(MarkBranch{branch.id, branch.journaled_as, position, branch.resolution}, now_ + settings_.decision_ride,
               {branch.id, branch.number});
}

void BranchTable::abort(const TransactionId& id, BranchNumber number, AbortCause cause, std::optional<CallId> call) {
  Branch* branch = number == kNoBranch ? find(id) : find(id, number);
  if (branch == nullptr) {
    // A statement of it may still be on its way here. (One that names a branch may be about a stray copy only.)
    if (number == kNoBranch && ends_.find(id) == nullptr) {
      ends_.remember(id, {.branch = kNoBranch, .kind = EndKind::kAborted, .cause = std::move(cause)});
    }
    acknowledge(call, id, AcknowledgementKind::kDone, {});
    return;
  }
  switch (branch->state()) {
    case BranchState::kPrepared:
      if (branch->was_recovered || branch->inquiries.attempts > 0) ++counters_.resolved_in_doubt;
      [[fallthrough]];
    case BranchState::kIdle:
    case BranchState::kRunning:
    case BranchState::kWaiting:
    case BranchState::kPreparing:
      acknowledge(call, id, AcknowledgementKind::kDone, {});
      end(*branch, EndKind::kAborted, std::move(cause));
      break;
    case BranchState::kCommitting:
    case BranchState::kCommitted:
    case BranchState::kSettling:
      refuse_decision(call, id, "abort of " + to_string(id) + ", which was committed before");
      break;
    case BranchState::kResolving:
      if (call) refuse(*call, RefusalKind::kUnavailable, resolves_just_now(id));
      break;
    case BranchState::kResolvedCommit:
      alarm(to_string(id) + " was aborted, but an operator had committed it at this store (" + branch->resolution +
            "): the stores disagree, and people must repair it");
      acknowledge(call, id, AcknowledgementKind::kContradicts, branch->resolution);
      end(*branch, EndKind::kAborted, std::move(cause));
      break;
    case BranchState::kResolvedAbort:
      if (branch->commit != Position{}) {
        refuse_decision(call, id, "abort of " + to_string(id) + ", which was committed before");
        break;
      }
      acknowledge(call, id, AcknowledgementKind::kAgrees, branch->resolution);
      end(*branch, EndKind::kAborted, std::move(cause));
      break;
  }
}

void BranchTable::handle(const ResolveRequested& event) {
  Branch* branch = find(event.id);
  if (branch == nullptr) {
    refuse(event.call, RefusalKind::kNotFound, "this store has no branch of " + to_string(event.id));
    return;
  }
  if (branch->state() != BranchState::kPrepared) {
    refuse(event.call, RefusalKind::kConflict,
           to_string(event.id) + " is " + std::string(to_string(branch->state())) +
               " here: only a prepared branch can be resolved by hand");
    return;
  }
  if (event.reason.empty()) {
    refuse(event.call, RefusalKind::kInvalidArgument, "a resolution by hand needs a reason: it is kept for the record");
    return;
  }
  const bool commits = event.decision == Decision::kCommit;
  branch->resolution = event.reason;
  branch->results.reset();
  branch->calls = {event.call};
  branch->journaled_as = commits ? RowState::kResolvedCommit : RowState::kResolvedAbort;
  move(*branch, BranchState::kResolving);
  schedule(*branch);
  const JournalQueue::Ticket ticket{branch->id, branch->number};
  if (commits) {
    journal_.add(ApplyBranch{branch->id, branch->journaled_as, {}, event.reason}, now_, ticket);
  } else {
    journal_.add(MarkBranch{branch->id, branch->journaled_as, {}, event.reason}, now_, ticket);
  }
}

// ---- answers and questions ----

void BranchTable::acknowledge(std::optional<CallId> call, const TransactionId& id, AcknowledgementKind kind,
                              std::string detail) {
  if (call) made_.emplace_back(DecisionAnswered{*call, id, kind, position_, std::move(detail)});
}

void BranchTable::refuse_decision(std::optional<CallId> call, const TransactionId& id, std::string detail) {
  alarm("refused: " + detail);
  acknowledge(call, id, AcknowledgementKind::kRefused, std::move(detail));
}

// Where the log's coordinator said last that it is, or else where the transaction came from.
std::string BranchTable::address_of_coordinator(const Branch& branch) const {
  std::string address = coordinators_.address(branch.id.log);
  return address.empty() ? branch.coordinator_address : address;
}

void BranchTable::ask(Branch& branch) {
  made_.emplace_back(SendInquiry{branch.id, branch.number, address_of_coordinator(branch),
                                 coordinators_.line(branch.id.log), opening_});
  branch.inquiries.attempted(branch.id, now_, settings_.inquiry_first, settings_.inquiry_ceiling);
}

void BranchTable::wound_through_coordinator(Branch& branch) {
  const std::vector<Priority> waiting = locks_.waiting_behind(branch.priority);
  if (waiting.empty() || branch.priority < waiting.front()) {  // nobody older is left
    branch.wounds.stop();
    return;
  }
  made_.emplace_back(SendWound{branch.id, address_of_coordinator(branch), opening_});
  branch.wounds.attempted(branch.id, now_, settings_.wound_after, settings_.inquiry_first);
}

}  // namespace assent::participant
