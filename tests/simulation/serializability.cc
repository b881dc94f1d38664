#include <algorithm>
#include <cstdint>
#include <functional>

#include "tests/simulation/checker.h"
#include "tests/simulation/describe.h"

namespace assent::simulation {

// Adya: Weak Consistency, 1999: serializable if the graph of who must come before whom has no cycle.
void Checker::check_serializable() const {
  std::map<TransactionId, std::size_t> numbers;
  for (const auto& [id, txn] : txns_) numbers.emplace(id, numbers.size());
  std::vector<std::vector<bool>> later(numbers.size(), std::vector<bool>(numbers.size()));
  const auto comes_before = [&](const TransactionId& one, const TransactionId& other) {
    later[numbers.at(one)][numbers.at(other)] = true;
  };
  // Whoever resolves by hand lets others in before the rest of the transaction.
  const auto is_counted = [](const Txn& txn) {
    return txn.guessed.empty() && (txn.writes.empty() ? txn.committed.has_value() : txn.record.has_value());
  };
  for (const auto& [key, writers] : writers_) {
    for (std::size_t i = 1; i < writers.size(); ++i) {
      if (writers[i - 1] != writers[i]) comes_before(writers[i - 1], writers[i]);
    }
  }
  // Who has read all sees what was inserted before, and nothing else.
  const auto reads_all = [&](const TransactionId& id, const Txn& txn, const std::string& store,
                             const std::set<AccountId>& markers) {
    std::size_t seen = 0;
    for (const auto& [other, writer] : txns_) {
      if (writer.marker == 0 || !writer.applied.contains(store)) continue;
      const bool is_seen = markers.contains(writer.marker);
      if (is_seen) ++seen;
      if (is_seen) comes_before(other, id);
      if (!is_seen && txn.level == IsolationLevel::kSerializable) comes_before(id, other);
    }
    require(seen == markers.size(), "R6", id, "read an account that was never committed at " + store);
  };
  for (const auto& [id, txn] : txns_) {
    if (!is_counted(txn)) continue;
    auto reads = txn.reads;
    for (const auto& [store, list, items] : txn.reads_of_lists) {
      if (lost_.contains(store) && !txn.applied.contains(store)) continue;
      reads.emplace(store, list, version_of(id, store, list, items));
    }
    for (const auto& [store, account, version] : reads) {
      if (lost_.contains(store) && !txn.applied.contains(store)) continue;  // nor is what it has read of its own
      const auto& writers = this->writers(store, account);
      require(version <= writers.size(), "R6", id, "read what was never committed at " + store);
      if (version > 0 && writers[version - 1] != id) comes_before(writers[version - 1], id);
      if (txn.level == IsolationLevel::kReadCommitted) continue;  // what it read may have changed since
      if (version < writers.size() && writers[version] != id) comes_before(id, writers[version]);
    }
    for (const auto& [store, markers] : txn.reads_of_all) {
      if (!lost_.contains(store)) reads_all(id, txn, store, markers);
    }
    if (!txn.committed) continue;
    for (const auto& [other, after] : txns_) {
      if (after.begun > txn.committed && is_counted(after)) comes_before(id, other);
    }
  }
  std::vector<TransactionId> ids;
  for (const auto& [id, txn] : txns_) {
    ids.push_back(id);
    if (!txn.guessed.empty()) later[numbers.at(id)].assign(numbers.size(), false);
  }
  enum class Visit : std::uint8_t { kNone, kOnThePath, kDone };
  std::vector<std::size_t> path;
  std::vector<Visit> visits(ids.size());
  const std::function<void(std::size_t)> visit = [&](std::size_t number) {
    if (visits[number] == Visit::kOnThePath) {
      std::string cycle;
      for (auto at = std::find(path.begin(), path.end(), number); at != path.end(); ++at) {
        cycle += describe(ids[*at]) + " before ";
      }
      require(false, "R6", ids[number], "not serializable: " + cycle + "itself");
    }
    if (visits[number] == Visit::kDone) return;
    visits[number] = Visit::kOnThePath;
    path.push_back(number);
    for (std::size_t next = 0; next < ids.size(); ++next) {
      if (later[number][next]) visit(next);
    }
    path.pop_back();
    visits[number] = Visit::kDone;
  };
  for (std::size_t number = 0; number < ids.size(); ++number) visit(number);
}

}  // namespace assent::simulation
