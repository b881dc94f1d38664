// Damage to a log that was written correctly: every length, every bit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <span>

#include "coordinator/log/file_log.h"
#include "coordinator/log/segment_reader.h"
#include "tests/simulation/log_disk.h"
#include "tests/unit/coordinator/log/records_for_tests.h"

namespace assent::coordinator {
namespace {

using ::testing::HasSubstr;
using Records = std::vector<LogRecord>;

// A log of one segment: a snapshot with some content, and appended blocks behind it.
class FileLogDamage : public testing::Test {
 protected:
  FileLogDamage() {
    FileLog::open(disk_.directory(), {true, kTestLog, Nonce{1}, 600})
        .value()
        ->append(Position{2}, Records{store_record("ledger", 0xa1), commit_record(3)})
        .value();
    auto log = FileLog::open(disk_.directory(), {false, {}, Nonce{2}, 600}).value();
    std::uint64_t position = 5;
    states_.push_back(log->state());
    ends_.push_back(size_of_log());
    const std::vector<Records> appends = {{commit_record(5), commit_record(6)}, {end_record(5)}, {commit_record(8)}};
    for (const auto& records : appends) {
      log->append(Position{position}, records).value();
      auto state = states_.back();
      for (const auto& record : records) {
        EXPECT_FALSE(state.apply(Position{position++}, record));
      }
      states_.push_back(state);
      ends_.push_back(size_of_log());
    }
    log.reset();
    EXPECT_EQ(disk_.names(), std::vector<std::string>{name_});
    bytes_ = disk_.bytes(name_);
    EXPECT_LT(ends_.back(), bytes_.size());
  }

  std::size_t size_of_log() {
    const auto contents = read_segment(*disk_.directory(), 2, [](const ReadRecord&) {}).value();
    EXPECT_EQ(contents.torn_bytes, 0U);
    return static_cast<std::size_t>(contents.used_bytes);
  }

  // Opens a disk with these bytes as its log.
  Result<LogState> open(const LogDisk::Bytes& bytes) const {
    LogDisk disk;
    disk.put(name_, bytes);
    const auto before = disk;
    const auto log = FileLog::open(disk.directory(), {false, {}, Nonce{3}, 600});
    if (!log) {
      EXPECT_EQ(disk, before) << "a refused log may not be touched";
      return log.error();
    }
    return (*log)->state();
  }

  // What an opening shows when the first `blocks` appended blocks are there.
  LogState expected(std::size_t blocks) const {
    LogState state = states_[blocks];
    start(state, 3, 3);
    return state;
  }

  void expect_corrupt(const Result<LogState>& opened, std::size_t offset) const {
    ASSERT_TRUE(opened.has_error());
    EXPECT_EQ(opened.error().kind, ErrorKind::kCorrupt) << opened.error().message;
    EXPECT_THAT(opened.error().message, HasSubstr("disk/" + name_ + " at offset " + std::to_string(offset) + ":"));
  }

  std::size_t snapshot_end() const { return ends_.front(); }

