// What every DecisionLog must do, the one on disk and the one in memory alike.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>

#include "coordinator/log/file_log.h"
#include "tests/simulation/log_disk.h"
#include "tests/simulation/memory_log.h"
#include "tests/unit/coordinator/log/records_for_tests.h"
#include "tests/unit/coordinator/log/temporary_directory.h"

namespace assent::coordinator {
namespace {

using OpenedLog = Result<std::unique_ptr<DecisionLog>>;
using Records = std::vector<LogRecord>;

// A place that can hold one log.
class Place {
 public:
  virtual ~Place() = default;
  virtual OpenedLog open(bool create, Nonce nonce) = 0;
};

template <typename Log>
OpenedLog as_decision_log(Result<std::unique_ptr<Log>> log) {
  if (!log) {
    return log.error();
  }
  return std::unique_ptr<DecisionLog>(std::move(*log));
}

class MemoryPlace final : public Place {
 public:
  OpenedLog open(bool create, Nonce nonce) override {
    return as_decision_log(MemoryLog::open(disk_, create, kTestLog, nonce));
  }

 private:
  MemoryDisk disk_;
};

class FilePlace final : public Place {
 public:
  OpenedLog open(bool create, Nonce nonce) override {
    return as_decision_log(open_file_log(directory_.path() / "log", {create, kTestLog, nonce, 4096}));
  }

 private:
  TemporaryDirectory directory_;
};

class FaultyPlace final : public Place {
 public:
  OpenedLog open(bool create, Nonce nonce) override {
    return as_decision_log(FileLog::open(disk_.directory(), {create, kTestLog, nonce, 512}));
  }

 private:
  LogDisk disk_;
};

struct Kind {
  std::string name;
  std::function<std::unique_ptr<Place>()> make;
};

class DecisionLogContract : public testing::TestWithParam<Kind> {
 protected:
  std::unique_ptr<DecisionLog> create() { return place_->open(true, Nonce{1}).value(); }
  std::unique_ptr<DecisionLog> reopen(std::uint64_t nonce = 2) { return place_->open(false, Nonce{nonce}).value(); }

  // Appends behind what the model holds, to both.
  void append(DecisionLog& log, const Records& records) {
    const Position first{static_cast<std::uint64_t>(model_.last) + 1};
    const auto appended = log.append(first, records);
    ASSERT_TRUE(appended) << appended.error().message;
    for (const auto& record : records) {
      ASSERT_EQ(model_.apply(Position{static_cast<std::uint64_t>(model_.last) + 1}, record), std::nullopt);
    }
  }

