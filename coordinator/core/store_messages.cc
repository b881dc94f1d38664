// What stores tell the coordinator and ask of it: registrations, votes, acknowledgements, inquiries and wounds.
#include <algorithm>
#include <tuple>
#include <utility>

#include "coordinator/core/coordinator.h"

namespace assent::coordinator {

namespace {

// The commit record names this very branch of the store.
bool lists(const CommitRecord& record, const std::string& store, const BranchNumber& branch) {
  return std::any_of(record.branches.begin(), record.branches.end(),
                     [&](const auto& each) { return each.store == store && each.branch == branch; });
}

std::string branch_text(const std::string& store, const TransactionId& id, const BranchNumber& branch) {
  return "branch " + to_string(branch) + " of transaction " + to_string(id) + " at store `" + store + "`";
}

}  // namespace

// ---- registrations ----

void Coordinator::handle(const StoreRegistered& event, Turn& turn) {
  // Nothing is sent to an opening that is refused: what it has seen does not matter here, nor whether it is true.
  if (const auto refusal = stores_.refuse(event, turn.now)) {
    if (!refusal->alarm.empty()) alarm(refusal->alarm, turn);
    turn.effects.emplace_back(RegistrationAnswered{event.call, event.store, refusal->reason});
    return;
  }
  if (const auto conflict = lineage_.conflict(event.seen, log_.durable())) {
    halt("store `" + event.store + "` contradicts this decision log: " + *conflict +
             "; the log is an old copy, or another coordinator has taken its place: bring back the newest log, or "
             "restore it from the stores (assentctl log restore)",
         turn);
    return;
  }
  if (auto reason = not_yet(event); !reason.empty()) {
    turn.effects.emplace_back(RegistrationAnswered{event.call, event.store, std::move(reason)});
    return;
  }
  const auto acceptance = stores_.accept(event, turn.now);
  if (acceptance.must_record) {
    stores_.recorded_at(event.store, log_.append(stores_.find(event.store)->record, turn.now, turn.effects));
    log_.force(turn.effects);
  }
  if (stores_.find(event.store)->recorded <= log_.durable()) {
    turn.effects.emplace_back(RegistrationAnswered{event.call, event.store, {}});
  } else {
    await_record(event, acceptance.must_record, turn);
  }
  send_kept_aborts(event.store, turn);
  if (acceptance.must_resend) {
    for (const auto& [id, transaction] : transactions_) transaction.protocol.resend_to(event.store, turn);
  }
  if (!is_proven_ && proves(event)) prove(turn);
}

// A store registers again and again while the disk is full: one call of it waits, whose caller is there still.
void Coordinator::await_record(const StoreRegistered& event, bool is_new_record, Turn& turn) {
  if (is_new_record) awaited_.emplace(stores_.find(event.store)->recorded, RegistrationAwaited{event.store});
  const auto [waiting, is_first] = registering_.try_emplace(event.store, event.call);
  if (is_first) return;
  turn.effects.emplace_back(
      RegistrationAnswered{std::exchange(waiting->second, event.call), event.store,
                           "this registration of store `" + event.store + "` has been followed by another one"});
}

void Coordinator::became_durable(const RegistrationAwaited& awaited, Turn& turn) {
  if (stores_.find(awaited.store)->recorded > log_.durable()) return;  // it has moved since
  if (const auto waiting = registering_.extract(awaited.store)) {
    turn.effects.emplace_back(RegistrationAnswered{waiting.mapped(), awaited.store, {}});
  }
}

// ---- votes ----

void Coordinator::handle(const VoteReceived& event, Turn& turn) {
  const auto entry = transactions_.find(event.id);
  if (entry == transactions_.end()) {
    end_stray_branch(event, turn);
    return;
  }
  CommitProtocol& protocol = entry->second.protocol;
  const State before = protocol.state();
  if (!protocol.vote(event, turn)) {
    end_stray_branch(event, turn);
  } else if (before == State::kCommitting) {
    protocol.resend_to(event.store, turn);  // it votes again: the decision did not reach it
  }
  follow(entry, turn);
}

void Coordinator::end_stray_branch(const VoteReceived& event, Turn& turn) {
  const bool holds_locks = event.vote == Vote::kYes || event.vote == Vote::kExecuted;
  if (!holds_locks || event.branch == kNoBranch || !stores_.address(event.store)) return;
  // It may be the branch that has committed, and a stray copy that voted yes asks by itself. One that has only executed
  // does not, and is in no record (I6).
  if (event.vote == Vote::kYes && may_have_ended(event.id)) return;
  switch (standing(event.id, turn.now)) {
    case Standing::kNeverIssued: return;
    case Standing::kCanBegin: abort_unbegun(event.id, presumed(), turn); break;
    case Standing::kCannotBegin: break;
  }
  send_abort(event.store, event.id, event.branch, turn);
}

void Coordinator::handle(const AlreadyCommitted& event, Turn& turn) {
  const CommitRecord* const record = durable_commit(event.id);
  if (record != nullptr && lists(*record, event.store, event.branch)) return;
  if (may_have_ended(event.id)) return;  // of which branches is not known any more
  alarm(branch_text(event.store, event.id, event.branch) + " has committed, and no such commit is on record", turn);
}

void Coordinator::handle(const VoteLost& event, Turn& turn) {
  const auto entry = transactions_.find(event.id);
  if (entry == transactions_.end()) return;
  entry->second.protocol.vote_lost(event, turn);
  follow(entry, turn);
}

void Coordinator::handle(const WoundRequested& event, Turn& turn) {
  const auto entry = transactions_.find(event.id);
  if (entry == transactions_.end() || !stores_.is_accepted(event.store, event.opening)) return;
  entry->second.protocol.abort({AbortReason::kWounded, event.store, "an older transaction needs its locks"}, turn);
  follow(entry, turn);
}

// ---- acknowledgements ----

void Coordinator::handle(const Acknowledged& event, Turn& turn) {
  stores_.acknowledged(event.store, event.position);
  const auto branch = [&event] { return branch_text(event.store, event.id, event.branch); };
  const std::string decision(to_string(event.decision));
  if (event.kind == AcknowledgementKind::kRefused) {
    alarm(branch() + " refuses to " + decision + ": " + event.detail, turn);
  }
  if (event.kind == AcknowledgementKind::kContradicts) {
    alarm(branch() + " is heuristic-mixed, an operator has contradicted the " + decision + ": " + event.detail, turn);
  }
  const auto entry = transactions_.find(event.id);
  if (event.decision == Decision::kAbort || entry == transactions_.end()) return;
  CommitProtocol& protocol = entry->second.protocol;
  if (protocol.is_undecided()) {
    alarm(branch() + " acknowledges a commit that is not decided", turn);
    return;
  }
  if (protocol.acknowledged(event, turn)) stores_.repay(event.store, decided_by(event.id));
  follow(entry, turn);
}

// ---- inquiries ----

void Coordinator::handle(const Inquired& event, Turn& turn) {
  InquiryAnswered answer{event.call, event.id, event.branch, InquiryResult::kNotMine, {}};
  // Whoever comes from another line of starts has seen decisions that this log may not know: it proves nothing.
  if (!lineage_.conflict(event.seen, log_.durable())) std::tie(answer.result, answer.commit) = inquire(event, turn);
  turn.effects.emplace_back(answer);
}

std::pair<InquiryResult, Position> Coordinator::inquire(const Inquired& event, Turn& turn) {
  const Standing standing = this->standing(event.id, turn.now);
  if (standing == Standing::kNeverIssued) return {InquiryResult::kNotMine, {}};
  // A copy of the store's file may be in doubt about what the store itself has done and forgotten long since: an answer
  // would make it throw the branch away, or apply it, and look whole.
  if (!stores_.is_accepted(event.store, event.opening)) return {InquiryResult::kNotAccepted, {}};
  if (const CommitRecord* const record = durable_commit(event.id)) {
    if (lists(*record, event.store, event.branch)) return {InquiryResult::kCommit, record->commit};
    return {InquiryResult::kAbort, {}};
  }
  if (transactions_.contains(event.id)) return {InquiryResult::kUndecided, {}};
  if (may_have_ended(event.id)) return {InquiryResult::kEnded, {}};
  if (standing == Standing::kCanBegin) abort_unbegun(event.id, presumed(), turn);
  return {InquiryResult::kAbort, {}};  // K4
}

// ---- fencing ----

void Coordinator::handle(const Fenced& event, Turn& turn) {
  halt("store `" + event.store + "` has fenced this coordinator off: " + event.detail +
           "; another coordinator has taken its place",
       turn);
}

}  // namespace assent::coordinator