  LogDisk disk_;
  const std::string name_ = segment_name(2);
  LogDisk::Bytes bytes_;
  std::vector<LogState> states_;   // [n]: with n appended blocks
  std::vector<std::size_t> ends_;  // [n]: the offset behind them
};

TEST_F(FileLogDamage, TheWholeLogOpens) {
  EXPECT_EQ(open(bytes_).value(), expected(3));
}

TEST_F(FileLogDamage, AFileThatWasCutAnywhereIsRefused) {
  for (std::size_t size = 0; size < bytes_.size(); ++size) {
    SCOPED_TRACE(size);
    auto cut = bytes_;
    cut.resize(size);
    expect_corrupt(open(cut), size < kSegmentHeaderBytes ? 0 : size);
  }
}

TEST_F(FileLogDamage, AFileThatGrewIsRefused) {
  auto longer = bytes_;
  longer.push_back({});
  EXPECT_EQ(open(longer).error().kind, ErrorKind::kCorrupt);
}

TEST_F(FileLogDamage, EveryPrefixInAFileOfFullSizeOpensWithItsWholeBlocksOrIsRefused) {
  for (std::size_t size = 0; size < bytes_.size(); ++size) {
    SCOPED_TRACE(size);
    auto prefix = bytes_;
    std::fill(prefix.begin() + static_cast<std::ptrdiff_t>(size), prefix.end(), std::byte{});
    const auto same =
        static_cast<std::size_t>(std::mismatch(prefix.begin(), prefix.end(), bytes_.begin()).first - prefix.begin());
    const auto opened = open(prefix);
    if (same < snapshot_end()) {
      EXPECT_EQ(opened.error().kind, ErrorKind::kCorrupt);
      continue;
    }
    const auto whole = std::count_if(ends_.begin(), ends_.end(), [&](std::size_t end) { return end <= same; });
    EXPECT_EQ(opened.value(), expected(static_cast<std::size_t>(whole) - 1));
  }
}

TEST_F(FileLogDamage, EveryFlippedBitIsRefusedOrInTheLastBlockTakenForATornAppend) {
  for (std::size_t bit = 0; bit < bytes_.size() * 8; ++bit) {
    SCOPED_TRACE(bit);
    auto flipped = bytes_;
    const auto byte = bit / 8;
    flipped[byte] ^= std::byte{1} << static_cast<int>(bit % 8);
    const auto opened = open(flipped);
    if (byte < kSegmentHeaderBytes) {
      expect_corrupt(opened, 0);
    } else if (byte < snapshot_end()) {
      expect_corrupt(opened, kSegmentHeaderBytes);
    } else if (byte < ends_[2]) {
      expect_corrupt(opened, byte < ends_[1] ? ends_[0] : ends_[1]);
    } else {
      EXPECT_EQ(opened.value(), expected(byte < ends_[3] ? 2 : 3));
    }
  }
}

TEST_F(FileLogDamage, AnySetOfSectorsOfTheLastBlockOpensWithAllOfItOrWithoutIt) {
  LogDisk disk;
  auto log = FileLog::open(disk.directory(), {true, kTestLog, Nonce{1}, 8000}).value();
  log->append(Position{2}, Records{commit_record(2)}).value();
  const auto before = disk.bytes(segment_name(1));
  Records many;
  for (std::uint64_t position = 3; position < 43; ++position) {
    many.emplace_back(commit_record(position));
  }
  log->append(Position{3}, many).value();
  log.reset();
  const auto after = disk.bytes(segment_name(1));

  std::vector<std::size_t> sectors;  // those that the last block changed
  for (std::size_t at = 0; at < after.size(); at += 512) {
    if (!std::ranges::equal(std::span(before).subspan(at).first(std::min<std::size_t>(512, before.size() - at)),
                            std::span(after).subspan(at).first(std::min<std::size_t>(512, after.size() - at)))) {
      sectors.push_back(at);
    }
  }
  ASSERT_GE(sectors.size(), 4U);
  ASSERT_LE(sectors.size(), 10U);
  const std::size_t all = (std::size_t{1} << sectors.size()) - 1;
  for (std::size_t kept = 0; kept <= all; ++kept) {
    SCOPED_TRACE(kept);
    auto torn = before;
    for (std::size_t index = 0; index < sectors.size(); ++index) {
      if ((kept >> index & 1U) != 0) {
        const auto at = static_cast<std::ptrdiff_t>(sectors[index]);
        const auto end = std::min(at + 512, static_cast<std::ptrdiff_t>(after.size()));
        std::copy(after.begin() + at, after.begin() + end, torn.begin() + at);
      }
    }
    LogDisk restarted;
    restarted.put(segment_name(1), torn);
    const auto opened = FileLog::open(restarted.directory(), {false, {}, Nonce{2}, 8000}).value();
    EXPECT_EQ(opened->state().commits.size(), kept == all ? 41U : 1U);
  }
}

TEST_F(FileLogDamage, ABlockThatIsMissingBetweenTwoOthersIsRefused) {
  auto holed = bytes_;
  std::fill(holed.begin() + static_cast<std::ptrdiff_t>(ends_[1]),
            holed.begin() + static_cast<std::ptrdiff_t>(ends_[2]), std::byte{});
  expect_corrupt(open(holed), ends_[1]);
}

TEST_F(FileLogDamage, ABlockThatStandsTwiceIsRefused) {
  auto doubled = bytes_;
  const auto from = static_cast<std::ptrdiff_t>(ends_[2]);
  const auto to = static_cast<std::ptrdiff_t>(ends_[3]);
  std::copy(bytes_.begin() + from, bytes_.begin() + to, doubled.begin() + to);
  expect_corrupt(open(doubled), ends_[3]);
}

TEST_F(FileLogDamage, ASegmentUnderAnotherNumberIsRefused) {
  disk_.remove(name_);
  disk_.put(segment_name(9), bytes_);
  const auto log = FileLog::open(disk_.directory(), {false, {}, Nonce{3}, 600});
  ASSERT_TRUE(log.has_error());
  EXPECT_THAT(log.error().message, HasSubstr("segment-0000000009 at offset 0: the header is that of segment 2"));
}

TEST_F(FileLogDamage, AnotherVersionOfTheFormatIsRefusedNamingBoth) {
  auto header = *decode_segment_header(bytes_);
  header.version = kLogVersion + 1;
  const auto encoded = encode(header);
  auto other = bytes_;
  std::copy(encoded.begin(), encoded.end(), other.begin());
  const auto opened = open(other);
  ASSERT_TRUE(opened.has_error());
  EXPECT_EQ(opened.error().kind, ErrorKind::kWrongVersion);
  EXPECT_THAT(opened.error().message, HasSubstr("of version 4"));
  EXPECT_THAT(opened.error().message, HasSubstr("reads version 3"));
}

TEST_F(FileLogDamage, AHeaderThatDoesNotFitItsSnapshotIsRefused) {
  const auto header = *decode_segment_header(bytes_);
  std::vector<SegmentHeader> others(5, header);
  others[0].log = LogIdentity{1};
  others[1].snapshot_last = Position{5};
  others[2].snapshot_end = ends_[1];
  others[3].snapshot_end = 0;
  others[4].snapshot_end = bytes_.size() * 2;
  for (const auto& other : others) {
    const auto encoded = encode(other);
    auto changed = bytes_;
    std::copy(encoded.begin(), encoded.end(), changed.begin());
    const auto opened = open(changed);
    ASSERT_TRUE(opened.has_error());
    EXPECT_EQ(opened.error().kind, ErrorKind::kCorrupt);
  }
}

TEST_F(FileLogDamage, AnEmptySegmentIsRefused) {
  expect_corrupt(open({}), 0);
}

TEST_F(FileLogDamage, OlderSegmentsAreNotReadAndAreRemoved) {
  disk_.put(segment_name(1), LogDisk::Bytes(100, std::byte{0x5a}));
  const auto log = FileLog::open(disk_.directory(), {false, {}, Nonce{3}, 600}).value();
  EXPECT_EQ(log->state(), expected(3));
  EXPECT_EQ(disk_.names(), std::vector<std::string>{segment_name(3)});
}

}  // namespace
}  // namespace assent::coordinator
