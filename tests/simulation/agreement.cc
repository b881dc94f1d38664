#include "tests/simulation/agreement.h"

#include <algorithm>

#include "tests/simulation/describe.h"

namespace assent::simulation {

using participant::BranchRow;
using participant::LockMode;
using participant::RowState;

void require(bool holds, const char* rule, const TransactionId& id, const std::string& what) {
  if (!holds) throw Violation(std::string(rule) + ": transaction " + describe(id) + ": " + what);
}

bool Agreement::names(const std::string& store, const BranchNumber& branch) const {
  return record && std::any_of(record->branches.begin(), record->branches.end(),
                               [&](const auto& named) { return named.store == store && named.branch == branch; });
}

void Agreement::is_logged(const coordinator::CommitRecord& commit) {
  require(!record, "R1", commit.id, "decided twice");
  require(!told_aborted, "R4", commit.id, "commits after a client was told aborted");
  require(!told_forgotten, "R4", commit.id, "commits after a client was told that it is forgotten");
  for (const auto& branch : commit.branches) {
    const std::pair name{branch.store, branch.branch};
    require(prepared.contains(name), "R2", commit.id, "commits without the yes of " + branch.store);
    require(!given_up.contains(name), "R1", commit.id, "commits after " + branch.store + " gave it up");
    require(!given_up.contains({branch.store, kNoBranch}), "R1", commit.id,
            "commits after " + branch.store + " was told to abort whatever it has of it");
  }
  record = commit;
}

void Agreement::leaves(const coordinator::SendDecision& decision) {
  const bool is_committed = names(decision.store, decision.branch);
  require(is_committed == (decision.decision == Decision::kCommit), "R3", decision.id,
          "the decision sent to " + decision.store + " is not what is durable");
  if (is_committed) return;
  require(decision.branch != kNoBranch || !record, "R1", decision.id,
          decision.store + " is told to abort whatever it has of a committed transaction");
  given_up.emplace(decision.store, decision.branch);
}

void Agreement::is_prepared(const std::string& store, const BranchRow& row) {
  require(row.state == RowState::kPrepared, "R1", row.id, "a branch at " + store + " is born committed");
  prepared.emplace(store, row.branch);
}

void Agreement::check_owners(const std::string& store, const BranchRow& row, const BranchRow& beside) {
  if (beside.state != RowState::kPrepared) return;
  for (const auto& lock : row.locks) {
    const bool conflicts = std::any_of(beside.locks.begin(), beside.locks.end(), [&](const auto& held) {
      return held.name == lock.name && (lock.mode == LockMode::kExclusive || held.mode == LockMode::kExclusive);
    });
    require(!conflicts, "R5", row.id, "at " + store + " a key has a second prepared owner, " + describe(beside.id));
  }
}

}  // namespace assent::simulation
