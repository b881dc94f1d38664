// The writer's thread, on a log that stops where the test wants it to.
#include "coordinator/service/log_writer.h"

#include <gmock/gmock.h>
#include <spdlog/sinks/base_sink.h>

#include <boost/asio/executor_work_guard.hpp>
#include <chrono>
#include <future>

#include "thrift/daemon/clock.h"

namespace assent::coordinator {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto kLong = 20s;

// Reports no room for what is to come from the first claim on, and claims only when the test lets it.
class SlowLog final : public DecisionLog {
 public:
  explicit SlowLog(std::shared_future<void> may_claim) : may_claim_(std::move(may_claim)) {}

  const LogState& state() const override { return state_; }
  Result<void> append(Position /*first*/, std::span<const LogRecord> /*records*/) override { return {}; }
  void claim_ahead() override {
    may_claim_.wait();
    status_.out_of_space = "the disk is full";
  }
  LogStatus status() const override { return status_; }

 private:
  const std::shared_future<void> may_claim_;
  LogState state_;
  LogStatus status_;
};

// Calls `action` for each line.
class ActingSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit ActingSink(std::function<void()> action) : action_(std::move(action)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& /*message*/) override { action_(); }
  void flush_() override {}

  const std::function<void()> action_;
};

class LogWriterTest : public testing::Test {
 protected:
  LogWriterTest() {
    const auto ask = [this] {
      auto asked = std::async(std::launch::async, [this] { return writer_->status(); });
      logged_.set_value(asked.wait_for(kLong) == std::future_status::ready);
    };
    writer_ = std::make_unique<LogWriter>(
        io_, std::make_unique<SlowLog>(may_claim_.get_future().share()),
        std::make_shared<spdlog::logger>("test", std::make_shared<ActingSink>(ask)),
        [this](Position last) { durable_.push_back(static_cast<std::uint64_t>(last)); },
        [this](std::string reason) { space_.push_back(std::move(reason)); });
  }

  boost::asio::io_context io_{1};
  std::promise<void> may_claim_;
  std::promise<bool> logged_;
  std::vector<std::uint64_t> durable_;
  std::vector<std::string> space_;
  std::unique_ptr<LogWriter> writer_;
};

TEST_F(LogWriterTest, ABlockIsReportedBeforeTheRoomForTheNextIsClaimed) {
  const auto work = boost::asio::make_work_guard(io_);
  writer_->write(Position{3}, {ForgottenRecord{}, ForgottenRecord{}}, {});
  io_.run_one_for(kLong);
  EXPECT_THAT(durable_, ElementsAre(4));
  EXPECT_TRUE(writer_->is_idle());
  EXPECT_THAT(space_, IsEmpty());
  may_claim_.set_value();
  io_.run_one_for(kLong);
  EXPECT_THAT(space_, ElementsAre("the disk is full"));
  logged_.get_future().wait();
}

TEST_F(LogWriterTest, ItCountsItsBlocks) {
  const auto work = boost::asio::make_work_guard(io_);
  const auto asked = daemon::now();
  writer_->write(Position{3}, {ForgottenRecord{}, ForgottenRecord{}}, asked);
  io_.run_one_for(kLong);
  const auto counters = writer_->counters();
  EXPECT_EQ(counters.forces, (std::map<ForcedFor, std::uint64_t>{{ForcedFor::kEnd, 1}}));
  const auto message = to_wire(counters, writer_->status());
  EXPECT_EQ(message.records.sum, 2);
  EXPECT_EQ(message.wait_us.count, 1);
  EXPECT_EQ(message.force_us.count, 1);
  const auto longest = daemon::to_microseconds(daemon::now() - asked);
  EXPECT_LE(message.wait_us.sum + message.force_us.sum, longest);
  may_claim_.set_value();
  logged_.get_future().wait();
}

TEST_F(LogWriterTest, WhileItLogsTheNetworkThreadIsNotHeldUp) {
  may_claim_.set_value();
  writer_->write(Position{1}, {ForgottenRecord{}}, {});
  EXPECT_TRUE(logged_.get_future().get()) << "status() waited for a line of the log";
}

}  // namespace
}  // namespace assent::coordinator
