// What must hold of a log that was lost, and restored from an old copy and what the stores know.
#include <algorithm>
#include <utility>

#include "tests/simulation/checker.h"
#include "tests/simulation/describe.h"

namespace assent::simulation {

namespace {

bool knows(const coordinator::LogState& state, const coordinator::CommitRecord& commit) {
  return state.commits.contains(commit.commit) || state.has_ended(commit.id);
}

bool names(const coordinator::CommitRecord& record, const std::string& store) {
  return std::any_of(record.branches.begin(), record.branches.end(),
                     [&](const auto& branch) { return branch.store == store; });
}

}  // namespace

// A commit of which a store has heard that was asked is on record again, unless it has ended; one of which only others
// have heard will be, for these stop the coordinator. One of which none has heard may be gone, whatever its client was
// told; then none of those that were asked may ever apply it, but by hand.
void Checker::restored(const coordinator::LogState& state, const std::set<std::string>& stores) {
  for (auto& [id, txn] : txns_) {
    if (id.log != state.log) continue;
    txn.may_be_forgotten = !txn.record || !knows(state, *txn.record);
    txn.is_missed = false;
    if (!txn.record || txn.ended || knows(state, *txn.record)) continue;
    for (const auto& store : txn.heard) {
      if (stores.contains(store)) {
        throw Violation("R10: transaction " + describe(id) + ": the restored log lacks it, and " + store +
                        " has committed it");
      }
    }
    txn.is_missed = !txn.heard.empty();
    if (txn.is_missed) continue;
    world_.count("commits that were lost with their log");
    for (const auto& branch : txn.record->branches) {
      if (txn.applied.contains(branch.store)) txn.guessed.emplace(branch.store, branch.branch);
    }
    txn.lost = std::exchange(txn.record, std::nullopt);
    txn.testified = stores;
  }
  for (const auto& [position, commit] : state.commits) {
    auto& txn = txns_[commit.id];
    if (!txn.record && txn.lost) turns_up_again(txn);
    const bool is_known = txn.record && txn.record->commit == position &&
                          std::all_of(commit.branches.begin(), commit.branches.end(),
                                      [&](const auto& branch) { return txn.names(branch.store, branch.branch); });
    if (!is_known) {
      throw Violation("R10: transaction " + describe(commit.id) + ": the restored log has a commit of it at " +
                      to_string(position));
    }
  }
  logs_[state.log] = state;
  // It remembers what the old copy does, and what stores have told it.
  std::erase_if(acknowledged_, [&](const auto& known) { return known.first.first == state.log; });
}

// The log that was lost is taken for a copy: its commit may stand if no store has given it up meanwhile.
void Checker::turns_up_again(Txn& txn) {
  for (const auto& branch : txn.lost->branches) {
    if (lost_.contains(branch.store)) continue;
    const auto& rows = images_.at(branch.store).rows;
    const auto row = rows.find(txn.lost->id);
    if (row == rows.end() || row->second.branch != branch.branch) return;
  }
  require(!txn.told_aborted, "R4", txn.lost->id, "a lost commit turns up again, and a client was told aborted");
  world_.count("commits of lost logs that turned up again");
  txn.given_up.clear();  // it was told to, and has not heard it
  txn.told_forgotten = false;
  txn.record = std::exchange(txn.lost, std::nullopt);
}

// It had heard of the commit before the log was lost, and died of it: nobody has seen that it has it.
void Checker::is_heard_late(Txn& txn, const std::string& store, const participant::BranchRow& row) {
  for (const auto& branch : txn.lost->branches) {
    require(!txn.given_up.contains({branch.store, branch.branch}), "R1", row.id,
            store + " has committed what " + branch.store + " has given up");
  }
  require(!txn.told_aborted, "R4", row.id, store + " has committed what a client was told to be aborted");
  world_.count("commits of lost logs that a dead store had heard of");
  txn.told_forgotten = false;
  txn.is_missed = true;
  txn.record = std::exchange(txn.lost, std::nullopt);
}

// What it alone had heard of may be lost with it, and what it has given up may commit elsewhere.
void Checker::is_lost(const std::string& store) {
  lost_.insert(store);
  for (auto& [id, txn] : txns_) {
    txn.heard.erase(store);
    std::erase_if(txn.given_up, [&](const auto& branch) { return branch.first == store; });
  }
}

bool Checker::is_excused(const Txn& txn, const std::string& store) const {
  if (txn.is_guessed(store)) return true;
  const auto& commits = logs_.at(txn.record->id.log).commits;
  const auto commit = commits.find(txn.record->commit);
  return lost_.contains(store) && (commit == commits.end() || !names(commit->second, store));
}

std::set<TransactionId> Checker::owed() const {
  std::set<TransactionId> owed;
  for (const auto& [identity, log] : logs_) {
    for (const auto& entry : log.commits) {
      const auto& commit = entry.second;
      const bool is_owed =
          std::any_of(lost_.begin(), lost_.end(), [&](const auto& store) { return names(commit, store); });
      if (is_owed) owed.insert(commit.id);
    }
  }
  return owed;
}

}  // namespace assent::simulation
