// What clients ask of the coordinator: ids, commits, aborts and outcomes.
#include <chrono>
#include <set>
#include <type_traits>
#include <utility>

#include "coordinator/core/coordinator.h"
#include "coordinator/core/invariant.h"

namespace assent::coordinator {

namespace {

// What is wrong with the branches of a request, or nothing.
template <typename Branches>
std::optional<std::string> check_stores(const Branches& branches, const Settings& settings) {
  if (branches.size() > settings.stores_per_transaction) {
    return "the transaction names " + std::to_string(branches.size()) + " stores, and may name " +
           std::to_string(settings.stores_per_transaction) + ": split it";
  }
  std::set<std::string_view> names;
  for (const auto& branch : branches) {
    if (!names.insert(branch.store).second) {
      return "the transaction names store `" + branch.store + "` twice: give it one branch for each store";
    }
  }
  return std::nullopt;
}

std::optional<std::string> check_request(const SubmitRequested& request, const Settings& settings) {
  if (request.branches.empty()) return "the batch is empty: give it at least one statement";
  for (const auto& branch : request.branches) {
    if (branch.statements == nullptr || branch.statements->empty()) {
      return "the batch has no statement for store `" + branch.store + "`: leave the store out";
    }
  }
  if (request.timeout && *request.timeout <= Duration::zero()) {
    return "the timeout is not longer than nothing: leave it out for the coordinator's own";
  }
  return check_stores(request.branches, settings);
}

std::optional<std::string> check_request(const CommitRequested& request, const Settings& settings) {
  for (const auto& branch : request.branches) {
    if (branch.branch == kNoBranch) {
      return "the commit names no branch number for store `" + branch.store + "`: abort instead";
    }
  }
  return check_stores(request.branches, settings);
}

CallRefused overloaded(CallId call, const std::string& what) {
  return {call, RefusalKind::kOverloaded, what + ": try again later"};
}

CallRefused about_to_stop(CallId call) {
  return {call, RefusalKind::kUnavailable, "the coordinator is about to stop and begins nothing new: try again later"};
}

}  // namespace

void Coordinator::handle(const LeaseRequested& event, Turn& turn) {
  if (draining_) {
    turn.effects.emplace_back(about_to_stop(event.call));
    return;
  }
  if (event.count == 0) {
    turn.effects.emplace_back(CallRefused{event.call, RefusalKind::kInvalidArgument, "ask for at least one id"});
    return;
  }
  if (!is_proven_) return hold(event, turn);
  const auto block = leases_.grant(event.count, turn.now);
  if (!block) {
    turn.effects.emplace_back(overloaded(
        event.call, "there are " + std::to_string(settings_.leases) + " live leases, the most there may be"));
    return;
  }
  const auto stamp = std::chrono::duration_cast<std::chrono::microseconds>(turn.now.time_since_epoch()).count();
  turn.effects.emplace_back(LeaseGranted{event.call,
                                         {lineage_.log(), lineage_.epoch(), block->first},
                                         block->count,
                                         static_cast<std::uint64_t>(stamp),
                                         settings_.lease_use,
                                         settings_.transaction_timeout});
}

void Coordinator::handle(const SubmitRequested& event, Turn& turn) {
  if (may_lack(event.id, turn.now)) return hold(event, turn);
  if (answer_unless_it_can_begin(event.id, {event.call, event.return_when}, turn)) return;
  if (draining_) {
    turn.effects.emplace_back(about_to_stop(event.call));
    return;
  }
  begin(event, turn);
}

// Also during a drain: what was executed before may still commit, as long as others keep the coordinator running.
void Coordinator::handle(const CommitRequested& event, Turn& turn) {
  if (may_lack(event.id, turn.now)) return hold(event, turn);
  if (answer_unless_it_can_begin(event.id, {event.call, event.return_when}, turn)) return;
  begin(event, turn);
}

template <typename Request>
void Coordinator::begin(const Request& request, Turn& turn) {
  if (auto wrong = check_request(request, settings_)) {
    turn.effects.emplace_back(CallRefused{request.call, RefusalKind::kInvalidArgument, std::move(*wrong)});
    return;
  }
  if (undecided_ >= settings_.transactions) {
    turn.effects.emplace_back(overloaded(request.call, "there are " + std::to_string(settings_.transactions) +
                                                           " undecided transactions, the most there may be"));
    return;
  }
  if (const auto cause = unavailable(request.branches, turn.now)) {
    abort_unbegun(request.id, *cause, turn);
    if constexpr (std::is_same_v<Request, CommitRequested>) send_aborts(request.id, request.branches, turn);
    turn.effects.emplace_back(OutcomeAnswered{request.call, request.id, OutcomeKind::kAborted, *cause, {}});
    return;
  }
  leases_.use(request.id.number, turn.now);  // K2
  const auto entry = add(CommitProtocol::begin(request, turn), turn);
  entry->second.waiters.push_back({request.call, request.return_when});
  follow(entry, turn);
}

template <typename Branches>
std::optional<AbortCause> Coordinator::unavailable(const Branches& branches, Time now) const {
  for (const auto& branch : branches) {
    const auto* const store = stores_.find(branch.store);
    if (store == nullptr) {
      return AbortCause{AbortReason::kUnknownStore, branch.store,
                        "no store of this name has registered: start its participant"};
    }
    if (!stores_.address(branch.store)) {
      const std::string refused = stores_.refused().reason(branch.store, now);
      return AbortCause{AbortReason::kStoreUnavailable, branch.store,
                        refused.empty() ? "the store has not registered since the coordinator started" : refused};
    }
    if (store->owed - store->owed_before >= settings_.owed_commits || store->owed >= most_owed_in_all(settings_)) {
      return AbortCause{AbortReason::kOverloaded, branch.store,
                        "the store owes " + std::to_string(store->owed) +
                            " acknowledgements, and may owe no more: nothing new begins there until it answers"};
    }
  }
  return std::nullopt;
}

void Coordinator::handle(const AbortRequested& event, Turn& turn) {
  if (auto wrong = check_stores(event.branches, settings_)) {
    turn.effects.emplace_back(CallRefused{event.call, RefusalKind::kInvalidArgument, std::move(*wrong)});
    return;
  }
  if (may_lack(event.id, turn.now)) return hold(event, turn);
  const bool can_begin = standing(event.id, turn.now) == Standing::kCanBegin;
  if (can_begin) abort_unbegun(event.id, event.cause, turn);
  if (const auto entry = transactions_.find(event.id); entry != transactions_.end()) {
    // While it prepares it aborts, and the caller hears of that among all who wait; later it is too late.
    answer_unless_it_can_begin(event.id, {event.call, ReturnWhen::kDecided}, turn);
    entry->second.protocol.abort(event.cause, turn);
    follow(entry, turn);
    return;
  }
  if (!answer_if_never_issued(event.id, event.call, turn)) {
    auto outcome = known_outcome(event.call, event.id);
    if (outcome.kind == OutcomeKind::kAborted) send_aborts(event.id, event.branches, turn);
    if (can_begin) outcome.cause = event.cause;
    turn.effects.emplace_back(std::move(outcome));
  }
}

void Coordinator::handle(const OutcomeRequested& event, Turn& turn) {
  if (may_lack(event.id, turn.now)) return hold(event, turn);
  const auto entry = transactions_.find(event.id);
  if (entry != transactions_.end() && entry->second.protocol.is_undecided()) {
    turn.effects.emplace_back(OutcomeAnswered{event.call, event.id, OutcomeKind::kInProgress, {}, {}});
    return;
  }
  if (standing(event.id, turn.now) == Standing::kCanBegin) abort_unbegun(event.id, presumed(), turn);
  answer_unless_it_can_begin(event.id, {event.call, ReturnWhen::kDecided}, turn);
}

bool Coordinator::answer_if_never_issued(const TransactionId& id, CallId call, Turn& turn) const {
  if (standing(id, turn.now) != Standing::kNeverIssued) return false;
  // The call is right, and reaches the wrong process: nothing that is final may be said of it.
  if (id.log == lineage_.log() && id.epoch > lineage_.epoch()) {
    turn.effects.emplace_back(
        CallRefused{call, RefusalKind::kUnavailable,
                    "transaction " + to_string(id) + " was leased at a later start than this one, " +
                        to_string(lineage_.epoch()) + ": another coordinator has taken its place: try again"});
    return true;
  }
  turn.effects.emplace_back(CallRefused{call, RefusalKind::kInvalidArgument,
                                        "transaction " + to_string(id) + " was never leased from decision log " +
                                            to_string(lineage_.log()) + ": ask the coordinator that it comes from"});
  return true;
}

bool Coordinator::answer_unless_it_can_begin(const TransactionId& id, const Waiter& waiter, Turn& turn) {
  if (standing(id, turn.now) == Standing::kCanBegin) return false;
  if (answer_if_never_issued(id, waiter.call, turn)) return true;
  const auto entry = transactions_.find(id);
  const bool must_wait =
      entry != transactions_.end() &&
      (entry->second.protocol.is_undecided() ||
       (entry->second.protocol.state() == State::kCommitting && waiter.return_when == ReturnWhen::kApplied));
  if (must_wait) {
    entry->second.waiters.push_back(waiter);
  } else {
    turn.effects.emplace_back(known_outcome(waiter.call, id));
  }
  return true;
}

OutcomeAnswered Coordinator::known_outcome(CallId call, const TransactionId& id) const {
  const auto entry = transactions_.find(id);
  invariant(entry == transactions_.end() || !entry->second.protocol.is_undecided(), "K4: an undecided outcome is told");
  if (durable_commit(id) != nullptr || outcomes_.has_ended(id)) return {call, id, OutcomeKind::kCommitted, {}, {}};
  if (outcomes_.may_be_forgotten(id)) return {call, id, OutcomeKind::kForgotten, {}, {}};
  return {call, id, OutcomeKind::kAborted, presumed(), {}};  // K4
}

AbortCause Coordinator::presumed() {
  return {AbortReason::kPresumed, {}, "no commit is on record"};
}

void Coordinator::abort_unbegun(const TransactionId& id, const AbortCause& cause, Turn& turn) {
  leases_.use(id.number, turn.now);  // K2
  ++counters_.aborted;
  ++counters_.aborted_by_reason[cause.reason];
  turn.effects.emplace_back(Transition{id, to_string(State::kActive), to_string(State::kAborted), cause});
}

void Coordinator::send_aborts(const TransactionId& id, const std::vector<TouchedBranch>& branches, Turn& turn) {
  for (const auto& branch : branches) {
    if (stores_.address(branch.store)) {
      send_abort(branch.store, id, branch.branch, turn);
    } else if (stores_.find(branch.store) != nullptr) {
      auto& kept = kept_aborts_[branch.store];
      if (kept.size() < settings_.owed_commits) kept.emplace_back(id, branch.branch);
    }
  }
}

void Coordinator::send_abort(const std::string& store, const TransactionId& id, const BranchNumber& branch,
                             Turn& turn) const {
  turn.effects.emplace_back(SendDecision{store, stores_.opening(store), id, branch, Decision::kAbort, {}});
}

void Coordinator::send_kept_aborts(const std::string& store, Turn& turn) {
  const auto kept = kept_aborts_.extract(store);
  if (!kept) return;
  for (const auto& [id, branch] : kept.mapped()) send_abort(store, id, branch, turn);
}

}  // namespace assent::coordinator
