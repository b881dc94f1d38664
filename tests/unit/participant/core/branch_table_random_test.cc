// Random events, most of them repeated, late or wrong, with restarts of the store and of its coordinator at any point,
// replaced coordinators that lie, and operators that decide by hand. A checker outside the table holds it to what it
// must never do. Seeds are fixed, and printed when they fail.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>

#include "participant/core/branch_table.h"
#include "participant/core/text.h"
#include "tests/sanitized.h"
#include "tests/unit/participant/core/journaled_rows.h"
#include "tests/unit/participant/core/met.h"
#include "tests/unit/participant/core/speaker.h"

namespace assent::participant {
namespace {

using namespace std::chrono_literals;

constexpr LogIdentity kLog{0xA};
constexpr std::uint64_t kTransactions = 6;  // of each epoch
constexpr std::uint64_t kFirstEpoch = 7;

class Chaos {
 public:
  explicit Chaos(std::uint64_t seed) : random_(seed) { open(); }

  void play(std::size_t steps) {
    for (std::size_t step = 0; step < steps && !testing::Test::HasFailure(); ++step) {
      if (pick(60) == 0) {
        if (pick(2) == 0) write();
        open();
      }
      if (pick(80) == 0) restart_coordinator();
      now_ += pick(4) == 0 ? Duration{std::chrono::milliseconds(pick(3000))} : 0ms;
      feed(any_event());
      if (pick(3) == 0) feed(BatchEnded{});
      if (pick(3) == 0) confirm();
    }
    settle();
  }

  static Met met;

 private:
  struct Call {
    TransactionId id;
    std::optional<CoordinatorLine> line;  // of the message, if the opening was right: then it must be durable first
    std::optional<Decision> decision;
  };

  std::uint64_t pick(std::uint64_t below) {
    return std::uniform_int_distribution<std::uint64_t>(0, below - 1)(random_);
  }
  TransactionId any_id() {
    const std::uint64_t epochs = std::min<std::uint64_t>(2, epoch_ - kFirstEpoch + 1);
    return {.log = kLog, .epoch = Epoch{epoch_ - pick(epochs)}, .number = pick(kTransactions)};
  }
  static Position position_of(const TransactionId& id) {
    return Position{100 * static_cast<std::uint64_t>(id.epoch) + id.number};
  }
  CallId new_call(const Call& call) {
    const CallId made{++last_call_};
    unanswered_.insert(made);
    calls_[made] = call;
    return made;
  }

  // ---- coordinators ----

  static CoordinatorLine line(std::uint64_t epoch, std::uint64_t nonce) {
    return {.log = kLog, .epoch = Epoch{epoch}, .nonce = Nonce{nonce}, .durable = Position{0}};
  }
  CoordinatorLine line() const { return line(epoch_, epoch_); }

  // Whoever has had an answer may have promised something: no earlier start, and no copy, may be heard any more.
  bool is_replaced(const CoordinatorLine& line) const { return is_fenced_by(answered_, line); }

  // Mostly the coordinator that runs now; or an earlier start of it, or a copy where the store knows the right one.
  CoordinatorLine some_line() {
    switch (pick(12)) {
      case 0: {
        const std::uint64_t epoch = epoch_ - pick(epoch_ - kFirstEpoch + 1);
        return line(epoch, epoch);
      }
      case 1:
        if (answered_.epoch != Epoch{}) return line(static_cast<std::uint64_t>(answered_.epoch), 1'000'000);
        [[fallthrough]];
      default: return line();
    }
  }

  // What it had not decided is aborted.
  void restart_coordinator() {
    for (std::uint64_t number = 0; number < kTransactions; ++number) {
      const TransactionId id{.log = kLog, .epoch = Epoch{epoch_}, .number = number};
      if (!commits_.contains(id)) aborted_.insert({id, kNoBranch});
    }
    ++epoch_;
  }

  // ---- events ----

