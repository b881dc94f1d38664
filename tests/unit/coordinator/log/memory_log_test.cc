#include "tests/simulation/memory_log.h"

#include <gtest/gtest.h>

#include "tests/unit/coordinator/log/records_for_tests.h"

namespace assent::coordinator {
namespace {

class MemoryLogEnds : public testing::Test {
 protected:
  void open() {
    log_.reset();
    log_ = MemoryLog::open(disk_, false, {}, Nonce{2}).value();
  }
  bool holds_the_commit() const { return log_->state().commits.contains(Position{2}); }
  void append(AppendEnd end) {
    disk_.end_next_append(end);
    const auto appended = log_->append(Position{2}, std::vector<LogRecord>{commit_record(2)});
    EXPECT_EQ(appended.has_value(), end == AppendEnd::kDurable);
    EXPECT_EQ(log_->append(Position{3}, std::vector<LogRecord>{commit_record(3)}).has_value(), appended.has_value());
  }

  MemoryDisk disk_;
  std::unique_ptr<MemoryLog> log_ = MemoryLog::open(disk_, true, kTestLog, Nonce{1}).value();
};

TEST_F(MemoryLogEnds, ADurableAppendSurvivesPowerLoss) {
  append(AppendEnd::kDurable);
  log_.reset();
  disk_.lose_power();
  open();
  EXPECT_TRUE(holds_the_commit());
}

TEST_F(MemoryLogEnds, ALostAppendIsNotThere) {
  append(AppendEnd::kLost);
  open();
  EXPECT_FALSE(holds_the_commit());
}

TEST_F(MemoryLogEnds, AKeptAppendIsThereThoughItFailed) {
  append(AppendEnd::kKept);
  log_.reset();
  disk_.lose_power();
  open();
  EXPECT_TRUE(holds_the_commit());
}

TEST_F(MemoryLogEnds, AnUnforcedAppendIsLostWithThePower) {
  append(AppendEnd::kUnforced);
  log_.reset();
  disk_.lose_power();
  open();
  EXPECT_FALSE(holds_the_commit());
}

TEST_F(MemoryLogEnds, AnUnforcedAppendThatAnOpeningReadIsForcedByIt) {
  append(AppendEnd::kUnforced);
  open();
  EXPECT_TRUE(holds_the_commit());
  log_.reset();
  disk_.lose_power();
  open();
  EXPECT_TRUE(holds_the_commit());
}

TEST_F(MemoryLogEnds, AFullDiskRefusesAndGoesOnWhenThereIsSpace) {
  disk_.set_full(true);
  const auto refused = log_->append(Position{2}, std::vector<LogRecord>{commit_record(2)});
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
  EXPECT_FALSE(log_->status().out_of_space.empty());

  disk_.set_full(false);
  append(AppendEnd::kDurable);
}

}  // namespace
}  // namespace assent::coordinator
