#include "coordinator/core/coordinator.h"

#include <algorithm>
#include <utility>

#include "coordinator/core/invariant.h"

namespace assent::coordinator {

namespace {

std::vector<std::string> contradicting(const std::vector<CommitProtocol::Branch>& branches) {
  std::vector<std::string> stores;
  for (const auto& branch : branches) {
    if (branch.contradicts) stores.push_back(branch.store);
  }
  return stores;
}

}  // namespace

Coordinator::Coordinator(Settings settings, const LogState& recovered, std::string address, Time now)
    : settings_(settings),
      address_(std::move(address)),
      lineage_(recovered.log, recovered.starts),
      log_(recovered.last, settings_.idle_force),
      leases_(settings_.lease_use, settings_.transaction_timeout, settings_.lease_ids, settings_.leases),
      stores_(recovered.stores, settings_),
      outcomes_(settings_.retention, settings_.idle_force, recovered, now),
      held_(settings_.proof_wait, settings_.transactions),
      is_proven_(lineage_.is_first()) {
  for (const auto& [position, commit] : recovered.commits) {
    release_.commit_recorded(position);
    for (const auto& branch : commit.branches) stores_.owe(branch.store, StoreRegistry::DecidedBy::kEarlierStart);
    const auto entry = transactions_.emplace(
        commit.id, Transaction{CommitProtocol::recover(commit, settings_, now), now, State::kCommitting, {}, {}});
    ++committing_;
    schedule(entry.first);
  }
}

void Coordinator::start(Time now, Effects& effects) {
  step(TimePassed{}, now, effects);
}

void Coordinator::step(const Event& event, Time now, Effects& effects) {
  if (halted_) return;  // K5
  Turn turn{now, settings_, stores_, log_, effects};
  pass_time(turn);  // K3
  std::visit([&](const auto& each) { handle(each, turn); }, event);
}

// ---- time ----

void Coordinator::pass_time(Turn& turn) {
  leases_.expire(turn.now);
  while (!deadlines_.empty() && deadlines_.begin()->first <= turn.now) {
    const auto entry = transactions_.find(deadlines_.begin()->second);
    entry->second.protocol.deadline_passed(turn);
    follow(entry, turn);
  }
  for (const ClientCall& call : held_.take_due(turn.now)) answer_unproven(call, turn);
  if (const auto due = outcomes_.next_deadline(); due && *due <= turn.now) {
    if (auto record = outcomes_.forget(turn.now)) {
      log_.append(*record, turn.now, turn.effects);
    }
  }
  if (const auto due = log_.force_due(); due && *due <= turn.now) log_.force(turn.effects);
}

void Coordinator::handle(const TimePassed& /*event*/, Turn& /*turn*/) {}  // pass_time() has done it

std::optional<Time> Coordinator::next_deadline() const {
  std::optional<Time> next;
  const auto consider = [&next](std::optional<Time> due) {
    if (due && (!next || *due < *next)) next = due;
  };
  if (halted_) return next;
  if (!deadlines_.empty()) consider(deadlines_.begin()->first);
  consider(leases_.next_end());
  consider(held_.next_deadline());
  consider(outcomes_.next_deadline());
  consider(log_.force_due());
  return next;
}

void Coordinator::handle(const LogSpaceChanged& event, Turn& /*turn*/) {
  log_.set_out_of_space(event.out_of_space);
}

void Coordinator::handle(const DrainRequested& /*event*/, Turn& turn) {
  draining_ = true;
  for (const ClientCall& call : held_.take_all()) answer_unproven(call, turn);
}

// ---- durability ----

void Coordinator::handle(const DurableThrough& event, Turn& turn) {
  log_.durable_through(event.position);
  while (!awaited_.empty() && awaited_.begin()->first <= log_.durable()) {
    const Awaited awaited = awaited_.extract(awaited_.begin()).mapped();
    std::visit([&](const auto& each) { became_durable(each, turn); }, awaited);
  }
}

void Coordinator::became_durable(const CommitAwaited& awaited, Turn& turn) {
  const auto entry = transactions_.find(awaited.id);
  entry->second.protocol.record_durable(turn);
  follow(entry, turn);
}

void Coordinator::became_durable(const EndAwaited& awaited, Turn& turn) {
  const auto entry = transactions_.find(awaited.id);
  const CommitProtocol& protocol = entry->second.protocol;
  release_.end_durable(protocol.record()->commit);
  outcomes_.retain(awaited.id, contradicting(protocol.branches()), turn.now);
  transactions_.erase(entry);
}

// ---- the table ----

Standing Coordinator::standing(const TransactionId& id, Time now) const {
  if (!lineage_.owns(id)) return Standing::kNeverIssued;
  if (id.epoch != lineage_.epoch()) return Standing::kCannotBegin;
  return leases_.standing(id.number, now);
}

const CommitRecord* Coordinator::durable_commit(const TransactionId& id) const {
  const auto entry = transactions_.find(id);
  if (entry == transactions_.end()) return nullptr;
  const CommitProtocol& protocol = entry->second.protocol;
  return protocol.is_undecided() ? nullptr : &*protocol.record();
}

bool Coordinator::may_have_ended(const TransactionId& id) const {
  return outcomes_.has_ended(id) || outcomes_.may_be_forgotten(id);
}

StoreRegistry::DecidedBy Coordinator::decided_by(const TransactionId& id) const {
  return id.epoch == lineage_.epoch() ? StoreRegistry::DecidedBy::kThisStart : StoreRegistry::DecidedBy::kEarlierStart;
}

Coordinator::Table::iterator Coordinator::add(CommitProtocol protocol, Turn& turn) {
  const TransactionId id = protocol.id();
  const auto [entry, is_new] =
      transactions_.emplace(id, Transaction{std::move(protocol), turn.now, State::kActive, {}, {}});
  invariant(is_new, "K2: a transaction begins twice");
  ++undecided_;
  return entry;
}

void Coordinator::follow(Table::iterator entry, Turn& turn) {
  Transaction& transaction = entry->second;
  const CommitProtocol& protocol = transaction.protocol;
  schedule(entry);
  if (std::exchange(transaction.followed, protocol.state()) == protocol.state()) return;
  switch (protocol.state()) {
    case State::kActive:
    case State::kPreparing: return;
    case State::kRecordingCommit:
      release_.commit_recorded(protocol.record()->commit);
      awaited_.emplace(protocol.record()->commit, CommitAwaited{protocol.id()});
      return;
    case State::kCommitting:
      --undecided_;
      ++committing_;
      ++counters_.committed;
      for (const auto& branch : protocol.record()->branches) {
        stores_.owe(branch.store, StoreRegistry::DecidedBy::kThisStart);
      }
      answer_waiters(transaction, /*applied=*/false, turn);
      return;
    case State::kEnded:
      answer_waiters(transaction, /*applied=*/true, turn);
      if (protocol.record()) {
        --committing_;
        outcomes_.ends(protocol.id());
        awaited_.emplace(protocol.end(), EndAwaited{protocol.id()});
      } else {
        --undecided_;
        ++counters_.committed;
        transactions_.erase(entry);
      }
      return;
    case State::kAborted:
      --undecided_;
      ++counters_.aborted;
      ++counters_.aborted_by_reason[protocol.cause().reason];
      for (const Waiter& waiter : transaction.waiters) {
        turn.effects.emplace_back(
            OutcomeAnswered{waiter.call, protocol.id(), OutcomeKind::kAborted, protocol.cause(), {}});
      }
      transactions_.erase(entry);
      return;
  }
}

void Coordinator::schedule(Table::iterator entry) {
  Transaction& transaction = entry->second;
  const auto deadline = transaction.protocol.deadline();
  if (deadline == transaction.scheduled) return;
  if (transaction.scheduled) deadlines_.erase({*transaction.scheduled, entry->first});
  if (deadline) deadlines_.emplace(*deadline, entry->first);
  transaction.scheduled = deadline;
}

void Coordinator::answer_waiters(Transaction& transaction, bool applied, Turn& turn) {
  CommitProtocol& protocol = transaction.protocol;
  auto& waiters = transaction.waiters;
  const auto is_answered = [&](const Waiter& waiter) { return applied || waiter.return_when == ReturnWhen::kDecided; };
  for (const Waiter& waiter : waiters) {
    if (!is_answered(waiter)) continue;
    turn.effects.emplace_back(
        OutcomeAnswered{waiter.call, protocol.id(), OutcomeKind::kCommitted, {}, protocol.results()});
  }
  std::erase_if(waiters, is_answered);
  if (waiters.empty()) protocol.drop_results();
}

// ---- to people ----

void Coordinator::halt(std::string reason, Turn& turn) {
  halted_ = true;
  turn.effects.emplace_back(Halt{std::move(reason)});
}

void Coordinator::alarm(std::string text, Turn& turn) {
  ++counters_.alarms;
  turn.effects.emplace_back(Alarm{std::move(text)});
}

}  // namespace assent::coordinator
