// What stores, clients and operators may look at: nothing here changes anything.
#include <algorithm>
#include <utility>

#include "coordinator/core/coordinator.h"

namespace assent::coordinator {

CoordinatorView Coordinator::line_view() const {
  return {line(), address_, {}};
}

CoordinatorView Coordinator::view() const {
  return view_with(settings_.released_exceptions);
}

// Room for all that one store may owe, or several of this start. What finds none is released later.
CoordinatorView Coordinator::full_view() const {
  return view_with(most_owed_in_all(settings_));
}

CoordinatorView Coordinator::view_with(std::size_t exceptions) const {
  return {line(), address_, release_.view(log_.durable(), exceptions)};
}

CoordinatorLine Coordinator::line() const {
  return {lineage_.log(), lineage_.epoch(), lineage_.nonce(), log_.durable()};
}

std::optional<std::string> Coordinator::store_address(const std::string& store) const {
  return stores_.address(store);
}

std::optional<StoreRecord> Coordinator::store(const std::string& name) const {
  const auto* const entry = stores_.find(name);
  if (entry == nullptr) return std::nullopt;
  return entry->record;
}

TransactionSummary Coordinator::summary(const Transaction& transaction, Time now) {
  const CommitProtocol& protocol = transaction.protocol;
  TransactionSummary summary{protocol.id(), to_string(protocol.state()), now - transaction.began, {}, protocol.note()};
  for (const auto& branch : protocol.branches()) {
    summary.branches.push_back({branch.store, branch.number, to_string(branch.state)});
  }
  return summary;
}

std::vector<TransactionSummary> Coordinator::transactions(std::size_t limit, Time now) const {
  std::vector<TransactionSummary> summaries;
  for (const auto& [id, transaction] : transactions_) {
    if (summaries.size() == limit) break;
    summaries.push_back(summary(transaction, now));
  }
  return summaries;
}

std::optional<TransactionSummary> Coordinator::transaction(const TransactionId& id, Time now) const {
  if (const auto entry = transactions_.find(id); entry != transactions_.end()) return summary(entry->second, now);
  if (!outcomes_.has_ended(id)) return std::nullopt;
  TransactionSummary summary{id, to_string(State::kEnded), outcomes_.age(id, now), {}, {}};
  for (const auto& store : outcomes_.contradicting(id)) {
    summary.note +=
        (summary.note.empty() ? "heuristic-mixed: committed, but aborted by an operator of `" : ", `") + store + "`";
  }
  return summary;
}

std::vector<StoreSummary> Coordinator::stores(Time now) const {
  std::vector<StoreSummary> summaries;
  for (const auto& [name, entry] : stores_.entries()) {
    StoreSummary summary{entry.record, {}, std::nullopt, entry.owed, {}};
    if (entry.in_force) {
      summary.opening = entry.in_force->opening;
      summary.last_seen = now - entry.in_force->last_seen;
    }
    summaries.push_back(std::move(summary));
  }
  for (const auto& each : stores_.refused().listed(now)) {
    summaries.push_back(
        {{each.store, each.identity, each.address, {}}, each.opening, now - each.last_seen, 0, each.reason});
  }
  std::stable_sort(summaries.begin(), summaries.end(),
                   [](const auto& one, const auto& other) { return one.record.store < other.record.store; });
  return summaries;
}

std::size_t Coordinator::active() const {
  return undecided_;
}

std::size_t Coordinator::committing() const {
  return committing_;
}

std::size_t Coordinator::unended_records() const {
  return release_.unended();
}

}  // namespace assent::coordinator