  std::unique_ptr<Place> place_ = GetParam().make();
  LogState model_;
};

TEST_P(DecisionLogContract, ANewLogHoldsItsFirstEpochOnly) {
  const auto log = create();
  start(model_, 1, 1);
  EXPECT_EQ(log->state(), model_);
}

TEST_P(DecisionLogContract, CreatingOverALogIsRefused) {
  create();
  const auto again = place_->open(true, Nonce{2});
  ASSERT_TRUE(again.has_error());
  EXPECT_EQ(again.error().kind, ErrorKind::kConflict);
  EXPECT_THAT(again.error().message, testing::HasSubstr("without --create"));
}

TEST_P(DecisionLogContract, OpeningWhatIsNotThereIsRefusedAndMakesNothing) {
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto opened = place_->open(false, Nonce{1});
    ASSERT_TRUE(opened.has_error());
    EXPECT_EQ(opened.error().kind, ErrorKind::kNotFound);
    EXPECT_THAT(opened.error().message, testing::HasSubstr("--create"));
  }
  EXPECT_TRUE(create());
}

TEST_P(DecisionLogContract, OneProcessAtATimeHasItOpen) {
  auto log = create();
  const auto second = place_->open(false, Nonce{2});
  ASSERT_TRUE(second.has_error());
  EXPECT_EQ(second.error().kind, ErrorKind::kConflict);
  log.reset();
  EXPECT_EQ(reopen()->state().epoch(), Epoch{2});
}

TEST_P(DecisionLogContract, EachOpeningRaisesTheEpochAndKeepsEveryNonce) {
  create();
  for (std::uint64_t epoch = 2; epoch < 6; ++epoch) {
    const auto log = reopen(epoch * 7);
    EXPECT_EQ(log->state().log, kTestLog);
    EXPECT_EQ(log->state().epoch(), Epoch{epoch});
    EXPECT_EQ(log->state().starts.at(Epoch{epoch}).nonce, Nonce{epoch * 7});
    EXPECT_EQ(log->state().starts.size(), epoch);
    EXPECT_EQ(log->state().last, Position{epoch});
  }
}

TEST_P(DecisionLogContract, EveryKindOfRecordComesBack) {
  auto log = create();
  model_ = log->state();
  append(*log, {store_record("ledger", 0xa1), store_record("stock", 0xb2)});
  append(*log, {commit_record(4), commit_record(5), commit_record(6)});
  append(*log, {end_record(4), end_record(6, true)});
  append(*log, {forgotten_record(4), CommitRecord{Position{10}, {kTestLog, Epoch{1}, ~0ULL}, {}}});
  log.reset();

  log = reopen();
  start(model_, 2, 2);
  EXPECT_EQ(log->state(), model_);
  EXPECT_EQ(log->state().commits.size(), 2U);
  EXPECT_EQ(log->state().ended_count(), 1U);
  EXPECT_EQ(log->state().mixed.size(), 1U);
}

TEST_P(DecisionLogContract, PositionsGoOnAfterEachOpening) {
  model_ = create()->state();
  for (std::uint64_t epoch = 2; epoch < 8; ++epoch) {
    const auto log = reopen(epoch);
    start(model_, epoch, epoch);
    ASSERT_EQ(log->state(), model_);
    const auto at = static_cast<std::uint64_t>(model_.last) + 1;
    append(*log, {commit_record(at, epoch)});
    append(*log, {end_record(at)});
  }
}

TEST_P(DecisionLogContract, ItsStateFollowsWhatIsAppended) {
  const auto log = create();
  model_ = log->state();
  append(*log, {commit_record(2), commit_record(3), end_record(2)});
  append(*log, {forgotten_record(2)});
  EXPECT_EQ(log->state(), model_);
  EXPECT_EQ(log->state().commits.size(), 1U);
}

TEST_P(DecisionLogContract, ClaimingAheadAppendsNothing) {
  auto log = create();
  model_ = log->state();
  log->claim_ahead();
  EXPECT_EQ(log->state(), model_);
  EXPECT_EQ(log->status().forces, 0U);
  append(*log, {commit_record(2)});
}

TEST_P(DecisionLogContract, AGapOrARepeatedPositionIsRefusedForGood) {
  for (const std::uint64_t position : {1U, 3U}) {
    place_ = GetParam().make();
    const auto log = create();
    const auto refused = log->append(Position{position}, Records{commit_record(position)});
    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().kind, ErrorKind::kInvalidInput);
    EXPECT_TRUE(log->append(Position{2}, Records{commit_record(2)}).has_error());
  }
}

TEST_P(DecisionLogContract, ABlockWithOneContradictionIsNotWrittenAtAll) {
  auto log = create();
  const auto refused = log->append(Position{2}, Records{commit_record(2), end_record(2), end_record(2)});
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().kind, ErrorKind::kInvalidInput);
  EXPECT_THAT(refused.error().message, testing::HasSubstr("commit 2 ends without a record of it, or has ended before"));
  log.reset();
  EXPECT_TRUE(reopen()->state().commits.empty());
}

TEST_P(DecisionLogContract, StatusCountsForcesAndRecords) {
  const auto log = create();
  model_ = log->state();
  append(*log, {commit_record(2), commit_record(3)});
  append(*log, {end_record(2)});
  EXPECT_EQ(log->status().forces, 2U);
  EXPECT_EQ(log->status().records, 3U);
  EXPECT_GT(log->status().bytes, 0U);
  EXPECT_EQ(log->status().out_of_space, "");
}

TEST_P(DecisionLogContract, ManyAppendsAndALargeOneComeBack) {
  auto log = create();
  model_ = log->state();
  for (std::uint64_t round = 0; round < 60; ++round) {
    const auto at = static_cast<std::uint64_t>(model_.last) + 1;
    append(*log, {commit_record(at), end_record(at), forgotten_record(at >= 30 ? at - 30 : 0)});
  }
  Records many;
  for (std::uint64_t index = 0; index < 300; ++index) {
    many.emplace_back(commit_record(static_cast<std::uint64_t>(model_.last) + 1 + index));
  }
  append(*log, many);
  log.reset();

  log = reopen();
  start(model_, 2, 2);
  EXPECT_EQ(log->state(), model_);
}

const Kind kKinds[] = {
    {"MemoryLog", [] { return std::make_unique<MemoryPlace>(); }},
    {"FileLogOnFiles", [] { return std::make_unique<FilePlace>(); }},
    {"FileLogOnLogDisk", [] { return std::make_unique<FaultyPlace>(); }},
};

INSTANTIATE_TEST_SUITE_P(All, DecisionLogContract, testing::ValuesIn(kKinds),
                         [](const auto& each) { return each.param.name; });

}  // namespace
}  // namespace assent::coordinator