  // Most often the branch that the store named last.
  BranchNumber some_branch(const TransactionId& id) {
    const auto known = branches_.find(id);
    if (known == branches_.end() || pick(8) == 0)
      return pick(2) == 0 ? kNoBranch : BranchNumber{disk_.start, 1 + pick(9)};
    return known->second;
  }

  // The coordinator's decision is made once: commit only what voted yes, and that branch only.
  bool is_committed(const TransactionId& id, BranchNumber branch) const {
    const auto decided = commits_.find(id);
    return decided != commits_.end() && decided->second == branch;
  }

  Event any_event() {
    if (pick(150) == 0) return DrainRequested{};
    if (pick(40) == 0) {
      if (pick(4) == 0) disk_.is_written_by_another = true;
      return HealthChanged{pick(3) == 0 ? "short of space" : "", disk_.is_written_by_another ? "at noon" : ""};
    }
    if (pick(40) == 0) {
      return SchemaChangeRequested{new_call({}), std::make_shared<const std::string>("CREATE TABLE t(x)")};
    }
    if (pick(40) == 0) return AcknowledgeWriteRequested{new_call({})};
    const TransactionId id = any_id();
    const CoordinatorLine speaker = some_line();
    const Opening opening = pick(30) == 0 ? Opening{1} : kOpening;
    const Call call{id, opening == kOpening ? std::optional(speaker) : std::nullopt, {}};
    const auto statements = std::make_shared<std::vector<Statement>>(1);
    if (pick(40) == 0) return TestimonyRequested{new_call(call), opening, view_of(speaker), std::nullopt, 1000};
    switch (pick(14)) {
      case 0:
      case 1:
        return ExecuteRequested{new_call({id, {}, {}}),
                                id,
                                100 - id.number,
                                some_branch(id),
                                static_cast<std::uint32_t>(pick(3)),
                                statements,
                                5s,
                                "there"};
      case 2:
        return ExecuteRequested{new_call({id, {}, {}}), id, 100 - id.number, kNoBranch, 0, statements, 5s, "there"};
      case 3:
      case 4:
        return ExecuteAndPrepareRequested{new_call(call), opening, view_of(speaker), id, 100 - id.number,
                                          statements,     5s,      {"here"}};
      case 5:
      case 6:
        return PrepareRequested{
            new_call(call), opening, view_of(speaker), id, some_branch(id), static_cast<std::uint32_t>(1 + pick(2)),
            {"here"}};
      case 7:
      case 8: return decision(id, speaker, opening);
      case 9: return inquiry_answer(id, speaker);
      case 10: return TimePassed{};
      case 11:
        if (pick(4) != 0) return TimePassed{};
        return ResolveRequested{new_call({id, {}, {}}), id, pick(2) == 0 ? Decision::kCommit : Decision::kAbort,
                                pick(10) == 0 ? "" : "ada, for the store must go on"};
      default: return RegistrationAccepted{view_of(speaker)};
    }
  }

  Event decision(const TransactionId& id, const CoordinatorLine& speaker, Opening opening) {
    const BranchNumber branch = some_branch(id);
    Decision decision = Decision::kAbort;
    if (is_replaced(speaker)) {  // it may say anything
      decision = pick(2) == 0 ? Decision::kCommit : Decision::kAbort;
    } else {
      const bool may_commit = yes_.contains({id, branch}) && !aborted_.contains({id, branch}) &&
                              !commits_.contains(id) && !aborted_.contains({id, kNoBranch});
      if (may_commit && pick(2) == 0) commits_[id] = branch;
      if (is_committed(id, branch)) decision = Decision::kCommit;
      if (decision == Decision::kAbort) {
        if (branch == kNoBranch && (commits_.contains(id) || pick(20) != 0)) return TimePassed{};
        aborted_.insert({id, branch});
      }
    }
    const Call call{id, opening == kOpening ? std::optional(speaker) : std::nullopt, decision};
    return DecisionReceived{new_call(call), opening,  std::make_shared<const CoordinatorView>(view_of(speaker)),   id,
                            branch,         decision, decision == Decision::kCommit ? position_of(id) : Position{}};
  }

