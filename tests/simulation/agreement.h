// Agreement: what must hold of one transaction wherever it runs, and however it is watched: the part of the rules
// (R1 to R5, see checker.h) that knows no clock, no plan and no cluster.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "assent/transaction_id.h"
#include "coordinator/core/events.h"
#include "coordinator/core/records.h"
#include "participant/core/journal.h"
#include "tests/simulation/violation.h"

namespace assent::simulation {

// Throws a Violation of the rule, unless it holds for the transaction.
void require(bool holds, const char* rule, const TransactionId& id, const std::string& what);

// A value: two that are equal judge alike.
struct Agreement {
  std::optional<coordinator::CommitRecord> record;  // once it is durable
  bool told_aborted = false;                        // a client was
  bool told_forgotten = false;
  std::set<std::pair<std::string, BranchNumber>> prepared;  // durable once
  std::set<std::pair<std::string, BranchNumber>> given_up;  // prepared, then gone; or told to be. kNoBranch: any

  bool names(const std::string& store, const BranchNumber& branch) const;

  // It is committed, durably: R1, R2, R4.
  void is_logged(const coordinator::CommitRecord& commit);

  // A decision about it leaves its coordinator: R1, R3.
  void leaves(const coordinator::SendDecision& decision);

  // Its row is new at the store, beside these others: R1, R5.
  template <typename Rows>
  void appears(const std::string& store, const participant::BranchRow& row, const Rows& rows) {
    is_prepared(store, row);
    for (const auto& [other, beside] : rows) {
      if (other != row.id) check_owners(store, row, beside);
    }
  }

 private:
  void is_prepared(const std::string& store, const participant::BranchRow& row);
  static void check_owners(const std::string& store, const participant::BranchRow& row,
                           const participant::BranchRow& beside);
};

// What one journal transaction has done to the rows of a store, by branch: those that are gone, those that are new, and
// those that were decided.
template <typename Rows, typename Vanishes, typename Appears, typename IsDecided>
void compare_rows(const Rows& before, const Rows& after, Vanishes vanishes, Appears appears, IsDecided is_decided) {
  using participant::RowState;
  for (const auto& [id, row] : before) {
    const auto now = after.find(id);
    if (now == after.end() || now->second.branch != row.branch) vanishes(row);
  }
  for (const auto& [id, row] : after) {
    const auto then = before.find(id);
    if (then == before.end() || then->second.branch != row.branch) {
      appears(row);
    } else if (then->second.state == RowState::kPrepared && row.state != RowState::kPrepared) {
      is_decided(row);
    }
  }
}

// R3: a yes leaves only when one of these rows is the branch's.
template <typename Rows>
void check_promise(const std::string& store, const BranchNumber& branch, const Rows& rows) {
  for (const auto& [id, row] : rows) {
    if (row.branch == branch) return;
  }
  throw Violation("R3: " + store + " votes yes before branch " + to_string(branch) + " is durable");
}

}  // namespace assent::simulation
