#include "tests/exhaustive/checker.h"

#include <algorithm>

#include "tests/exhaustive/encode.h"
#include "tests/simulation/describe.h"

namespace assent::exhaustive {

using coordinator::CommitRecord;
using participant::BranchRow;
using participant::RowState;
using simulation::AccountId;
using simulation::ModelImage;
using simulation::require;

namespace {

std::size_t version(simulation::Balance balance) {
  return static_cast<std::size_t>(balance % simulation::kVersions);
}

}  // namespace

std::string Checker::state() const {
  return encode(txns_) + encode(applied_) + encode(durable_);
}

bool Checker::names(const Txn& txn, Node store, const BranchNumber& branch) {
  return txn.agreed.names(name_of(store), branch);
}

bool Checker::has_applied(Node store, const TransactionId& id) const {
  const auto at = applied_.find(store);
  return at != applied_.end() && std::find(at->second.begin(), at->second.end(), id) != at->second.end();
}

void Checker::told(const TransactionId& id, OutcomeKind outcome, bool applied) {
  Txn& txn = txns_[id];
  const auto& steps = scripts_->at(id).steps;
  const bool wrote = std::any_of(steps.begin(), steps.end(), [](const Step& step) { return step.writes; });
  if (!wrote) {  // it leaves no record, and may be answered either way
    txn.has_read = txn.has_read || outcome == OutcomeKind::kCommitted;
    return;
  }
  if (outcome == OutcomeKind::kCommitted) {
    require(txn.agreed.record.has_value(), "R3", id, "told committed before the record is durable");
    for (const auto& branch : txn.agreed.record->branches) {
      require(!applied || has_applied(store_named(branch.store), id), "R3", id,
              "told applied before " + branch.store + " has");
    }
  } else if (outcome == OutcomeKind::kAborted) {
    require(!txn.agreed.record, "R4", id, "told aborted, and it is committed");
    txn.agreed.told_aborted = true;
  } else if (outcome == OutcomeKind::kForgotten) {
    require(!txn.agreed.record || txn.ended, "R4", id, "forgotten before it ended");
    txn.agreed.told_forgotten = true;
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
    txn.agreed.is_logged(*commit);
    for (const Step& step : scripts_->at(id).steps) {
      const bool is_named = std::any_of(commit->branches.begin(), commit->branches.end(),
                                        [&](const auto& each) { return each.store == name_of(step.store); });
      require(!step.writes || is_named, "R2", id, std::string("the record forgets ") + name_of(step.store));
    }
  } else if (const auto* end = std::get_if<coordinator::EndRecord>(&record)) {
    for (auto& [id, txn] : txns_) {
      if (!txn.agreed.record || txn.agreed.record->commit != end->commit) continue;
      for (const auto& branch : txn.agreed.record->branches) {
        require(has_applied(store_named(branch.store), id), "R1", id, "ended before " + branch.store + " applied it");
      }
      txn.ended = true;
    }
  }
}

void Checker::journaled(Node store, const ModelImage& before, const ModelImage& image) {
  simulation::compare_rows(
      before.rows, image.rows, [&](const BranchRow& row) { vanishes(store, row); },
      [&](const BranchRow& row) { txns_[row.id].agreed.appears(name_of(store), row, image.rows); },
      [&](const BranchRow& row) { is_applied(store, row, image); });
}

void Checker::is_applied(Node store, const BranchRow& row, const ModelImage& image) {
  const Txn& txn = txns_[row.id];
  const std::string name = name_of(store);
  require(names(txn, store, row.branch), "R1", row.id, name + " applied a branch that no durable record names");
  require(row.commit == txn.agreed.record->commit, "R1", row.id, name + " applied it for another commit");
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
    txn.agreed.given_up.emplace(name_of(store), row.branch);
  } else {
    require(txn.ended, "R3", row.id, name + " forgot the branch before the end record is durable");
  }
}

void Checker::leaves(const CoordinatorView& view) const {
  if (view.line.durable > durable_) throw Violation("R3: durable is said too early");
  for (const auto& [id, txn] : txns_) {
    if (!txn.agreed.record || txn.ended) continue;
    require(!view.released.contains(txn.agreed.record->commit), "R3", id, "released before its end record is durable");
  }
}

void Checker::leaves(const coordinator::SendDecision& decision) {
  txns_[decision.id].agreed.leaves(decision);
}

void Checker::leaves(Node asker, const coordinator::InquiryAnswered& answer) {
  Txn& txn = txns_[answer.id];
  const bool is_committed = names(txn, asker, answer.branch);
  if (answer.result == coordinator::InquiryResult::kCommit) {
    require(is_committed, "R3", answer.id, std::string(name_of(asker)) + " is told commit, which is not durable");
  } else if (answer.result == coordinator::InquiryResult::kAbort) {
    require(!is_committed, "R1", answer.id, std::string(name_of(asker)) + " is told abort of a committed branch");
    txn.agreed.given_up.emplace(name_of(asker), answer.branch);
  } else if (answer.result == coordinator::InquiryResult::kEnded) {
    require(!txn.agreed.record || txn.ended, "R3", answer.id, "told that it has ended before that is durable");
    if (!is_committed) txn.agreed.given_up.emplace(name_of(asker), answer.branch);
  }
}

void Checker::leaves(Node store, const participant::VoteAnswered& vote, const ModelImage& image) {
  if (vote.vote != Vote::kYes || vote.already_committed) return;
  simulation::check_promise(name_of(store), vote.branch, image.rows);
}

void Checker::leaves(Node store, const coordinator::AlreadyCommitted& vote) const {
  const auto found = txns_.find(vote.id);
  require(found != txns_.end() && names(found->second, store, vote.branch) && has_applied(store, vote.id), "R3",
          vote.id, vote.store + " says too early that it has committed");
}

void Checker::leaves(Node store, const participant::DecisionAnswered& answer) const {
  const auto found = txns_.find(answer.id);
  if (answer.kind != participant::AcknowledgementKind::kDone || found == txns_.end() || !found->second.agreed.record)
    return;
  require(has_applied(store, answer.id) || !scripts_->at(answer.id).writes_at(store), "R3", answer.id,
          std::string(name_of(store)) + " acknowledges before the apply is durable");
}

bool Checker::is_committed(const TransactionId& id) const {
  const auto txn = txns_.find(id);
  return txn != txns_.end() && (txn->second.agreed.record || txn->second.has_read);
}

void Checker::check_outcomes() const {
  std::vector<TransactionId> committed;
  for (const auto& [id, script] : *scripts_) {
    const auto txn = txns_.find(id);
    const bool is_on_record = txn != txns_.end() && txn->second.agreed.record;
    if (is_committed(id)) committed.push_back(id);
    for (const Node store : {Node::kStore1, Node::kStore2}) {
      require(has_applied(store, id) == (is_on_record && script.writes_at(store)), "R1", id,
              std::string("is not the same at ") + name_of(store));
    }
  }
  std::sort(committed.begin(), committed.end());
  do {
    if (is_serial(committed)) return;
  } while (std::next_permutation(committed.begin(), committed.end()));
  throw Violation("R6: no order of the committed transactions explains what they saw and left");
}

// Whether the transactions, run one after the other in this order, would have seen the same and left the same; and
// whether it is the order of those of which one began when the other had ended (so it is strict).
bool Checker::is_serial(const std::vector<TransactionId>& order) const {
  const bool is_ordered =
      std::any_of(order.begin(), order.end(), [this](const TransactionId& id) { return scripts_->at(id).after_first; });
  if (is_ordered && !std::is_sorted(order.begin(), order.end())) return false;
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