  Event inquiry_answer(const TransactionId& id, const CoordinatorLine& speaker) {
    const BranchNumber branch = some_branch(id);
    InquiryResult result = InquiryResult::kUndecided;
    if (is_replaced(speaker)) {
      result = pick(2) == 0 ? InquiryResult::kCommit : InquiryResult::kAbort;
    } else if (is_committed(id, branch)) {
      result = InquiryResult::kCommit;
    } else if (pick(2) == 0) {
      result = pick(2) == 0 ? InquiryResult::kAbort : InquiryResult::kEnded;
      aborted_.insert({id, branch});
    }
    return InquiryAnswered{std::make_shared<const CoordinatorView>(view_of(speaker)), id, branch, result,
                           result == InquiryResult::kCommit ? position_of(id) : Position{}};
  }

  void feed(const Event& event) {
    const std::optional<CoordinatorLine> speaker = speaker_of(event);
    const bool is_fenced = speaker && is_fenced_by(table_->seen(kLog), *speaker);
    EXPECT_TRUE(is_fenced || !speaker || !is_replaced(*speaker)) << "a replaced coordinator is heard again";
    if (const auto* health = std::get_if<HealthChanged>(&event)) {
      is_short_ = !health->short_of_space.empty();
      is_able_ = !is_short_ && health->foreign_write.empty();
    }
    if (std::holds_alternative<DrainRequested>(event)) drains_ = true;
    is_durable_ = std::holds_alternative<JournalDurable>(event);

    Effects effects;
    table_->step(event, now_, effects);
    if (speaker) expect_none_of_earlier_epochs();
    for (const Effect& effect : effects) {
      SCOPED_TRACE(to_text(effect));
      if (is_fenced) expect_refusal(effect, speaker->epoch == table_->seen(kLog).epoch);
      std::visit([this](const auto& any) { observe(any); }, effect);
    }
    // What is to be run is run at once, as by the store.
    while (!runs_.empty()) {
      const RunStatements run = runs_.front();
      runs_.pop_front();
      feed(ran(run));
    }
  }

  StatementsRan ran(const RunStatements& run) {
    StatementsRan ran{run.run, std::make_shared<std::vector<StatementResult>>(run.statements->size()), {}, {}, {}};
    const bool is_check = run.statements->empty();
    const bool writes = !is_check && pick(3) != 0;
    ran.needs_last_run = needs_last_run(run.id) && !run.is_last;
    if (is_check && pick(2) == 0) {
      ran.results = std::make_shared<std::vector<StatementResult>>();
      ran.failure = {.reason = AbortReason::kConstraint, .store = {}, .detail = "checked"};
      ++met.refused_by_last_run;
    }
    if (writes) ran.changes = {.bytes = "c", .rows = 1};
    for (std::uint64_t i = 0; i <= pick(2); ++i) {
      ran.locks.push_back({{"t", std::to_string(pick(3))}, writes ? LockMode::kExclusive : LockMode::kShared});
    }
    return ran;
  }

  // ---- what it must never do ----

  static void expect_refusal(const Effect& effect, bool is_copy) {
    const auto* const refusal = std::get_if<CallRefused>(&effect);
    const bool is_alarm = is_copy && std::holds_alternative<Alarm>(effect);
    EXPECT_TRUE(is_alarm || (refusal && refusal->kind == RefusalKind::kFenced)) << "who is fenced has an effect";
    if (refusal != nullptr) ++met.fenced;
  }

  void expect_none_of_earlier_epochs() {
    const Epoch epoch = table_->seen(kLog).epoch;
    for (const BranchSummary& branch : table_->branches(1000, now_)) {
      EXPECT_FALSE(branch.state == "active" && branch.id.epoch < epoch) << to_string(branch.id);
    }
  }

