// A StoreRunner over a store that fails as it is told.
#include "participant/service/store_runner.h"

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <semaphore>
#include <thread>
#include <utility>

#include "tests/unit/participant/service/fake_store.h"

namespace assent::participant {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

RunnerSettings quick() {
  RunnerSettings settings;
  settings.core.inquiry_first = 1ms;
  settings.core.inquiry_ceiling = 1ms;
  settings.reopen_first = 1ms;
  return settings;
}

TEST(StoreRunner, AStoreThatFailsRightAfterEachOpeningIsOpenedLessAndLessOften) {
  constexpr int kOpenings = 8;
  int openings = 0;
  std::promise<void> opened_often;
  const auto open = [&]() -> Result<std::unique_ptr<Store>> {
    if (++openings == kOpenings) opened_often.set_value();
    return fake_store(Health::kBroken);
  };
  StoreRunner runner(
      "a", open, quick(), [](const StoreOutput&) {}, silent());
  const auto start = Clock::now();
  ASSERT_TRUE(runner.start());
  opened_often.get_future().wait();
  EXPECT_GE(Clock::now() - start, (1 + 2 + 4 + 8 + 16 + 32 + 64) * 1ms);
}

ExecuteRequested begin_branch(std::uint64_t number) {
  ExecuteRequested event;
  event.call = CallId{number};
  event.id = {.log = LogIdentity{0xA}, .epoch = Epoch{7}, .number = number};
  event.timeout = 1s;
  event.statement = std::make_shared<const std::vector<Statement>>(1);
  return event;
}

// Every call that a runner answers or refuses, in order, and the branch of its last answer.
class Answered {
 public:
  void operator()(const StoreOutput& output) {
    for (const auto& effect : output.effects) {
      if (const auto* answer = std::get_if<ExecuteAnswered>(&effect)) add(answer->call, answer->branch);
      if (const auto* vote = std::get_if<VoteAnswered>(&effect)) add(vote->call);
      if (const auto* refusal = std::get_if<CallRefused>(&effect)) add(refusal->call);
    }
  }
  // The next one, when it is there.
  CallId wait() {
    there_.acquire();
    const std::lock_guard lock(mutex_);
    const auto call = calls_.front();
    calls_.pop_front();
    return call;
  }
  BranchNumber branch() {
    const std::lock_guard lock(mutex_);
    return branch_;
  }

 private:
  void add(CallId call, BranchNumber branch = {}) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(call);
    branch_ = branch;
    there_.release();
  }

  std::mutex mutex_;
  std::deque<CallId> calls_;
  BranchNumber branch_;
  std::counting_semaphore<> there_{0};
};

// The first answer that a runner delivers.
class FirstAnswer {
 public:
  void operator()(const StoreOutput& output) {
    for (const auto& effect : output.effects) {
      if (std::holds_alternative<SendInquiry>(effect) || is_set_) continue;
      is_set_ = true;
      answer_.set_value(effect);
    }
  }
  Effect wait() { return answer_.get_future().get(); }

 private:
  bool is_set_ = false;
  std::promise<Effect> answer_;
};

TEST(StoreRunner, AStoreThatReopensDuringADrainTakesNoBranches) {
  FirstAnswer answer;
  std::promise<void> reopen;
  std::promise<void> is_reopening;
  bool is_first = true;
  const auto open = [&]() -> Result<std::unique_ptr<Store>> {
    if (!std::exchange(is_first, false)) {
      is_reopening.set_value();
      reopen.get_future().wait();
      return fake_store(Health::kFine);
    }
    return fake_store(Health::kBroken);
  };
  StoreRunner runner("a", open, quick(), std::ref(answer), silent());
  ASSERT_TRUE(runner.start());
  is_reopening.get_future().wait();
  runner.drain();
  reopen.set_value();
  while (!runner.post(begin_branch(1))) std::this_thread::yield();
  const Effect effect = answer.wait();
  ASSERT_TRUE(std::holds_alternative<CallRefused>(effect));
  EXPECT_EQ(std::get<CallRefused>(effect).message, "this store is shutting down; run the transaction again later");
}

