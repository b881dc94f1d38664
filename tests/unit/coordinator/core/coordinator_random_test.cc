// Random events in any order, true ones and lies of the network, with crashes: what the core says must stay true.
//
// The checker stands outside: it looks at events, effects and the durable log only. Stores are not modelled; a vote, an
// acknowledgement or an inquiry of any branch may come at any time, which is more than any network does.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "stage.h"
#include "tests/sanitized.h"

namespace assent::coordinator {
namespace {

using BranchName = std::tuple<std::string, TransactionId, BranchNumber>;

class Checker {
 public:
  void check(const Stage& stage, const std::string& command) {
    for (const auto& [position, commit] : stage.durable().commits) recorded_.emplace(commit.id, commit);
    asking_ = command.starts_with("inquire ") ? command.substr(8, command.find(' ', 8) - 8) : "";
    for (const auto& effect : stage.effects()) {
      std::visit([&](const auto& each) { see(each, stage); }, effect);
    }
    const Released released = stage.released();
    for (const auto position : told_)
      EXPECT_TRUE(released.contains(position)) << "released, and taken back: " << command;
    for (const auto& [id, commit] : recorded_) {
      EXPECT_TRUE(is_on_record(stage, commit) || forgotten_.contains(id))
          << "the log has forgotten what the core keeps: " << command;
      if (!released.contains(commit.commit)) continue;
      EXPECT_FALSE(stage.durable().commits.contains(commit.commit))
          << "released before its end was durable: " << command;
      told_.insert(commit.commit);
    }
  }

  void voted_yes(const BranchName& branch) { voted_yes_.insert(branch); }
  bool has_voted_yes(const BranchName& branch) const { return voted_yes_.contains(branch); }

 private:
  template <typename Other>
  void see(const Other& /*effect*/, const Stage& /*stage*/) {}

  void see(const AppendRecord& append, const Stage& stage) {
    if (const auto* forgotten = std::get_if<ForgottenRecord>(&append.record)) {
      // What has ended and is durable: the core keeps all else.
      for (const auto& [id, commit] : recorded_) {
        if (id <= forgotten->through && stage.durable().has_ended(id)) forgotten_[id] = stage.durable().epoch();
      }
    }
    const auto* record = std::get_if<CommitRecord>(&append.record);
    if (record == nullptr) return;
    EXPECT_FALSE(aborted_.contains(record->id)) << "told aborted, and recorded as committed";
    for (const auto& branch : record->branches) {
      const BranchName name{branch.store, record->id, branch.branch};
      EXPECT_TRUE(voted_yes_.contains(name)) << "committed without its vote";
      EXPECT_FALSE(aborted_branches_.contains(name)) << "told to abort, and recorded as committed";
    }
  }

  void see(const SendDecision& sent, const Stage& stage) {
    const CommitRecord* const record = find(stage, sent.id);
    const bool is_listed = record != nullptr && lists(*record, sent.store, sent.branch);
    if (sent.decision == Decision::kCommit) {
      EXPECT_TRUE(is_listed) << "a commit that is not durable";
    } else {
      EXPECT_FALSE(is_listed) << "an abort of a committed branch";
      EXPECT_TRUE(record == nullptr || sent.branch != kNoBranch) << "an abort of any branch of a committed transaction";
      if (sent.branch == kNoBranch) aborted_.insert(sent.id);
      aborted_branches_.insert({sent.store, sent.id, sent.branch});
    }
  }

  void see(const InquiryAnswered& answer, const Stage& stage) {
    const CommitRecord* const record = find(stage, answer.id);
    EXPECT_TRUE(answer.result != InquiryResult::kCommit || record != nullptr) << "a commit that is not durable";
    if (answer.result == InquiryResult::kAbort && record != nullptr) {
      EXPECT_FALSE(lists(*record, asking_, answer.branch)) << "an abort of a committed branch";
    }
    if (answer.result == InquiryResult::kAbort && record == nullptr) aborted_.insert(answer.id);
    see_answer(answer.call);
  }

  void see(const OutcomeAnswered& answer, const Stage& stage) {
    see_answer(answer.call);
    if (answer.kind == OutcomeKind::kAborted) {
      EXPECT_EQ(find(stage, answer.id), nullptr) << "told aborted, and committed";
      aborted_.insert(answer.id);
    }
  }

  void see(const CallRefused& answer, const Stage& /*stage*/) { see_answer(answer.call); }
  void see(const RegistrationAnswered& answer, const Stage& /*stage*/) { see_answer(answer.call); }
  void see(const LeaseGranted& answer, const Stage& /*stage*/) { see_answer(answer.call); }

  void see_answer(CallId call) { EXPECT_TRUE(answered_.insert(call).second) << "a call is answered twice"; }

  // The commit that is durable; nothing once this start has forgotten it, which it says before that is durable.
  const CommitRecord* find(const Stage& stage, const TransactionId& id) const {
    const auto forgotten = forgotten_.find(id);
    if (forgotten != forgotten_.end() && forgotten->second == stage.durable().epoch()) return nullptr;
    const auto recorded = recorded_.find(id);
    return recorded != recorded_.end() && is_on_record(stage, recorded->second) ? &recorded->second : nullptr;
  }