  // Its call; it has no other answer. `was_heard`: not if the answer refuses to hear its coordinator.
  const Call& answered(CallId call, bool was_heard = true) {
    EXPECT_EQ(unanswered_.erase(call), 1U) << "each call gets one answer";
    const Call& answered = calls_.at(call);
    if (answered.line && was_heard) {
      EXPECT_FALSE(is_fenced_by(*answered.line, disk_.coordinators[kLog].line)) << "F2: its line is not on disk";
      EXPECT_GE(disk_.coordinators[kLog].line.epoch, answered.line->epoch) << "F2: its line is not on disk";
      if (answered.line->epoch > answered_.epoch) answered_ = *answered.line;
    }
    return answered;
  }

  void named(const TransactionId& id, BranchNumber branch) {
    EXPECT_EQ(numbers_.try_emplace(branch, id).first->second, id) << "one number for two branches";
    branches_[id] = branch;
  }

  // Of some transactions, every run says so.
  static bool needs_last_run(const TransactionId& id) { return id.number % 2 == 0; }

  void observe(const RunStatements& run) {
    EXPECT_TRUE(run.is_last || !run.statements->empty());
    EXPECT_TRUE(needs_last_run(run.id) || !run.statements->empty()) << "a last run that no run has asked for";
    was_last_[run.id] = run.is_last;
    runs_.push_back(run);
  }
  void observe(const WriteJournal& write) {
    EXPECT_TRUE(ordered_.empty()) << "one journal transaction is under way at a time";
    EXPECT_FALSE(is_applying_) << "S4: something is journaled while a schema is applied";
    EXPECT_FALSE(write.operations.empty());
    ordered_ = write.operations;
  }
  void observe(const ApplySchema&) {
    EXPECT_TRUE(ordered_.empty() && !is_applying_) << "S4: a schema is applied while something is journaled";
    is_applying_ = true;
    for (const auto& [id, row] : disk_.rows) EXPECT_NE(row.state, RowState::kPrepared) << "S2: " << to_string(id);
    for (const LockSummary& lock : table_->locks(1000, now_)) {
      EXPECT_TRUE(lock.id == kStoreItself || !lock.granted) << "S2: " << to_text(lock.name);
    }
  }
  void observe(const SchemaAnswered& answer) {
    answered(answer.call);
    EXPECT_EQ(answer.version, SchemaVersion{disk_.position}) << "answered before it is applied";
    ++met.applied;
  }
  void observe(const AcknowledgeWriteAnswered& answer) {
    answered(answer.call);
    EXPECT_FALSE(disk_.is_written_by_another) << "answered before the acknowledgement is durable";
    is_able_ = is_able_ || !is_short_;
    ++met.acknowledged;
  }
  void observe(const TestimonyGiven& answer) {
    const Epoch epoch = answered(answer.call).line->epoch;
    std::set<TransactionId> told;
    for (const auto& branch : answer.testimony.branches) told.insert(branch.id);
    for (const BranchSummary& branch : table_->branches(1000, now_)) {
      EXPECT_TRUE(branch.id.epoch >= epoch || told.contains(branch.id)) << to_string(branch.id);
    }
    ++met.testified;
  }
  void observe(const ExecuteAnswered& answer) {
    const Call& call = answered(answer.call);
    if (answer.ended.reason == AbortReason::kNone) named(call.id, answer.branch);
  }
  void observe(const VoteAnswered& answer) {
    const Call& call = answered(answer.call);
    if (answer.already_committed) return;
    if (answer.vote == Vote::kNo) {
      if (!is_able_ && answer.cause.reason == AbortReason::kVoteNo) ++met.unable;
      return;
    }
    named(call.id, answer.branch);
    if (answer.vote != Vote::kYes) return;
    const NamedBranch branch{call.id, answer.branch};
    EXPECT_TRUE(disk_.prepared.contains(branch)) << "a vote of yes before its row is durable";
    yes_.insert(branch);
  }
  void observe(const DecisionAnswered& answer) {
    const Call& call = answered(answer.call);
    EXPECT_EQ(answer.id, call.id);
    if (is_durable_ && call.decision == Decision::kAbort)
      ++met.held;  // no abort waits for the journal for its own sake
    EXPECT_NE(answer.kind, AcknowledgementKind::kRefused) << "who says the truth is refused";
    if (answer.kind == AcknowledgementKind::kAgrees) ++met.agreed;
    if (answer.kind == AcknowledgementKind::kContradicts) ++met.contradicted;
    const auto by_hand = std::find_if(disk_.by_hand.begin(), disk_.by_hand.end(),
                                      [&](const auto& resolved) { return resolved.first.first == call.id; });
    if (answer.kind == AcknowledgementKind::kAgrees || answer.kind == AcknowledgementKind::kContradicts) {
      ASSERT_NE(by_hand, disk_.by_hand.end()) << "no operator has resolved it";
      EXPECT_EQ(by_hand->second == *call.decision, answer.kind == AcknowledgementKind::kAgrees);
    }
    if (answer.kind != AcknowledgementKind::kDone || call.decision != Decision::kCommit) return;
    const auto row = disk_.rows.find(answer.id);
    const bool is_of_the_commit = row != disk_.rows.end() && row->second.branch == commits_.at(answer.id);
    if (!is_of_the_commit) return;
    EXPECT_EQ(row->second.state, RowState::kCommitted) << "acknowledged before the apply is durable";
  }
  void observe(const CallRefused& answer) {
    answered(answer.call, answer.kind != RefusalKind::kFenced);
    if (answer.message.find("prepared at this store") != std::string::npos) ++met.overdue;
    if (is_durable_) ++met.held;
  }
  void observe(const ResolveAnswered& answer) {
    EXPECT_EQ(answered(answer.call).id, answer.branch.id);
    const NamedBranch branch{answer.branch.id, answer.branch.branch};
    EXPECT_TRUE(disk_.by_hand.contains(branch)) << "answered before the resolution is durable";
  }
  void observe(const SendInquiry& inquiry) { EXPECT_TRUE(disk_.rows.contains(inquiry.id)); }
  void observe(const SendWound& wound) { EXPECT_TRUE(disk_.rows.contains(wound.id)); }
  void observe(const Alarm&) {}
  void observe(const Transition& transition) {
    EXPECT_FALSE(transition.from == "none" && drains_) << "a branch begins at a store that drains";
    EXPECT_FALSE(transition.to == "preparing" && !is_able_) << "a store promises what it says it cannot";
    EXPECT_FALSE(transition.to == "preparing" && needs_last_run(transition.id) && !was_last_[transition.id])
        << "B8: a store promises what it has not checked";
  }

