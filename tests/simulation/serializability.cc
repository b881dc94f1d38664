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
  // The nearest one that counts: version `number` or an earlier one; that or a later one.
  using Versions = std::vector<Version>;
  const auto is_regular = [&](const Version& version) { return txns_.at(version.writer).guessed.empty(); };
  const auto writer_until = [&](const Versions& versions, std::size_t number) {
    while (number > 0 && !is_regular(versions[number - 1])) --number;
    return number == 0 ? nullptr : &versions[number - 1].writer;
  };
  const auto writer_from = [&](const Versions& versions, std::size_t number) {
    while (number <= versions.size() && !is_regular(versions[number - 1])) ++number;
    return number > versions.size() ? nullptr : &versions[number - 1].writer;
  };
  for (const auto& [key, versions] : versions_) {
    for (std::size_t number = 2; number <= versions.size(); ++number) {
      const auto* one = writer_until(versions, number - 1);
      const auto& other = versions[number - 1].writer;
      if (one != nullptr && *one != other) comes_before(*one, other);
    }
  }
  // What it read may have changed since; but it was no older than what was there when it began.
  const auto is_read_committed = [](const Txn& txn) { return txn.level == IsolationLevel::kReadCommitted; };
  const auto is_stale = [](const Txn& txn, const Version& missed) { return missed.applied < txn.begun; };
  const auto reads = [&](const TransactionId& id, const Txn& txn, const std::string& store, AccountId account,
                         std::size_t number) {
    const auto& versions = this->versions(store, account);
    require(number <= versions.size(), "R6", id, "read what was never committed at " + store);
    const auto* before = writer_until(versions, number);
    const auto* after = writer_from(versions, number + 1);
    if (before != nullptr && *before != id) comes_before(*before, id);
    if (!is_read_committed(txn)) {
      if (after != nullptr && *after != id) comes_before(id, *after);
    } else if (number < versions.size()) {
      require(!is_stale(txn, versions[number]), "R6", id, "read at " + store + " what had long changed");
    }
  };
  // Who has read all sees what was inserted before, and nothing else.
  const auto reads_all = [&](const TransactionId& id, const Txn& txn, const std::string& store,
                             const std::set<AccountId>& markers) {
    for (const auto& [other, writer] : txns_) {
      if (writer.marker == 0 || !writer.applied.contains(store)) continue;
      if (markers.contains(writer.marker)) {
        comes_before(other, id);
      } else if (!is_read_committed(txn)) {
        comes_before(id, other);
      }
    }
  };
  for (const auto& [id, txn] : txns_) {
    if (!is_counted(txn)) continue;
    const auto is_gone = [&, &txn = txn](const std::string& store) {  // and what it had read of its own there
      return lost_.contains(store) && !txn.applied.contains(store);
    };
    for (const auto& [store, list, items] : txn.reads_of_lists) {
      if (!is_gone(store)) reads(id, txn, store, list, version_of(id, store, list, items));
    }
    for (const auto& [store, account, version] : txn.reads) {
      if (!is_gone(store)) reads(id, txn, store, account, version);
    }
    for (const auto& [store, account, version] : txn.reads_of_own) {
      const auto& versions = this->versions(store, account);
      const bool is_own = is_gone(store) || (version <= versions.size() && versions[version - 1].writer == id);
      require(is_own, "R6", id, "did not read what it wrote itself at " + store);
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