// Lets each run of statements go on when it is told to.
class SlowStore final : public Store {
 public:
  SlowStore(std::counting_semaphore<>& permits, std::counting_semaphore<>& begun) : permits_(permits), begun_(begun) {}

  const RecoveredStore& recovered() const override { return recovered_; }
  Result<Execution> execute(const Run& run) override {
    begun_.release();
    permits_.acquire();
    Execution execution;
    execution.results.resize(run.statements.size());
    return execution;
  }
  StoreCounters counters() const override { return {}; }
  std::optional<TransactionId> branch_at_hand() const override { return {}; }
  Result<void> end_executions() override { return {}; }
  Result<StorePosition> journal(std::span<const JournalOperation>) override { return StorePosition{1}; }
  Result<SchemaChange> apply_schema(const std::string&) override { return SchemaChange{}; }
  const std::string& foreign_write() const override { return foreign_write_; }
  bool is_short_of_space() const override { return false; }

 private:
  std::counting_semaphore<>& permits_;
  std::counting_semaphore<>& begun_;
  std::string foreign_write_;
  RecoveredStore recovered_{.identity = {}, .start_number = 2, .position = {}, .rows = {}, .coordinators = {}};
};

TEST(StoreRunner, AnswersAndEventsDoNotWaitForAllRunsOfABatch) {
  std::counting_semaphore<> permits(0);
  std::counting_semaphore<> begun(0);
  FirstAnswer answer;
  auto settings = quick();
  settings.batch_time = 0ms;
  const auto open = [&]() -> Result<std::unique_ptr<Store>> { return std::make_unique<SlowStore>(permits, begun); };
  StoreRunner runner("a", open, settings, std::ref(answer), silent());
  ASSERT_TRUE(runner.start());
  std::promise<void> is_busy;
  std::promise<void> go_on;
  ASSERT_TRUE(runner.ask([&](const BranchTable&, const StoreReport&, Time) {
    is_busy.set_value();
    go_on.get_future().wait();
  }));
  is_busy.get_future().wait();
  // All three become one batch.
  for (std::uint64_t number = 1; number <= 3; ++number) ASSERT_TRUE(runner.post(begin_branch(number)));
  go_on.set_value();
  permits.release();
  EXPECT_EQ(std::get<ExecuteAnswered>(answer.wait()).call, CallId{1}) << "while two runs have yet to begin";
  std::promise<std::size_t> active;
  ASSERT_TRUE(
      runner.ask([&](const BranchTable&, const StoreReport& report, Time) { active.set_value(report.totals.active); }));
  permits.release();
  EXPECT_EQ(active.get_future().get(), 3U) << "while the third has yet to begin";
  permits.release();
}

TEST(StoreRunner, WhatComesDuringALongRunIsAnsweredBeforeTheNextOneBegins) {
  std::counting_semaphore<> permits(0);
  std::counting_semaphore<> begun(0);
  Answered answered;
  auto settings = quick();
  settings.batch_time = 0ms;
  const auto open = [&]() -> Result<std::unique_ptr<Store>> { return std::make_unique<SlowStore>(permits, begun); };
  StoreRunner runner("a", open, settings, std::ref(answered), silent());
  ASSERT_TRUE(runner.start());
  ASSERT_TRUE(runner.post(begin_branch(1)));
  begun.acquire();
  ASSERT_TRUE(runner.post(begin_branch(2)));
  auto refused = begin_branch(3);
  refused.statement = nullptr;
  ASSERT_TRUE(runner.post(refused));
  permits.release();
  EXPECT_EQ(answered.wait(), CallId{1});
  EXPECT_EQ(answered.wait(), CallId{3}) << "while the second run has yet to begin, or to end";
  permits.release();
  EXPECT_EQ(answered.wait(), CallId{2});
}

// Says that its branches need a last run, which fails; remembers how it was asked to run them.
class LastRunStore final : public Store {
 public:
  struct Asked {
    TransactionId id;
    std::size_t statements = 0;
    IsolationLevel level{};
    bool is_last = false;
  };

  explicit LastRunStore(std::vector<Asked>& asked) : asked_(asked) {}