  void write() {
    for (const JournalOperation& operation : std::exchange(ordered_, {})) std::visit(disk_, operation);
    ++disk_.position;
  }

  void confirm() {
    if (std::exchange(is_applying_, false)) {
      if (pick(4) == 0) return feed(SchemaApplied{{.failure = "no such table", .version = {}, .position = {}}});
      return feed(SchemaApplied{disk_.apply_schema()});
    }
    if (ordered_.empty()) return;
    write();
    feed(JournalDurable{StorePosition{disk_.position}});
  }

  void open() {
    ordered_.clear();
    runs_.clear();
    unanswered_.clear();
    is_applying_ = false;
    is_short_ = false;
    is_able_ = true;
    drains_ = false;
    if (table_) count();
    RecoveredStore recovered{StoreIdentity{1}, ++disk_.start, StorePosition{disk_.position}, {}, {}};
    for (const auto& [id, row] : disk_.rows) recovered.rows.push_back(row);
    for (const auto& [log, seen] : disk_.coordinators) recovered.coordinators.push_back(seen);
    table_ = std::make_unique<BranchTable>(Settings{}, recovered, kOpening, now_);
  }

  void count() const {
    met.committed += table_->counters().committed;
    met.wounded += table_->counters().wounded;
  }

  // The coordinator tells everything that it has decided, and releases it: nothing may be left over.
  void settle() {
    for (int round = 0; round < 8; ++round) {
      now_ += 31s;
      feed(TimePassed{});
      for (const BranchSummary& branch : table_->branches(1000, now_)) {
        const bool commits = is_committed(branch.id, branch.branch);
        const Decision decision = commits ? Decision::kCommit : Decision::kAbort;
        feed(DecisionReceived{new_call({branch.id, line(), decision}), kOpening,
                              std::make_shared<const CoordinatorView>(view_of(line())), branch.id, branch.branch,
                              decision, commits ? position_of(branch.id) : Position{}});
      }
      now_ += 4ms;
      feed(BatchEnded{});
      confirm();
    }
    feed(RegistrationAccepted{view_of(line(), 1'000'000)});
    now_ += 1s;
    feed(BatchEnded{});
    confirm();
    count();
    const Totals totals = table_->totals(now_);
    EXPECT_EQ(
        totals.active + totals.prepared + totals.committed + totals.operator_resolved + totals.locks + totals.waiting,
        0U);
    EXPECT_TRUE(disk_.rows.empty());
    EXPECT_TRUE(unanswered_.empty());
    EXPECT_EQ(table_->next_deadline(), std::nullopt);
    // Whatever operators did, only theirs differs from what the coordinator decided.
    for (const auto& [id, branch] : commits_) {
      const auto by_hand = disk_.by_hand.find({id, branch});
      const bool given_up = by_hand != disk_.by_hand.end() && by_hand->second == Decision::kAbort;
      EXPECT_EQ(disk_.applied.contains({id, branch}), !given_up) << to_string(id) << " was committed";
    }
    for (const auto& [branch, times] : disk_.applied) {
      const auto by_hand = disk_.by_hand.find(branch);
      const bool forced = by_hand != disk_.by_hand.end() && by_hand->second == Decision::kCommit;
      EXPECT_TRUE(forced || is_committed(branch.first, branch.second))
          << to_string(branch.first) << " was applied, and nobody committed it";
    }
  }

