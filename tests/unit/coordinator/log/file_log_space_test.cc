// How large the log grows, when it starts a new segment, and what it does when the disk is full.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "coordinator/log/file_log.h"
#include "coordinator/log/segment_reader.h"
#include "tests/simulation/log_disk.h"
#include "tests/unit/coordinator/log/records_for_tests.h"

namespace assent::coordinator {
namespace {

using Records = std::vector<LogRecord>;

class FileLogSpace : public testing::Test {
 protected:
  void create(std::uint64_t segment_bytes) {
    segment_bytes_ = segment_bytes;
    log_ = FileLog::open(disk_.directory(), {true, kTestLog, Nonce{1}, segment_bytes}).value();
    model_ = log_->state();
  }

  std::uint64_t next() const { return static_cast<std::uint64_t>(model_.last) + 1; }

  // And claims the room for what is to come, as the writer does between two blocks.
  Result<void> append(const Records& records) {
    auto appended = append_only(records);
    if (appended) log_->claim_ahead();
    return appended;
  }

  Result<void> append_only(const Records& records) {
    auto appended = log_->append(Position{next()}, records);
    if (appended) {
      for (const auto& record : records) {
        EXPECT_EQ(model_.apply(Position{next()}, record), std::nullopt);
      }
    }
    return appended;
  }

  // A commit that is owed: the state grows.
  Result<void> append_commit() { return append({commit_record(next())}); }

  // A commit that ends and, some commits later, is forgotten: the state stays small.
  void append_short_lived(std::uint64_t retained) {
    const auto at = next();
    append({commit_record(at), end_record(at), forgotten_record(at > retained ? at - retained : 0)}).value();
  }

  std::uint64_t segment_number() { return list_segments(*disk_.directory()).value().back(); }

  bool next_is_claimed() const {
    const auto names = disk_.names();
    return std::ranges::count(names, kNextSegmentName) > 0;
  }

  void expect_reopens_with_the_model() {
    log_.reset();
    log_ = FileLog::open(disk_.directory(), {false, {}, Nonce{2}, segment_bytes_}).value();
    start(model_, 2, 2);
    EXPECT_EQ(log_->state(), model_);
  }

