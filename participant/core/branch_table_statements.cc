// From the first statement to held locks and an answer.
//
// Statements are run first and locked afterwards, for only their run shows what they read and changed. So a run whose
// locks are not free was in vain: its results are thrown away, and the statements run afresh once the locks of that
// run are granted. The new run may want other locks, and so on; what is granted is kept, so this ends.
// Nothing of a run is kept or told before all its locks are held, not even an error: an error is an answer, too.
#include <algorithm>

#include "participant/core/branch_table.h"
#include "participant/core/invariant.h"

namespace assent::participant {

namespace {

AbortCause unknown_branch(const TransactionId& id) {
  return {.reason = AbortReason::kStoreUnavailable,
          .store = {},
          .detail = "this store has no such branch of " + to_string(id) +
                    ": it restarted, or the branch ended long ago; run the transaction again"};
}

AbortCause too_many_changes(std::uint64_t limit) {
  return {.reason = AbortReason::kStatementFailed,
          .store = {},
          .detail = "the branch's changes would exceed " + std::to_string(limit) +
                    " bytes; change fewer rows in one transaction, or raise the limit"};
}

AbortCause too_many_locks(std::uint64_t limit) {
  return {.reason = AbortReason::kStatementFailed,
          .store = {},
          .detail = "the branch's locks would take more than " + std::to_string(limit) +
                    " bytes; change fewer rows in one transaction, or raise the limit"};
}

std::string too_many_statements(std::size_t limit) {
  return "a branch takes at most " + std::to_string(limit) +
         " statements; use several transactions, or raise the limit";
}

}  // namespace

// ---- requests ----

void BranchTable::handle(const ExecuteRequested& event) {
  if (event.statement == nullptr || event.statement->size() != 1) {
    refuse(event.call, RefusalKind::kInvalidArgument, "execute takes exactly one statement");
    return;
  }
  Branch* branch = find(event.id);
  if (branch == nullptr) {
    execute_first(event);
  } else if (branch->one_shot) {
    refuse(event.call, RefusalKind::kConflict,
           to_string(event.id) + " was submitted whole: it takes no more statements");
  } else if (event.branch != branch->number && !(event.branch == kNoBranch && event.statement_number == 0)) {
    answer_ended(event.call, event.branch, unknown_branch(event.id));
  } else if (event.level != branch->level) {
    refuse(event.call, RefusalKind::kInvalidArgument,
           to_string(event.id) + " began here as " + std::string(to_string(branch->level)) + ", not as " +
               std::string(to_string(event.level)) + ": name one level in all statements of a transaction");
  } else {
    execute_next(*branch, event);
  }
}

void BranchTable::execute_first(const ExecuteRequested& event) {
  const End* end = ends_.find(event.id);
  if (end != nullptr && end->kind != EndKind::kAborted) {
    refuse(event.call, RefusalKind::kConflict, to_string(event.id) + " has ended here: it takes no more statements");
    return;
  }
  if (end != nullptr) {
    answer_ended(event.call, end->branch, end->cause);
    return;
  }
  if (event.branch != kNoBranch || event.statement_number != 0) {
    answer_ended(event.call, event.branch, unknown_branch(event.id));
    return;
  }
  if (event.id.epoch < coordinators_.line(event.id.log).epoch) {
    answer_ended(event.call, kNoBranch, ended_with_its_coordinator());
    return;
  }
  Branch* branch = begin(event.call, event.id, event.begin_stamp, /*one_shot=*/false, event.timeout);
  if (branch == nullptr) return;
  branch->coordinator_address = event.coordinator_address;
  branch->level = event.level;
  start(*branch, event.call, event.statement);
}

void BranchTable::execute_next(Branch& branch, const ExecuteRequested& event) {
  const std::uint32_t expected = branch.statement_count;
  const bool is_under_way = branch.state() == BranchState::kRunning || branch.state() == BranchState::kWaiting;
  if (is_active(branch.state()) && branch.votes_next) {
    refuse(event.call, RefusalKind::kConflict,
           to_string(event.id) + " is about to vote here: it takes no more statements");
  } else if (is_under_way && event.statement_number == expected) {
    branch.calls.push_back(event.call);
  } else if (is_active(branch.state()) && expected > 0 && event.statement_number == expected - 1) {
    answer_statement(branch, event.call);
  } else if (!is_active(branch.state())) {
    refuse(
        event.call, RefusalKind::kConflict,
        to_string(event.id) + " is " + std::string(to_string(branch.state())) + " here: it takes no more statements");
  } else if (event.statement_number != expected) {
    answer_ended(event.call, branch.number,
                 {.reason = AbortReason::kStatementFailed,
                  .store = {},
                  .detail = "statement " + std::to_string(event.statement_number) + " is out of sequence: " +
                            std::to_string(expected) + " is next; run the transaction again"});
  } else if (expected >= settings_.statements_per_branch) {
    refuse(event.call, RefusalKind::kInvalidArgument, too_many_statements(settings_.statements_per_branch));
  } else {
    branch.transaction_deadline =
        std::min(branch.transaction_deadline, now_ + std::min(event.timeout, settings_.transaction_timeout));
    start(branch, event.call, event.statement);
  }
}

void BranchTable::handle(const ExecuteAndPrepareRequested& event) {
  if (!is_meant(event.opening, event.call) || !hear(event.coordinator, event.id.log, event.call)) return;
  if (Branch* branch = find(event.id)) {
    if (branch->one_shot || branch->was_recovered) {
      repeat_vote(*branch, event.call);
    } else {
      refuse(event.call, RefusalKind::kConflict,
             to_string(event.id) + " runs statement by statement: prepare it instead");
    }
    return;
  }
  if (const End* end = ends_.find(event.id)) {
    vote_from_memory(event.call, end->branch, end);
    return;
  }
  if (event.id.epoch < coordinators_.line(event.id.log).epoch) {
    vote_no(event.call, kNoBranch, ended_with_its_coordinator());
    return;
  }
  if (event.statements == nullptr || event.statements->empty()) {
    refuse(event.call, RefusalKind::kInvalidArgument, "a submitted branch has at least one statement");
    return;
  }
  if (event.statements->size() > settings_.statements_per_branch) {
    // A refused call is a lost vote, which is worth another run; this one never is.
    vote_no(event.call, kNoBranch,
            {.reason = AbortReason::kStatementFailed,
             .store = {},
             .detail = too_many_statements(settings_.statements_per_branch)});
    return;
  }
  Branch* branch = begin(event.call, event.id, event.begin_stamp, /*one_shot=*/true, event.timeout);
  if (branch == nullptr) return;
  branch->coordinator_address = event.coordinator.address;
  branch->stores = event.stores;
  branch->level = event.level;
  start(*branch, event.call, event.statements);
}

// Null if no branch may begin; then the call is refused.
Branch* BranchTable::begin(CallId call, const TransactionId& id, std::uint64_t begin_stamp, bool one_shot,
                           Duration timeout) {
  if (id == kStoreItself) {
    refuse(call, RefusalKind::kInvalidArgument, to_string(id) + " is no transaction's id: take one from a lease");
    return nullptr;
  }
  if (draining_) {
    refuse(call, RefusalKind::kUnavailable, "this store is shutting down; run the transaction again later");
    return nullptr;
  }
  if (branches_.size() >= settings_.branches) {
    refuse(call, RefusalKind::kOverloaded,
           "this store has " + std::to_string(branches_.size()) + " live branches; run the transaction again later");
    return nullptr;
  }
  const BranchNumber number{.start = start_number_, .counter = ++last_branch_};
  const Time deadline = now_ + std::min(timeout, settings_.transaction_timeout);
  made_.emplace_back(Transition{id, "none", to_string(BranchState::kIdle), {}});
  return &branches_.try_emplace(id, id, number, begin_stamp, one_shot, now_, deadline).first->second;
}

// ---- runs ----

void BranchTable::start(Branch& branch, CallId call, Statements statements) {
  branch.calls = {call};
  branch.statements = std::move(statements);
  branch.statement_deadline = now_ + settings_.statement_timeout;
  run(branch);
}

void BranchTable::run(Branch& branch) {
  std::optional<Duration> waited;
  if (branch.state() == BranchState::kWaiting) waited = now_ - (branch.wait_deadline - settings_.lock_wait);
  move(branch, BranchState::kRunning);
  schedule(branch);
  branch.run = RunId{++last_run_};
  runs_.emplace(branch.run, branch.id);
  made_.emplace_back(
      RunStatements{branch.run, branch.id, branch.changes, branch.statements, branch.level, branch.votes_next, waited});
}

bool BranchTable::awaits(RunId run) const {
  const auto found = runs_.find(run);
  if (found == runs_.end()) return false;
  const auto branch = branches_.find(found->second);
  return branch != branches_.end() && branch->second.state() == BranchState::kRunning && branch->second.run == run;
}

bool BranchTable::may_go_on(const TransactionId& id) const {
  const auto branch = branches_.find(id);
  return branch != branches_.end() && is_active(branch->second.state());
}

void BranchTable::handle(const StatementsRan& event) {
  const auto run = runs_.find(event.run);
  if (run == runs_.end()) return;
  Branch* branch = find(run->second);
  runs_.erase(run);
  if (branch == nullptr || branch->state() != BranchState::kRunning || branch->run != event.run) return;  // it ended

  const LockTable::Answer answer = locks_.request(branch->priority, event.locks);
  if (answer.granted) {
    keep(*branch, event);
  } else {
    wait(*branch, answer);
  }
}

void BranchTable::wait(Branch& branch, const LockTable::Answer& answer) {
  move(branch, BranchState::kWaiting);
  branch.wait_deadline = now_ + settings_.lock_wait;
  schedule(branch);
  ++counters_.lock_waits;

  make_way(branch.priority, answer,
           "the older transaction " + to_string(branch.id) + " needed its locks; run the transaction again");
}

void BranchTable::make_way(const Priority& waiting, const LockTable::Answer& answer, const std::string& why) {
  for (const Priority& priority : answer.behind) {
    if (priority == kSchemaOwner) continue;
    Branch& holder = *find(priority.id);
    if (holder.state() == BranchState::kCommitting) {
      journal_.hurry(now_);
    } else if (waiting < priority && !holder.wounds.next) {
      holder.wounds.start(now_ + settings_.wound_after);
      schedule(holder);
    }
  }

  // Last, for the end of the last of them may grant what is waited for.
  for (const Priority& priority : answer.wounded) {
    ++counters_.wounded;
    end(*find(priority.id), EndKind::kAborted, {.reason = AbortReason::kWounded, .store = {}, .detail = why});
  }
}

// The run counts: all its locks are held.
void BranchTable::keep(Branch& branch, const StatementsRan& event) {
  AbortCause failure = event.failure;
  if (branch.changes->bytes.size() + event.changes.bytes.size() > settings_.changes_bytes) {
    failure = too_many_changes(settings_.changes_bytes);
  }
  const bool succeeded = failure.reason == AbortReason::kNone;
  const std::size_t count = std::exchange(branch.statements, nullptr)->size();
  invariant(!succeeded || (event.results != nullptr && event.results->size() == count),
            "B2: statements that succeeded have a result each");
  branch.results = event.results;

  // A statement that fails changes nothing, but keeps its locks: the branch cannot go on with too many.
  if (locks_.held_bytes(branch.priority) > settings_.lock_bytes) {
    end(branch, EndKind::kAborted, too_many_locks(settings_.lock_bytes));
    return;
  }
  branch.needs_last_run = !branch.votes_next && (branch.needs_last_run || event.needs_last_run);
  if (!branch.votes_next) {
    if (succeeded) branch.add_changes(event.changes);
    if (!succeeded) failure.statement_index = static_cast<std::int32_t>(branch.statement_count);
    branch.last_failure = std::move(failure);
    ++branch.statement_count;
    move(branch, BranchState::kIdle);
    schedule(branch);
    for (const CallId call : branch.take_calls()) answer_statement(branch, call);
    return;
  }

  if (!succeeded) {
    // No statement is at fault: the store has found that it could not do again what it captured.
    if (failure.reason == AbortReason::kVoteNo) alarm(to_string(branch.id) + ": " + failure.detail);
    end(branch, EndKind::kAborted, std::move(failure));
    return;
  }
  branch.add_changes(event.changes);
  branch.statement_count += static_cast<std::uint32_t>(count);
  if (!branch.changes->empty()) {
    prepare(branch);
    return;
  }
  move(branch, BranchState::kIdle);
  schedule(branch);
  for (const CallId call : branch.take_calls()) vote(call, branch, Vote::kExecuted);
}

// ---- answers ----

void BranchTable::answer_statement(const Branch& branch, CallId call) {
  ExecuteAnswered answer{
      .call = call, .branch = branch.number, .result = {}, .failure = branch.last_failure, .ended = {}};
  if (branch.last_failure.reason == AbortReason::kNone) answer.result = {branch.results, &branch.results->front()};
  made_.emplace_back(std::move(answer));
}

void BranchTable::answer_ended(CallId call, BranchNumber branch, AbortCause cause) {
  made_.emplace_back(ExecuteAnswered{call, branch, {}, {}, std::move(cause)});
}

}  // namespace assent::participant