  const RecoveredStore& recovered() const override { return recovered_; }
  Result<Execution> execute(const Run& run) override {
    asked_.push_back({run.id, run.statements.size(), run.level, run.is_last});
    Execution execution;
    execution.results.resize(run.statements.size());
    execution.needs_last_run = !run.is_last;
    if (run.is_last) {
      execution.failure.reason = AbortReason::kConstraint;
    } else {
      execution.changes = {.bytes = "c", .rows = 1};
    }
    return execution;
  }
  StoreCounters counters() const override { return {}; }
  std::optional<TransactionId> branch_at_hand() const override { return {}; }
  Result<void> end_executions() override { return {}; }
  Result<StorePosition> journal(std::span<const JournalOperation>) override { return StorePosition{1}; }
  Result<SchemaChange> apply_schema(const std::string&) override { return SchemaChange{}; }
  const std::string& foreign_write() const override { return foreign_write_; }
  bool is_short_of_space() const override { return false; }

 private:
  std::string foreign_write_;
  std::vector<Asked>& asked_;
  RecoveredStore recovered_{.identity = {}, .start_number = 2, .position = {}, .rows = {}, .coordinators = {}};
};

TEST(StoreRunner, AStoreIsToldTheLevelOfABranchAndItsLastRun) {
  std::vector<LastRunStore::Asked> asked;
  Answered answered;
  const auto open = [&]() -> Result<std::unique_ptr<Store>> { return std::make_unique<LastRunStore>(asked); };
  StoreRunner runner("a", open, quick(), std::ref(answered), silent());
  ASSERT_TRUE(runner.start());
  auto statement = begin_branch(1);
  statement.level = IsolationLevel::kReadCommitted;
  ASSERT_TRUE(runner.post(statement));
  EXPECT_EQ(answered.wait(), CallId{1});
  PrepareRequested prepare;
  prepare.call = CallId{2};
  prepare.opening = runner.standing()->opening;
  prepare.coordinator.line = {.log = statement.id.log, .epoch = statement.id.epoch, .nonce = {}, .durable = {}};
  prepare.id = statement.id;
  prepare.branch = answered.branch();
  prepare.statement_count = 1;
  ASSERT_TRUE(runner.post(prepare));
  EXPECT_EQ(answered.wait(), CallId{2});
  ASSERT_EQ(asked.size(), 2U);
  for (const auto& run : asked) {
    EXPECT_EQ(run.id, statement.id);
    EXPECT_EQ(run.level, IsolationLevel::kReadCommitted);
  }
  EXPECT_EQ(asked[0].statements, 1U);
  EXPECT_FALSE(asked[0].is_last);
  EXPECT_EQ(asked[1].statements, 0U);
  EXPECT_TRUE(asked[1].is_last);
}

TEST(StoreRunner, AStoreThatIsUnavailableAtTheStartIsOpenedLater) {
  FirstAnswer answer;
  std::promise<void> is_free;
  bool is_first = true;
  const auto open = [&]() -> Result<std::unique_ptr<Store>> {
    if (std::exchange(is_first, false)) return Error{ErrorKind::kUnavailable, "a reader is in the way"};
    is_free.get_future().wait();
    return fake_store(Health::kFine);
  };
  StoreRunner runner("a", open, quick(), std::ref(answer), silent());
  ASSERT_TRUE(runner.start());
  EXPECT_EQ(runner.offline(), "a reader is in the way");
  is_free.set_value();
  while (!runner.post(begin_branch(1))) std::this_thread::yield();
  EXPECT_TRUE(std::holds_alternative<ExecuteAnswered>(answer.wait()));
}

TEST(StoreRunner, AStoreThatNeedsAPersonDoesNotStart) {
  const auto open = []() -> Result<std::unique_ptr<Store>> { return Error{ErrorKind::kCorrupt, "not a database"}; };
  StoreRunner runner(
      "a", open, quick(), [](const StoreOutput&) {}, silent());
  const auto started = runner.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().message, "not a database");
}

