// What operators see of a branch table.
#include <algorithm>

#include "participant/core/branch_table.h"

namespace assent::participant {

CoordinatorLine BranchTable::seen(LogIdentity log) const {
  return coordinators_.line(log);
}

std::vector<CoordinatorLine> BranchTable::seen() const {
  return coordinators_.lines();
}

const Counters& BranchTable::counters() const {
  return counters_;
}

Totals BranchTable::totals(Time now) const {
  Totals totals{.locks = locks_.held_count(), .waiting = locks_.waiting_count()};
  for (const auto& [id, branch] : branches_) {
    if (is_active(branch.state())) {
      ++totals.active;
    } else if (is_kept_in_doubt(branch.state())) {
      ++totals.prepared;
      if (branch.state() == BranchState::kPrepared) {
        totals.oldest_doubt = std::max(totals.oldest_doubt, now - branch.in_doubt_since);
      }
    } else if (branch.state() == BranchState::kCommitted) {
      ++totals.committed;
    } else {
      ++totals.operator_resolved;
    }
  }
  return totals;
}

BranchSummary BranchTable::summary(const Branch& branch, Time now) const {
  BranchSummary summary{.id = branch.id,
                        .branch = branch.number,
                        .state = to_detailed_string(branch.state()),
                        .age = now - branch.since,
                        .stores = branch.stores,
                        .coordinator = branch.id.log,
                        .coordinator_address = address_of_coordinator(branch),
                        .inquiries = branch.inquiries.attempts,
                        .changes = branch.changed_rows,
                        .blocks = {}};
  for (const Priority& waiting : locks_.waiting_behind(branch.priority)) summary.blocks.push_back(waiting.id);
  return summary;
}

std::vector<BranchSummary> BranchTable::branches(std::size_t limit, Time now) const {
  std::vector<BranchSummary> summaries;
  for (const bool ends_by_itself : {false, true}) {
    for (const auto& [id, branch] : branches_) {
      if (summaries.size() == limit) return summaries;
      const bool ends = is_active(branch.state()) || branch.state() == BranchState::kCommitted;
      if (ends == ends_by_itself) summaries.push_back(summary(branch, now));
    }
  }
  return summaries;
}

std::optional<BranchSummary> BranchTable::branch(const TransactionId& id, Time now) const {
  const auto found = branches_.find(id);
  if (found == branches_.end()) return std::nullopt;
  return summary(found->second, now);
}

std::vector<LockSummary> BranchTable::locks(std::size_t limit, Time now) const {
  std::vector<LockSummary> summaries;
  for (LockTable::Line& line : locks_.lines(limit)) {
    Time since;
    if (line.owner == kSchemaOwner) {
      since = schema_->since;
    } else {
      const Branch& branch = branches_.at(line.owner.id);
      since = line.granted ? branch.since : branch.wait_deadline - settings_.lock_wait;
    }
    summaries.push_back({.name = std::move(line.name),
                         .mode = to_string_modes(line.modes),
                         .id = line.owner.id,
                         .granted = line.granted,
                         .age = now - since});
  }
  return summaries;
}

}  // namespace assent::participant
