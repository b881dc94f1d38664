#include "tests/exhaustive/checker.h"

#include <algorithm>

#include "tests/exhaustive/encode.h"
#include "tests/simulation/describe.h"

namespace assent::exhaustive {

using coordinator::CommitRecord;
using participant::BranchRow;
using participant::LockMode;
using participant::RowState;
using simulation::AccountId;
using simulation::ModelImage;

namespace {

void require(bool holds, const char* rule, const TransactionId& id, const std::string& what) {
  if (!holds) throw Violation(std::string(rule) + ": transaction " + simulation::describe(id) + ": " + what);
}

std::size_t version(simulation::Balance balance) {
  return static_cast<std::size_t>(balance % simulation::kVersions);
}

}  // namespace

std::string Checker::state() const {
  return encode(txns_) + encode(applied_) + encode(durable_);
}

bool Checker::names(const Txn& txn, Node store, const BranchNumber& branch) {
  return txn.record && std::any_of(txn.record->branches.begin(), txn.record->branches.end(), [&](const auto& named) {
           return named.store == name_of(store) && named.branch == branch;
         });
}

bool Checker::has_applied(Node store, const TransactionId& id) const {
  const auto at = applied_.find(store);
  return at != applied_.end() && std::find(at->second.begin(), at->second.end(), id) != at->second.end();
}

void Checker::told(const TransactionId& id, OutcomeKind outcome, bool applied) {
  Txn& txn = txns_[id];
  const auto& steps = scripts_->at(id).steps;
  const bool wrote = std::any_of(steps.begin(), steps.end(), [](const Step& step) { return step.writes; });
  if (!wrote) return;  // it leaves no record, and may be answered either way
  if (outcome == OutcomeKind::kCommitted) {
    require(txn.record.has_value(), "R3", id, "told committed before the record is durable");
    for (const auto& branch : txn.record->branches) {
      require(!applied || has_applied(store_named(branch.store), id), "R3", id,
              "told applied before " + branch.store + " has");
    }
  } else if (outcome == OutcomeKind::kAborted) {
    require(!txn.record, "R4", id, "told aborted, and it is committed");
    txn.told_aborted = true;
  } else if (outcome == OutcomeKind::kForgotten) {
    require(!txn.record || txn.ended, "R4", id, "forgotten before it ended");
    txn.told_forgotten = true;
  }
}

void Checker::saw(const TransactionId& id, std::size_t step, const StatementResult& result) {
  if (scripts_->at(id).steps.at(step).writes) return;
  txns_[id].saw.emplace(step, version(std::get<std::int64_t>(result.rows.at(0).at(0))));
}

void Checker::logged(Position position, const coordinator::LogRecord& record) {
  durable_ = position;
  if (const auto* commit = std::get_if<CommitRecord>(&record)) {
    const TransactionId& id = commit->id;
    Txn& txn = txns_[id];
    require(!txn.record, "R1", id, "decided twice");
    require(!txn.told_aborted, "R4", id, "commits after a client was told aborted");
    require(!txn.told_forgotten, "R4", id, "commits after a client was told that it is forgotten");
    txn.record = *commit;
    for (const auto& branch : commit->branches) {
      const std::pair name{store_named(branch.store), branch.branch};
      require(txn.prepared.contains(name), "R2", id, "commits without the yes of " + branch.store);
      require(!txn.given_up.contains(name), "R1", id, "commits after " + branch.store + " gave it up");
      require(!txn.given_up.contains({name.first, kNoBranch}), "R1", id,
              "commits after " + branch.store + " was told to abort whatever it has of it");
    }
    for (const Step& step : scripts_->at(id).steps) {
      const bool is_named = std::any_of(commit->branches.begin(), commit->branches.end(),
                                        [&](const auto& each) { return each.store == name_of(step.store); });
      require(!step.writes || is_named, "R2", id, std::string("the record forgets ") + name_of(step.store));
    }
  } else if (const auto* end = std::get_if<coordinator::EndRecord>(&record)) {
    for (auto& [id, txn] : txns_) {
      if (!txn.record || txn.record->commit != end->commit) continue;
      for (const auto& branch : txn.record->branches) {
        require(has_applied(store_named(branch.store), id), "R1", id, "ended before " + branch.store + " applied it");
      }
      txn.ended = true;
    }
  }
}

void Checker::journaled(Node store, const ModelImage& before, const ModelImage& image) {
  for (const auto& [id, row] : before.rows) {
    const auto now = image.rows.find(id);
    if (now == image.rows.end() || now->second.branch != row.branch) vanishes(store, row);
  }
  for (const auto& [id, row] : image.rows) {
    const auto then = before.rows.find(id);
    const bool is_new = then == before.rows.end() || then->second.branch != row.branch;
    if (is_new) appears(store, row, image);
    if (!is_new && then->second.state == RowState::kPrepared && row.state != RowState::kPrepared) {
      is_applied(store, row, image);
    }
  }
}

void Checker::appears(Node store, const BranchRow& row, const ModelImage& image) {
  require(row.state == RowState::kPrepared, "R1", row.id,
          std::string("a branch is born committed at ") + name_of(store));
  txns_[row.id].prepared.emplace(store, row.branch);
  for (const auto& [other, beside] : image.rows) {
    if (other == row.id || beside.state != RowState::kPrepared) continue;
    for (const auto& lock : row.locks) {
      const bool conflicts = std::any_of(beside.locks.begin(), beside.locks.end(), [&](const auto& held) {
        return held.name == lock.name && (lock.mode == LockMode::kExclusive || held.mode == LockMode::kExclusive);
      });
      require(
          !conflicts, "R5", row.id,
          std::string("at ") + name_of(store) + " a key has a second prepared owner, " + simulation::describe(other));
    }
  }
}

void Checker::is_applied(Node store, const BranchRow& row, const ModelImage& image) {
  const Txn& txn = txns_[row.id];
  const std::string name = name_of(store);
  require(names(txn, store, row.branch), "R1", row.id, name + " applied a branch that no durable record names");
  require(row.commit == txn.record->commit, "R1", row.id, name + " applied it for another commit");
  require(!has_applied(store, row.id), "R1", row.id, name + " applied it twice");
  auto& applied = applied_[store];
  applied.push_back(row.id);
  for (const auto& [account, balance] : image.accounts) {
    const auto writes = std::count_if(applied.begin(), applied.end(), [&, account = account](const TransactionId& id) {
      return scripts_->at(id).writes_at(store, account);
    });
    require(version(balance) == static_cast<std::size_t>(writes), "R6", row.id,
            name + " has lost or repeated a change");
  }
}

void Checker::vanishes(Node store, const BranchRow& row) {
  Txn& txn = txns_[row.id];
  const std::string name = name_of(store);
  if (row.state == RowState::kPrepared) {
    require(!names(txn, store, row.branch), "R1", row.id, name + " gave up a committed branch");
    txn.given_up.emplace(store, row.branch);
  } else {
    require(txn.ended, "R3", row.id, name + " forgot the branch before the end record is durable");
  }
}

void Checker::leaves(const CoordinatorView& view) const {
  if (view.line.durable > durable_) throw Violation("R3: durable is said too early");
  for (const auto& [id, txn] : txns_) {
    if (!txn.record || txn.ended) continue;
    require(!view.released.contains(txn.record->commit), "R3", id, "released before its end record is durable");
  }
}

void Checker::leaves(const coordinator::SendDecision& decision) {
  Txn& txn = txns_[decision.id];
  const Node store = store_named(decision.store);
  const bool is_committed = names(txn, store, decision.branch);
  require(is_committed == (decision.decision == Decision::kCommit), "R3", decision.id,
          "the decision sent to " + decision.store + " is not what is durable");
  if (is_committed) return;
  require(decision.branch != kNoBranch || !txn.record, "R1", decision.id,
          decision.store + " is told to abort whatever it has of a committed transaction");
  txn.given_up.emplace(store, decision.branch);
}

void Checker::leaves(Node asker, const coordinator::InquiryAnswered& answer) {
  Txn& txn = txns_[answer.id];
  const bool is_committed = names(txn, asker, answer.branch);
  if (answer.result == coordinator::InquiryResult::kCommit) {
    require(is_committed, "R3", answer.id, std::string(name_of(asker)) + " is told commit, which is not durable");
  } else if (answer.result == coordinator::InquiryResult::kAbort) {
    require(!is_committed, "R1", answer.id, std::string(name_of(asker)) + " is told abort of a committed branch");
    txn.given_up.emplace(asker, answer.branch);
  }
}

void Checker::leaves(Node store, const participant::VoteAnswered& vote, const ModelImage& image) {
  if (vote.vote != Vote::kYes || vote.already_committed) return;
  const bool is_durable = std::any_of(image.rows.begin(), image.rows.end(),
                                      [&](const auto& row) { return row.second.branch == vote.branch; });
  if (!is_durable) {
    throw Violation(std::string("R3: ") + name_of(store) + " votes yes before branch " + to_string(vote.branch) +
                    " is durable");
  }
}

void Checker::leaves(Node store, const coordinator::AlreadyCommitted& vote) const {
  const auto found = txns_.find(vote.id);
  require(found != txns_.end() && names(found->second, store, vote.branch) && has_applied(store, vote.id), "R3",
          vote.id, vote.store + " says too early that it has committed");
}

void Checker::leaves(Node store, const participant::DecisionAnswered& answer) const {
  const auto found = txns_.find(answer.id);
  if (answer.kind != participant::AcknowledgementKind::kDone || found == txns_.end() || !found->second.record) return;
  require(has_applied(store, answer.id) || !scripts_->at(answer.id).writes_at(store), "R3", answer.id,
          std::string(name_of(store)) + " acknowledges before the apply is durable");
}

void Checker::check_outcomes() const {
  std::vector<TransactionId> committed;
  for (const auto& [id, script] : *scripts_) {
    const auto txn = txns_.find(id);
    const bool is_committed = txn != txns_.end() && txn->second.record;
    if (is_committed) committed.push_back(id);
    for (const Node store : {Node::kStore1, Node::kStore2}) {
      require(has_applied(store, id) == (is_committed && script.writes_at(store)), "R1", id,
              std::string("is not the same at ") + name_of(store));
    }
  }
  std::sort(committed.begin(), committed.end());
  do {
    if (is_serial(committed)) return;
  } while (std::next_permutation(committed.begin(), committed.end()));
  throw Violation("R6: no order of the committed transactions explains what they saw and left");
}

// Whether the transactions, run one after the other in this order, would have seen the same and left the same.
bool Checker::is_serial(const std::vector<TransactionId>& order) const {
  const auto place = [&order](const TransactionId& id) { return std::find(order.begin(), order.end(), id); };
  for (auto txn = order.begin(); txn != order.end(); ++txn) {
    for (const auto& [step, version] : txns_.at(*txn).saw) {
      const Step& read = scripts_->at(*txn).steps.at(step);
      const auto earlier = std::count_if(order.begin(), txn, [&](const TransactionId& id) {
        return scripts_->at(id).writes_at(read.store, read.account);
      });
      if (version != static_cast<std::size_t>(earlier)) return false;
    }
  }
  for (const auto& [store, applied] : applied_) {
    for (const Step& step : scripts_->at(applied.front()).steps) {
      std::vector<TransactionId> writers;
      for (const TransactionId& id : applied) {
        if (step.store == store && scripts_->at(id).writes_at(store, step.account)) writers.push_back(id);
      }
      if (!std::is_sorted(writers.begin(), writers.end(),
                          [&](const auto& one, const auto& other) { return place(one) < place(other); })) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace assent::exhaustive