  LogDisk disk_;
  std::unique_ptr<FileLog> log_;
  LogState model_;
  std::uint64_t segment_bytes_ = 0;
};

TEST_F(FileLogSpace, OneSegmentIsLeftAfterAnyNumberOfCheckpointsAndItsSizeIsBounded) {
  create(2000);
  std::uint64_t most = 0;
  for (int round = 0; round < 2000; ++round) {
    append_short_lived(20);
    most = std::max(most, log_->status().bytes);
  }
  EXPECT_GT(segment_number(), 50U);
  EXPECT_LE(most, 2 * (2000 + 2 * 2000U));
  EXPECT_EQ(list_segments(*disk_.directory()).value().size(), 1U);
  EXPECT_LE(model_.ended_count(), 20U);
  expect_reopens_with_the_model();
}

TEST_F(FileLogSpace, SnapshotsOfALargeStateDoNotCostMoreThanWhatIsAppended) {
  create(500);
  for (int round = 0; round < 3000; ++round) {
    append_commit().value();
  }
  // Each segment has as much room as its snapshot is large, so their number grows with the logarithm of the state.
  EXPECT_LE(segment_number(), 20U);
  expect_reopens_with_the_model();
}

TEST_F(FileLogSpace, ABlockLargerThanASegmentGetsASegmentThatHoldsIt) {
  create(500);
  Records many;
  for (std::uint64_t index = 0; index < 200; ++index) {
    many.emplace_back(commit_record(next() + index));
  }
  append(many).value();
  append_commit().value();
  expect_reopens_with_the_model();
}

TEST_F(FileLogSpace, TheNextSegmentIsClaimedWhenThePresentOneIsHalfFull) {
  create(2000);
  EXPECT_FALSE(next_is_claimed());
  const auto before = log_->status().bytes;
  while (!next_is_claimed()) {
    ASSERT_EQ(segment_number(), 1U) << "it was not claimed before it was needed";
    append_commit().value();
  }
  EXPECT_GE(log_->status().bytes, before + 2000);
  EXPECT_EQ(log_->status().out_of_space, "");
  const auto commits_so_far = model_.commits.size();
  while (segment_number() == 1) {
    append_commit().value();
  }
  EXPECT_GE(model_.commits.size(), commits_so_far + commits_so_far / 2) << "about half of the segment was left";
}

TEST_F(FileLogSpace, ALongSegmentIsClaimedPieceByPiece) {
  constexpr std::uint64_t kPiece = 256U << 10U;
  constexpr std::uint64_t kPieces = 8;  // of a segment's room
  create(kPieces * kPiece);
  while (!next_is_claimed()) {
    Records many;
    for (std::uint64_t index = 0; index < 1000; ++index) many.emplace_back(commit_record(next() + index));
    append(many).value();
  }
  for (std::uint64_t piece = 2; piece <= kPieces; ++piece) {
    const auto before = log_->status();
    log_->claim_ahead();
    const auto after = log_->status();
    EXPECT_EQ(after.bytes - before.bytes, kPiece);
    EXPECT_EQ(after.syncs - before.syncs, 1U) << "else the switch would have to force all of it";
  }
  auto before = log_->status();
  for (log_->claim_ahead(); log_->status().bytes != before.bytes; log_->claim_ahead()) before = log_->status();
  EXPECT_GE(before.bytes, 2 * kPieces * kPiece) << "the rest, as long as the snapshot";
  EXPECT_EQ(before.out_of_space, "");
  expect_reopens_with_the_model();
}

TEST_F(FileLogSpace, APieceThatCannotBeForcedIsGivenUpAndClaimedAnew) {
  create(2000);
  while (log_->status().appended_bytes < 1200) {
    append_only({commit_record(next())}).value();
  }
  constexpr std::uint64_t kForce = 3;  // behind the making of the file, and its zeros
  disk_.fail(kForce, Fault::kNothingDone);
  log_->claim_ahead();
  ASSERT_TRUE(disk_.has_failed());
  EXPECT_FALSE(next_is_claimed());
  EXPECT_FALSE(log_->status().out_of_space.empty()) << "it tells why, though it is not the space";
  log_->claim_ahead();
  EXPECT_TRUE(next_is_claimed());
  EXPECT_EQ(log_->status().out_of_space, "");
  append_commit().value();
  expect_reopens_with_the_model();
}

TEST_F(FileLogSpace, ItCountsTheWorkOfTheDisk) {
  create(2000);
  const auto opened = log_->status();
  EXPECT_EQ(opened.syncs, 2U) << "of the segment, and of its name";
  EXPECT_EQ(opened.appended_bytes, 0U);
  EXPECT_GT(opened.written_bytes, opened.bytes) << "zeros, and the snapshot over them";
  append_only({commit_record(next()), commit_record(next() + 1)}).value();
  const auto appended = log_->status();
  EXPECT_EQ(appended.syncs, 3U) << "one for a block";
  EXPECT_GT(appended.appended_bytes, 0U);
  EXPECT_EQ(appended.written_bytes - opened.written_bytes, appended.appended_bytes);
  while (segment_number() == 1) {
    append_only({commit_record(next())}).value();
  }
  const auto switched = log_->status();
  EXPECT_EQ(switched.syncs, switched.forces + 4) << "two for each segment";
  EXPECT_GT(switched.written_bytes, switched.appended_bytes + switched.bytes);
}

TEST_F(FileLogSpace, AnAppendDoesNotWaitUntilTheNextSegmentIsClaimed) {
  create(2000);
  while (segment_number() == 1) {
    EXPECT_FALSE(next_is_claimed());
    append_only({commit_record(next())}).value();
  }
  expect_reopens_with_the_model();
}

TEST_F(FileLogSpace, AFullDiskIsToldWhileHalfOfTheSegmentIsLeftForWhatIsDecided) {
  create(2000);
  disk_.set_full(true);
  while (log_->status().out_of_space.empty()) {
    append_commit().value();
  }
  EXPECT_THAT(log_->status().out_of_space, testing::HasSubstr("make space"));
  EXPECT_FALSE(next_is_claimed()) << "a part of it is of no use to anybody";

  const auto decided = static_cast<std::uint64_t>(model_.last);
  for (std::uint64_t commit = 2; commit <= decided; ++commit) {
    append({end_record(commit)}).value();  // ends are smaller than commits
  }
  EXPECT_EQ(segment_number(), 1U);
}

TEST_F(FileLogSpace, OnAFullDiskAnAppendWithoutRoomWritesNothingAndIsRepeatedWhenThereIsSpace) {
  create(2000);
  disk_.set_full(true);
  auto appended = append_commit();
  while (appended) {
    appended = append_commit();
  }
  EXPECT_EQ(appended.error().kind, ErrorKind::kUnavailable);
  const auto before = disk_;
  EXPECT_EQ(append_commit().error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(disk_, before);

  // What is small enough for the rest of the segment is appended still.
  const auto forgotten = append({ForgottenRecord{{kTestLog, Epoch{1}, 0}}});
  EXPECT_TRUE(forgotten || forgotten.error().kind == ErrorKind::kUnavailable);

  disk_.set_full(false);
  EXPECT_FALSE(log_->status().out_of_space.empty());
  log_->claim_ahead();
  EXPECT_EQ(log_->status().out_of_space, "");
  append_commit().value();
  EXPECT_EQ(log_->status().out_of_space, "");
  expect_reopens_with_the_model();
}

TEST_F(FileLogSpace, WhatWasClaimedAheadServesThoughTheDiskIsFullNow) {
  create(2000);
  while (!next_is_claimed()) {
    append_commit().value();
  }
  disk_.set_full(true);
  while (segment_number() == 1) {
    append_commit().value();
  }
  append_commit().value();
  disk_.set_full(false);
  expect_reopens_with_the_model();
}

TEST_F(FileLogSpace, AFullDiskRefusesTheOpeningAndLosesNothing) {
  create(2000);
  append_commit().value();
  log_.reset();
  disk_.set_full(true);
  const auto refused = FileLog::open(disk_.directory(), {false, {}, Nonce{9}, 2000});
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().kind, ErrorKind::kUnavailable);
  EXPECT_EQ(disk_.names(), std::vector<std::string>{segment_name(1)});
  disk_.set_full(false);
  expect_reopens_with_the_model();
}

}  // namespace
}  // namespace assent::coordinator