  std::mt19937_64 random_;
  Time now_{};
  JournaledRows disk_;
  std::unique_ptr<BranchTable> table_;
  std::vector<JournalOperation> ordered_;
  std::deque<RunStatements> runs_;
  std::map<TransactionId, bool> was_last_;  // the last run that was ordered
  std::set<CallId> unanswered_;
  std::map<CallId, Call> calls_;
  std::uint64_t last_call_ = 0;
  std::map<BranchNumber, TransactionId> numbers_;
  std::map<TransactionId, BranchNumber> branches_;  // that the store named last
  std::uint64_t epoch_ = kFirstEpoch;
  CoordinatorLine answered_;  // the highest whose calls the store has answered
  bool is_able_ = true;       // to promise
  bool is_short_ = false;     // of space
  bool is_applying_ = false;  // a schema
  bool drains_ = false;
  bool is_durable_ = false;  // the event under way is of the journal
  std::set<NamedBranch> yes_;
  std::set<NamedBranch> aborted_;
  std::map<TransactionId, BranchNumber> commits_;
};

Met Chaos::met;

TEST(BranchTableRandom, NeverDoesWhatItMustNot) {
  for (std::uint64_t seed = 1; seed <= unless_sanitized(1500); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Chaos(seed).play(300);
    if (HasFailure()) break;
  }
  // It has met what it is about.
  Chaos::met.expect_enough();
}

}  // namespace
}  // namespace assent::participant
