// A StoreRunner over a store that fails as it is told.
#include "participant/service/store_runner.h"

#include <gtest/gtest.h>
#include <spdlog/sinks/null_sink.h>

#include <chrono>
#include <future>
#include <optional>

namespace assent::participant {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr TransactionId kFive{.log = LogIdentity{0xA}, .epoch = Epoch{7}, .number = 5};

// Holds one prepared branch, which soon asks for its coordinator, and may fail as soon as anything is done.
class FakeStore final : public Store {
 public:
  explicit FakeStore(bool is_broken) : is_broken_(is_broken) {
    BranchRow row;
    row.id = kFive;
    row.branch = {.start = 1, .counter = 1};
    row.statement_count = 1;
    recovered_.start_number = 2;
    recovered_.rows.push_back(row);
  }

  const RecoveredStore& recovered() const override { return recovered_; }
  Result<Execution> execute(const Changes&, std::span<const Statement> statements) override {
    Execution execution;
    execution.results.resize(statements.size());
    return execution;
  }
  Result<void> end_executions() override {
    if (is_broken_) return Error{ErrorKind::kIo, "broken"};
    return {};
  }
  Result<StorePosition> journal(std::span<const JournalOperation>) override { return StorePosition{1}; }
  bool is_short_of_space() const override { return false; }

 private:
  const bool is_broken_;
  RecoveredStore recovered_;
};

std::shared_ptr<spdlog::logger> silent() {
  return std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>());
}

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
    return std::unique_ptr<Store>(std::make_unique<FakeStore>(true));
  };
  StoreRunner runner("a", open, quick(), [](const StoreOutput&) {}, silent());
  const auto start = Clock::now();
  ASSERT_TRUE(runner.start());
  opened_often.get_future().wait();
  EXPECT_GE(Clock::now() - start, (1 + 2 + 4 + 8 + 16 + 32 + 64) * 1ms);
}

}  // namespace
}  // namespace assent::participant
