#include "tests/simulation/checker.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <sstream>

#include "tests/simulation/coordinator_node.h"
#include "tests/simulation/describe.h"

namespace assent::simulation {

using coordinator::CommitRecord;
using coordinator::EndRecord;
using coordinator::LogRecord;
using participant::BranchRow;
using participant::RowState;

namespace {

// That have struck so far. That a client begins a transaction is none.
std::size_t faults_of(const World& world) {
  const auto& incidents = world.incidents();
  return static_cast<std::size_t>(std::count_if(incidents.begin(), incidents.end(), [](const auto& incident) {
    return incident.second != Incident::kTransaction;
  }));
}

void add(coordinator::LogState& log, const LogRecord& record) {
  const auto wrong = log.apply(Position{static_cast<std::uint64_t>(log.last) + 1}, record);
  if (wrong) throw Violation("R1: the log contradicts itself: " + *wrong);
}

}  // namespace

bool Checker::Txn::is_guessed(const std::string& store) const {
  return std::any_of(guessed.begin(), guessed.end(), [&](const auto& guess) { return guess.first == store; });
}

void Checker::begin(const TransactionId& id, const Plan& plan) {
  Txn& txn = txns_[id];
  require(!txn.begun, "R4", id, "its id was given out twice");
  txn.begun = world_.now();
  txn.faults = faults_of(world_);
  world_.count("transactions");
  txn.marker = plan.is_marked ? marker_of(id) : 0;
  txn.child_at = plan.child_at;
  txn.writes = plan.writes;
  txn.level = plan.level;
  txn.codes = plan.codes;
}

void Checker::saw(const TransactionId& id, const Step& step, AccountId account, Balance balance) {
  const auto version = static_cast<std::size_t>(balance % kVersions);
  require(version >= step.own_writes, "R6", id, "did not read what it wrote itself at " + step.store);
  require(version <= versions(step.store, account).size() + step.own_writes, "R6", id,
          "read what is not committed at " + step.store);
  (step.own_writes > 0 ? txns_[id].reads_of_own : txns_[id].reads).emplace(step.store, account, version);
}

void Checker::saw(const TransactionId& id, const Step& step, AccountId list, std::string items) {
  std::string committed = items;
  if (step.own_writes > 0) {
    const std::string own = std::to_string(marker_of(id)) + ',';
    require(items.ends_with(own), "R6", id, "did not read last what it appended itself at " + step.store);
    committed.resize(items.size() - own.size());
  }
  version_of(id, step.store, list, committed);
  txns_[id].reads_of_lists.emplace(step.store, list, std::move(items));
}

void Checker::saw(const TransactionId& id, const Step& step, std::set<AccountId> markers) {
  const auto& committed = images_.at(step.store).accounts;
  const bool is_clean =
      std::all_of(markers.begin(), markers.end(), [&](auto each) { return committed.contains(each); });
  require(is_clean, "R6", id, "read an account that is not committed at " + step.store);
  txns_[id].reads_of_all.emplace(step.store, std::move(markers));
}

void Checker::told(const TransactionId& id, OutcomeKind outcome, bool applied) {
  Txn& txn = txns_[id];
  world_.count(to_string(outcome));
  if (outcome != OutcomeKind::kInProgress && !std::exchange(txn.is_counted, true)) {
    if (outcome == OutcomeKind::kCommitted) world_.count("transactions told committed");
    if (faults_of(world_) > txn.faults) world_.count("transactions that met a fault");
  }
  // It may have left before the log was lost, and restored without the record, or with it: leaves() has seen it then.
  if (outcome == OutcomeKind::kCommitted && txn.lost) return;
  if (outcome == OutcomeKind::kForgotten && txn.told_forgotten) return;
  if (outcome == OutcomeKind::kCommitted && !txn.committed) {
    txn.committed = world_.now();
    if (txn.answers > 1) world_.count("commits told by a later answer");
  }
  is_said(id, outcome, applied);
}

void Checker::is_said(const TransactionId& id, OutcomeKind outcome, bool applied) {
  Txn& txn = txns_[id];
  if (txn.writes.empty() && txn.begun) return;  // wrote nothing: leaves no record, and may be answered either way
  if (outcome == OutcomeKind::kCommitted) {
    require(txn.record.has_value(), "R3", id, "told committed before the record is durable");
    for (const auto& branch : txn.record->branches) {
      require(!applied || txn.applied.contains(branch.store) || is_excused(txn, branch.store), "R3", id,
              "told applied before " + branch.store + " has");
    }
  } else if (outcome == OutcomeKind::kAborted) {
    require(!txn.record, "R4", id, "told aborted, and it is committed");
    require(!txn.lost, "R4", id, "told aborted, and its commit was lost with its log");
    txn.told_aborted = true;
  } else if (outcome == OutcomeKind::kForgotten) {
    require(!txn.record || txn.may_be_forgotten || has_been_retained(id, txn), "R4", id, "forgotten too early");
    txn.told_forgotten = true;
  }
}

// A clock that leaps ahead may end the retention at any time; else none is more than a tenth too fast.
bool Checker::has_been_retained(const TransactionId& id, const Txn& txn) const {
  if (!txn.ended) return false;
  const auto leap = leaps_.find(id.log);
  const bool has_leapt = leap != leaps_.end() && leap->second >= *txn.ended;
  return has_leapt || world_.now() - *txn.ended >= kRetention * 10 / 11;
}

bool Checker::opened(const coordinator::LogState& found, std::span<const LogRecord> in_doubt) {
  auto& known = logs_[found.log];
  const auto last = static_cast<std::uint64_t>(known.last) + (found.starts.size() - known.starts.size());
  const bool is_kept = !in_doubt.empty() && static_cast<std::uint64_t>(found.last) == last + in_doubt.size();
  if (is_kept) logged(found.log, in_doubt);
  for (auto start = found.starts.upper_bound(known.epoch()); start != found.starts.end(); ++start) {
    add(known, coordinator::EpochRecord{start->second.position, found.log, start->first, start->second.nonce});
  }
  if (known != found) throw Violation("R3: the log " + to_string(found.log) + " does not hold what is durable");
  return is_kept;
}

void Checker::logged(LogIdentity log, std::span<const LogRecord> records) {
  for (const auto& record : records) {
    add(logs_[log], record);
    if (const auto* commit = std::get_if<CommitRecord>(&record)) is_logged(*commit);
    if (const auto* end = std::get_if<EndRecord>(&record)) is_logged(log, *end);
    if (const auto* forgotten = std::get_if<coordinator::ForgottenRecord>(&record)) is_logged(log, *forgotten);
  }
}

void Checker::is_logged(const CommitRecord& commit) {
  Txn& txn = txns_[commit.id];
  txn.is_logged(commit);
  std::set<std::string> stores;
  for (const auto& branch : commit.branches) stores.insert(branch.store);
  for (const auto& [store, accounts] : txn.writes) {
    require(stores.contains(store), "R2", commit.id, "the record forgets " + store);
  }
}

void Checker::is_logged(LogIdentity log, const EndRecord& end) {
  for (auto& [id, txn] : txns_) {
    if (id.log != log || !txn.record || txn.record->commit != end.commit) continue;
    for (const auto& branch : txn.record->branches) {
      require(txn.applied.contains(branch.store) || is_excused(txn, branch.store), "R1", id,
              "ended before " + branch.store + " applied it");
    }
    for (const auto& store : end.stores) {
      if (store.contradicts) txn.contradicted.insert(store.store);
    }
    for (const auto& [store, position] : txn.acknowledged) {
      auto& known = acknowledged_[{log, store}];
      known = std::max(known, position);
    }
    txn.ended = world_.now();
  }
}

void Checker::is_logged(LogIdentity log, const coordinator::ForgottenRecord& forgotten) {
  for (const auto& [id, txn] : txns_) {
    if (id.log != log || id > forgotten.through || !txn.ended) continue;  // one that has not ended stays on record
    require(txn.may_be_forgotten || has_been_retained(id, txn), "R4", id, "is to be forgotten too early");
  }
}

std::optional<Decision> Checker::known_decision(const std::string& store, const BranchRow& row) const {
  const auto found = txns_.find(row.id);
  if (found == txns_.end()) return std::nullopt;
  if (found->second.names(store, row.branch)) return Decision::kCommit;
  return found->second.told_aborted ? std::optional(Decision::kAbort) : std::nullopt;
}

CoordinatorLine Checker::durably_seen(const std::string& store, LogIdentity log) const {
  const auto image = images_.find(store);
  if (image == images_.end() || !image->second.coordinators.contains(log)) return {log, {}, {}, {}};
  return image->second.coordinators.at(log).line;
}

StorePosition Checker::acknowledged(LogIdentity log, const std::string& store) const {
  StorePosition position{};
  if (const auto needed = acknowledged_.find({log, store}); needed != acknowledged_.end()) position = needed->second;
  const auto found = logs_.find(log);
  if (found == logs_.end()) return position;
  const auto known = found->second.stores.find(store);
  return known == found->second.stores.end() ? position : std::max(position, known->second.position);
}

void Checker::journaled(const std::string& store, const StoreImage& image) {
  if (lost_.contains(store)) {
    if (image.rows != images_.at(store).rows) throw Violation("R11: " + store + " was given up, and has heard more");
    return;
  }
  const StoreImage before = std::exchange(images_[store], image);
  compare_rows(
      before.rows, image.rows, [&](const BranchRow& row) { vanishes(store, row); },
      [&](const BranchRow& row) { txns_[row.id].appears(store, row, image.rows); },
      [&](const BranchRow& row) {
        if (row.state != RowState::kResolvedAbort) is_applied(store, row);
      });
  check_values(store, image);
}

void Checker::is_applied(const std::string& store, const BranchRow& row) {
  Txn& txn = txns_[row.id];
  // Whoever had looked it up in the log has guessed by now.
  if (txn.lost && row.state == RowState::kResolvedCommit) txn.guessed.emplace(store, row.branch);
  const bool is_resolved = row.state == RowState::kResolvedCommit;
  if (txn.lost && !is_resolved && !txn.testified.contains(store)) is_heard_late(txn, store, row);
  require(txn.names(store, row.branch) || (is_resolved && txn.is_guessed(store)), "R1", row.id,
          store + " applied a branch that no durable record names");
  require(is_resolved || row.commit == txn.record->commit, "R1", row.id, store + " applied it for another commit");
  txn.applied_as.emplace(store, row.branch);
  if (!is_resolved) txn.heard.insert(store);
  // An operator may guess that a late copy of a branch commits, too.
  const bool is_first = txn.applied.insert(store).second;
  require(is_first || (is_resolved && txn.guessed.contains({store, row.branch})), "R1", row.id,
          store + " applied it twice");
  for (const AccountId account : txn.writes[store]) writes(store, row.id, account);
  const auto taken = txn.codes.find(store);
  if (taken == txn.codes.end()) return;
  const AccountId code = kFirstCode + taken->second.code;
  require(taken->second.is_freed || versions(store, code).empty(), "R6", row.id,
          "took a code that another one has at " + store);
  writes(store, row.id, code);
}

void Checker::writes(const std::string& store, const TransactionId& id, AccountId account) {
  versions_[{store, account}].push_back({id, world_.now()});
}

void Checker::check_values(const std::string& store, const StoreImage& image) const {
  const auto check = [&](AccountId account, std::size_t version) {
    if (version == versions(store, account).size()) return;
    throw Violation("R6: " + store + " has lost or repeated a change of " + std::to_string(account));
  };
  for (AccountId account = 0; account < kAccounts; ++account) {
    check(account, static_cast<std::size_t>(image.accounts.at(account) % kVersions));
  }
  for (AccountId list = kFirstList; list < kFirstList + kLists; ++list) {
    check(list, version_of({}, store, list, image.lists.at(list)));
  }
  for (AccountId code = 0; code < kCodes; ++code) {
    const auto& owners = versions(store, kFirstCode + code);
    const auto owner = image.codes.find(code);
    if (owner == image.codes.end()) {
      check(kFirstCode + code, 0);
    } else if (owners.empty() || owner->second != marker_of(owners.back().writer)) {
      throw Violation("R6: at " + store + " code " + std::to_string(code) + " has another owner than committed last");
    }
  }
}

void Checker::vanishes(const std::string& store, const BranchRow& row) {
  Txn& txn = txns_[row.id];
  if (row.state == RowState::kPrepared || row.state == RowState::kResolvedAbort) {
    require(!txn.names(store, row.branch) || txn.is_guessed(store), "R1", row.id,
            store + " gave up a committed branch");
    txn.given_up.emplace(store, row.branch);
  } else {
    require(txn.ended.has_value() || txn.is_guessed(store), "R3", row.id,
            store + " forgot the branch before the end record is durable");
    world_.count("branches released");
  }
}

void Checker::leaves(const CoordinatorView& view) const {
  const auto log = logs_.find(view.line.log);
  if (log == logs_.end() || view.line.durable > log->second.last) throw Violation("R3: durable is said too early");
  for (const auto& [id, txn] : txns_) {
    if (id.log != view.line.log || !txn.record || txn.ended || txn.is_missed) continue;
    require(!view.released.contains(txn.record->commit), "R3", id, "released before its end record is durable");
  }
}

void Checker::leaves(const coordinator::OutcomeAnswered& answer, bool applied, bool from_a_copy) {
  if (answer.kind == OutcomeKind::kCommitted) ++txns_[answer.id].answers;
  const bool is_of_a_lost_log = from_a_copy && txns_[answer.id].lost.has_value();
  if (is_of_a_lost_log && answer.kind == OutcomeKind::kCommitted) return;  // as that log has said before
  is_said(answer.id, answer.kind, applied);
}

void Checker::leaves(const coordinator::SendDecision& decision) {
  txns_[decision.id].leaves(decision);
}

void Checker::leaves(const std::string& asker, const coordinator::InquiryAnswered& answer) {
  Txn& txn = txns_[answer.id];
  if (answer.result == coordinator::InquiryResult::kCommit) {
    require(txn.names(asker, answer.branch), "R3", answer.id, asker + " is told commit before the record is durable");
    world_.count("inquiries answered commit");
  } else if (answer.result == coordinator::InquiryResult::kAbort) {
    require(!txn.names(asker, answer.branch), "R1", answer.id, asker + " is told abort of a committed branch");
    txn.given_up.emplace(asker, answer.branch);
    world_.count("inquiries answered abort");
  } else if (answer.result == coordinator::InquiryResult::kEnded) {
    require(!txn.record || txn.ended, "R3", answer.id, "told that it has ended before that is durable");
    world_.count("inquiries answered ended");
    if (txn.names(asker, answer.branch)) return;
    txn.given_up.emplace(asker, answer.branch);
    world_.count(txn.record ? "inquiries of stray branches answered ended"
                            : "inquiries of forgotten aborts answered ended");
  } else {
    world_.count(answer.result == coordinator::InquiryResult::kNotMine       ? "inquiries answered not mine"
                 : answer.result == coordinator::InquiryResult::kNotAccepted ? "inquiries answered not accepted"
                                                                             : "inquiries answered undecided");
  }
}

void Checker::votes(const std::string& store, const TransactionId& id, const participant::VoteAnswered& vote) {
  if (vote.branch == kNoBranch) return;
  const bool is_refused = txns_[id].refused.contains({store, vote.branch});
  require(vote.vote == Vote::kNo || !is_refused, "R2", id, store + " votes for a branch that it has refused");
  if (vote.vote != Vote::kNo) return;
  if (is_refused) world_.count("votes repeated behind a no");
  txns_[id].refused.emplace(store, vote.branch);
}

void Checker::leaves(const std::string& store, const participant::VoteAnswered& vote) const {
  if (vote.vote == Vote::kReadOnly) world_.count("votes read-only");
  if (vote.vote != Vote::kYes) return;
  if (vote.already_committed) {
    const bool is_applied = std::any_of(txns_.begin(), txns_.end(), [&](const auto& entry) {
      const Txn& txn = entry.second;
      const bool is_decided = txn.names(store, vote.branch) || txn.guessed.contains({store, vote.branch});
      return is_decided && txn.applied.contains(store);
    });
    if (!is_applied) {
      throw Violation("R3: " + store + " says that branch " + to_string(vote.branch) + " has committed, too early");
    }
    return world_.count("votes already committed");
  }
  check_promise(store, vote.branch, images_.at(store).rows);
}

void Checker::leaves(const std::string& store, const participant::DecisionAnswered& answer) {
  const auto found = txns_.find(answer.id);
  if (answer.kind != participant::AcknowledgementKind::kDone || found == txns_.end() || !found->second.record) return;
  Txn& txn = found->second;
  txn.acknowledged.emplace(store, answer.position);
  // What an operator has ended otherwise is released once the end record says so, and then acknowledged as all else.
  require(txn.applied.contains(store) || txn.contradicted.contains(store) || !txn.writes.contains(store), "R3",
          answer.id, store + " acknowledges before the apply is durable");
}

void Checker::answers(const std::string& store, const CoordinatorLine& asker) const {
  const auto seen = durably_seen(store, asker.log);
  const bool is_seen = seen.epoch > asker.epoch || (seen.epoch == asker.epoch && seen.nonce == asker.nonce);
  if (!is_seen) throw Violation("R3: " + store + " answers a start of a coordinator that it may forget");
}

void Checker::check_outcomes() const {
  check_guesses();
  for (const auto& [id, txn] : txns_) {
    for (const auto& [store, accounts] : txn.writes) {
      if (txn.is_guessed(store) || lost_.contains(store)) continue;
      require(txn.applied.contains(store) == txn.record.has_value(), "R1", id, "is not the same at " + store);
    }
  }
  Balance money = 0;
  const auto owed = this->owed();
  for (const auto& [store, image] : images_) {
    if (lost_.contains(store)) continue;
    for (const auto& [id, row] : image.rows) {
      if (!owed.contains(id)) throw Violation("left over: branch " + describe(id) + " at " + store);
    }
    for (AccountId account = 0; account < kAccounts; ++account) money += image.accounts.at(account) / kVersions;
    for (const auto& [id, txn] : txns_) {
      const bool is_here = image.accounts.contains(txn.marker);
      const bool is_expected =
          txn.is_guessed(store) ? txn.applied.contains(store) : txn.record && txn.writes.contains(store);
      require(txn.marker == 0 || is_here == is_expected, "R1", id,
              is_here ? store + " has it, though it did not commit" : store + " has lost it");
      require(txn.marker == 0 || image.links.contains(txn.marker) == (is_expected && txn.child_at == store), "R1", id,
              store + " has its link, though it did not commit, or has lost it");
    }
  }
  const auto stores = static_cast<Balance>(images_.size());
  const bool has_guesses =
      std::any_of(txns_.begin(), txns_.end(), [](const auto& entry) { return !entry.second.guessed.empty(); });
  if (!has_guesses && lost_.empty() && money != stores * kAccounts * kFirstMoney)
    throw Violation("R6: the sum is now " + std::to_string(money));
}

void Checker::is_guessed(const std::string& store, const BranchRow& row) {
  world_.count("guesses of operators");
  txns_[row.id].guessed.emplace(store, row.branch);
}

void Checker::is_told_of_contradiction(const std::string& process, const std::string& alarm) {
  world_.count("contradictions told by " + process.substr(0, process.find_first_of("0123456789")) + "s");
  contradictions_.push_back(alarm);
}

// A guess that was wrong has been told to people, and stays in the end record; one that was right has not.
void Checker::check_guesses() const {
  const auto owed = this->owed();  // these have none
  for (const auto& [id, txn] : txns_) {
    for (const auto& [store, branch] : txn.guessed) {
      if (lost_.contains(store)) continue;
      const bool is_named = txn.names(store, branch);
      const bool is_wrong = is_named != txn.applied_as.contains({store, branch});
      const bool is_told = std::any_of(contradictions_.begin(), contradictions_.end(), [&, id = id](const auto& alarm) {
        return alarm.find(to_string(id)) != std::string::npos;
      });
      require(is_told || !is_wrong, "R1", id, "an operator has contradicted it at " + store + ", and nobody is told");
      require(!is_named || owed.contains(id) || txn.contradicted.contains(store) == is_wrong, "R1", id,
              "its end record says otherwise what an operator did at " + store);
    }
  }
}

const std::vector<Checker::Version>& Checker::versions(const std::string& store, AccountId account) const {
  static const std::vector<Version> none;
  const auto found = versions_.find({store, account});
  return found == versions_.end() ? none : found->second;
}

std::size_t Checker::version_of(const TransactionId& reader, const std::string& store, AccountId list,
                                const std::string& items) const {
  const auto& versions = this->versions(store, list);
  std::istringstream markers(items);
  std::size_t version = 0;
  for (std::string marker; std::getline(markers, marker, ','); ++version) {
    require(version < versions.size() && marker == std::to_string(marker_of(versions[version].writer)), "R6", reader,
            "read of a list what is not committed at " + store);
  }
  return version;
}

std::vector<TransactionId> Checker::begun() const {
  std::vector<TransactionId> ids;
  for (const auto& [id, txn] : txns_) ids.push_back(id);
  return ids;
}

}  // namespace assent::simulation