  static bool is_on_record(const Stage& stage, const CommitRecord& commit) {
    return stage.durable().commits.contains(commit.commit) || stage.durable().has_ended(commit.id);
  }

  static bool lists(const CommitRecord& record, const std::string& store, const BranchNumber& branch) {
    for (const auto& each : record.branches) {
      if (each.store == store && each.branch == branch) return true;
    }
    return false;
  }

  std::map<TransactionId, Epoch> forgotten_;        // by the start of that epoch
  std::map<TransactionId, CommitRecord> recorded_;  // at any time
  std::set<TransactionId> aborted_;
  std::set<BranchName> aborted_branches_;
  std::set<BranchName> voted_yes_;
  std::set<CallId> answered_;
  std::set<Position> told_;
  std::string asking_;  // the store that inquires
};

class Life {
 public:
  explicit Life(unsigned seed) : random_(seed) {}

  void live(int steps) {
    run("given a b c");
    for (int step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
      const std::string next = command();
      run(next);
      // Ids come into play one after another, from the first of each epoch.
      age_ = next.starts_with("crash") ? 0 : age_ + 1;
    }
  }

  std::uint64_t commits() const { return commits_; }
  const std::string& trace() const { return trace_; }

 private:
  void run(const std::string& command) {
    trace_ += command + "\n";
    stage_.run(command);
    checker_.check(stage_, command);
    for (const auto& effect : stage_.effects()) {
      const auto* answer = std::get_if<OutcomeAnswered>(&effect);
      commits_ += answer != nullptr && answer->kind == OutcomeKind::kCommitted ? 1 : 0;
    }
  }

  std::string command() {
    const std::string id =
        pick(8) == 0 ? "1-" + std::to_string(pick(6)) : epoch() + "-" + std::to_string(age_ / 60 + pick(2));
    const std::string store(1, "abc"[pick(3)]);
    const std::string branch = pick(8) == 0 ? "2.1" : "1.1";
    const std::string of_branch = " " + store + " " + id + " " + branch;
    const auto voter = BranchName{store,
                                  {LogIdentity{0xa1}, Epoch{std::stoull(id)}, std::stoull(id.substr(id.find('-') + 1))},
                                  branch == "1.1" ? BranchNumber{1, 1} : BranchNumber{2, 1}};
    switch (pick(24)) {
      case 0: return "submit " + id + " a b";
      case 1: return "submit " + id + " a b c return=applied timeout=9s";
      case 2: return "commit " + id + " a:1.1:2 b:1.1:1";
      case 3: return "commit " + id + " c:1.1:1 return=applied";
      case 4: return pick(4) == 0 ? "abort " + id + " a:1.1 b" : "wound " + store + " " + id;
      case 5: return pick(4) == 0 ? "outcome " + id : "advance 100ms";
      case 6: return pick(4) == 0 ? "inquire" + of_branch : "durable";
      case 7: return pick(6) == 0 ? "no" + of_branch : "durable";
      case 8: return pick(6) == 0 ? "lost " + store + " " + id : "durable";
      case 9: return pick(3) != 0 ? "durable" : "read-only" + of_branch;
      case 10: return pick(3) == 0 && executes(voter) ? "executed" + of_branch : "durable";
      case 11: return pick(9) == 0 ? "crash" : "advance 1s";
      case 12: return pick(9) == 0 ? "crash keep" : "advance 10s";
      case 13: return pick(9) == 0 ? "advance 11min" : "lease 9";
      case 14:
      case 15: return "ack" + of_branch + " position=" + std::to_string(++position_);
      case 16: return "ack" + of_branch + " decision=abort";
      case 17: return pick(4) == 0 ? "ack" + of_branch + " kind=refused" : "durable";
      case 18: return "register " + store + " position=" + std::to_string(position_);
      default: break;
    }
    if (executed_.contains(voter)) return "durable";
    checker_.voted_yes(voter);
    return "yes" + of_branch;
  }

  // A branch that has executed only has written nothing, and never says yes.
  bool executes(const BranchName& branch) {
    if (checker_.has_voted_yes(branch)) return false;
    executed_.insert(branch);
    return true;
  }

  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

  std::string epoch() const { return std::to_string(static_cast<std::uint64_t>(stage_.durable().epoch())); }

  std::mt19937 random_;
  Stage stage_;
  Checker checker_;
  std::set<BranchName> executed_;
  unsigned age_ = 0;
  std::uint64_t position_ = 10;
  std::uint64_t commits_ = 0;
  std::string trace_;
};

TEST(RandomEvents, NeverMakeTheCoreContradictItself) {
  std::uint64_t commits = 0;
  const auto seeds = unless_sanitized(1000);
  for (unsigned seed = 1; seed <= seeds && !HasFailure(); ++seed) {
    Life life(seed);
    life.live(400);
    commits += life.commits();
    if (HasFailure()) FAIL() << "seed " << seed << ":\n" << life.trace();
  }
  EXPECT_GT(commits, seeds) << "the events are so wild that nothing commits: they show nothing";
}

}  // namespace
}  // namespace assent::coordinator