TEST(StoreRunner, WhatEndsWorkFindsMoreRoomInTheInboxButNotWithoutEnd) {
  std::promise<void> go_on;
  auto settings = quick();
  settings.inbox_events = 2;
  const auto open = []() -> Result<std::unique_ptr<Store>> { return fake_store(Health::kFine); };
  StoreRunner runner(
      "a", open, settings, [](const StoreOutput&) {}, silent());
  ASSERT_TRUE(runner.start());
  std::promise<void> is_busy;
  ASSERT_TRUE(runner.ask([&](const BranchTable&, const StoreReport&, Time) {
    is_busy.set_value();
    go_on.get_future().wait();
  }));
  is_busy.get_future().wait();
  EXPECT_TRUE(runner.post(begin_branch(1)));
  EXPECT_TRUE(runner.post(begin_branch(2)));
  EXPECT_EQ(runner.post(begin_branch(3)).error().kind, ErrorKind::kOverloaded);
  EXPECT_EQ(runner.ask([](const BranchTable&, const StoreReport&, Time) {}).error().kind, ErrorKind::kOverloaded);
  for (int more = 0; more < 6; ++more) EXPECT_TRUE(runner.post(RegistrationAccepted{}));
  EXPECT_EQ(runner.post(RegistrationAccepted{}).error().kind, ErrorKind::kOverloaded);
  go_on.set_value();
}

TEST(StoreRunner, NewBranchesAreServedBesideManyDecisionsAboutRecoveredOnes) {
  std::promise<void> is_busy;
  std::promise<void> go_on;
  auto settings = quick();
  settings.recovery_events = 1;
  Answered answered;
  const auto open = []() -> Result<std::unique_ptr<Store>> { return fake_store(Health::kFine); };
  StoreRunner runner("a", open, settings, std::ref(answered), silent());
  ASSERT_TRUE(runner.start());
  ASSERT_TRUE(runner.ask([&](const BranchTable&, const StoreReport&, Time) {
    is_busy.set_value();
    go_on.get_future().wait();
  }));
  is_busy.get_future().wait();
  const auto decision = [](std::uint64_t call, std::uint64_t start) {
    DecisionReceived event;  // meant for another opening: it is refused when its turn comes
    event.call = CallId{call};
    event.id = kFive;
    event.branch = {.start = start, .counter = 1};
    return event;
  };
  for (std::uint64_t call = 11; call <= 13; ++call) ASSERT_TRUE(runner.post(decision(call, 1)));
  ASSERT_TRUE(runner.post(ResolveRequested{.call = CallId{14}, .id = {}, .decision = {}, .reason = {}}));
  ASSERT_TRUE(runner.post(decision(21, 2)));
  ASSERT_TRUE(runner.post(begin_branch(1)));
  go_on.set_value();
  for (const std::uint64_t call : {21U, 11U, 1U, 12U, 13U, 14U}) EXPECT_EQ(answered.wait(), CallId{call});
}

TEST(StoreRunner, EventsThatComeTogetherAreOneBatch) {
  const auto open = []() -> Result<std::unique_ptr<Store>> { return fake_store(Health::kFine); };
  StoreRunner runner(
      "a", open, quick(), [](const StoreOutput&) {}, silent());
  ASSERT_TRUE(runner.start());
  std::vector<Event> together;
  for (std::uint64_t number = 1; number <= 1000; ++number) together.emplace_back(begin_branch(number));
  EXPECT_TRUE(runner.post(std::move(together)).empty());
  std::promise<std::int64_t> most;
  ASSERT_TRUE(runner.ask([&](const BranchTable&, const StoreReport& report, Time) {
    most.set_value(to_wire(report.runner.batch_items).max);
  }));
  EXPECT_GE(most.get_future().get(), 1000);
}

TEST(StoreRunner, OfEventsThatComeTogetherThoseAreRefusedThatFindNoRoom) {
  auto settings = quick();
  settings.inbox_events = 2;
  const auto open = []() -> Result<std::unique_ptr<Store>> { return fake_store(Health::kFine); };
  StoreRunner runner(
      "a", open, settings, [](const StoreOutput&) {}, silent());
  ASSERT_TRUE(runner.start());
  std::vector<Event> together;
  for (std::uint64_t number = 1; number <= 3; ++number) together.emplace_back(begin_branch(number));
  together.emplace_back(RegistrationAccepted{});
  const auto refused = runner.post(std::move(together));
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused.front().index, 2U);
  EXPECT_EQ(refused.front().error.kind, ErrorKind::kOverloaded);
}

}  // namespace
}  // namespace assent::participant
