// What is gathered reaches the log's file in time, or somebody is told; what is read from memory is what the file
// shows.
#include "participant/store/wal_buffer.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/participant/store/faulty_disk.h"
#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

class WalBufferTest : public testing::Test {
 protected:
  // `failing`: from now on that operation can fail, as `disk_` says.
  void open(std::optional<DiskOperation> failing = {}) {
    if (failing) disk_.emplace(*failing);
    sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
    memory_.resize(static_cast<std::size_t>(vfs->szOsFile) / sizeof(std::max_align_t) + 1);
    auto* const file = reinterpret_cast<sqlite3_file*>(memory_.data());
    std::ofstream(folder_.file("store.db")).flush();  // whose mode the log gets
    constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_WAL;
    ASSERT_EQ(vfs->xOpen(vfs, name_.c_str(), file, kFlags, nullptr), SQLITE_OK);
    file_ = {file, [](sqlite3_file* each) { each->pMethods->xClose(each); }};
    wal_.open(file);
    wal_.map_index(index_.data());
    wal_.on_locked();
  }

  void TearDown() override {
    if (wal_.is_open()) wal_.close();
  }

  int write(const std::string& bytes, sqlite3_int64 offset) {
    return wal_.write(bytes.data(), static_cast<int>(bytes.size()), offset);
  }

  // Or the name of the error.
  std::string read(int size, sqlite3_int64 offset) {
    std::string bytes(static_cast<std::size_t>(size), '?');
    const int code = wal_.read(bytes.data(), size, offset);
    return code == SQLITE_OK ? bytes : "error " + std::to_string(code);
  }

  std::string file() const { return content_of(name_.c_str()); }

  // As by another program.
  void overwrite(const std::string& bytes) {
    std::fstream log(name_.c_str(), std::ios::in | std::ios::out | std::ios::binary);
    log << bytes;
  }

  TemporaryFolder folder_;
  const std::string name_ =
      folder_.file("store.db-wal") + std::string(2, '\0');  // SQLite looks for parameters behind it
  std::optional<FaultyDisk> disk_;
  std::vector<std::max_align_t> memory_;
  std::unique_ptr<sqlite3_file, void (*)(sqlite3_file*)> file_{nullptr, nullptr};
  std::array<char, 136> index_{};
  DiskCounters disk_counters_;
  WalBuffer wal_{disk_counters_};
};

const std::string kHeader(32, 'h');
const std::string kPage(4096, 'p');

// ---- gathered ----

TEST_F(WalBufferTest, AForceHandsOnWhatIsPending) {
  open();
  write(kHeader, 0);
  write(kPage, 32);
  EXPECT_EQ(file(), "");
  EXPECT_EQ(wal_.sync(SQLITE_SYNC_NORMAL), SQLITE_OK);
  EXPECT_EQ(file(), kHeader + kPage);
  EXPECT_EQ(disk_counters_.writes, 1U);
  EXPECT_EQ(disk_counters_.written_bytes, 32U + 4096U);
  EXPECT_EQ(disk_counters_.syncs, 1U);
}

TEST_F(WalBufferTest, WhoeverAsksSomethingElseOfTheFileFindsAllInIt) {
  const std::vector<std::function<void()>> asking = {[this] { wal_.hand_on(); }, [this] { wal_.truncate(20); },
                                                     [this] { wal_.before_publish(); },
                                                     [this] { wal_.before_unlock(); }, [this] { wal_.close(); }};
  open();
  std::string written;
  for (const auto& ask : asking) {
    write("0123456789", static_cast<sqlite3_int64>(written.size()));
    EXPECT_EQ(file(), written);
    ask();
    written += "0123456789";
    EXPECT_EQ(file(), written);
  }
}

TEST_F(WalBufferTest, WhatIsWrittenTwiceIsTheLaterOne) {
  open();
  write("aaaaaaaaaa", 0);
  write("bbbb", 3);
  write("cccc", 8);
  EXPECT_EQ(read(12, 0), "aaabbbbacccc");
  wal_.hand_on();
  write("dd", 0);
  write("ee", 10);  // not beside it
  wal_.hand_on();
  EXPECT_EQ(file(), "ddabbbbaccee");
  EXPECT_EQ(disk_counters_.writes, 3U);
}

TEST_F(WalBufferTest, NoMoreThanSqliteItselfWritesIsWrittenAtOnce) {
  open();
  constexpr int kPages = 100;
  for (int page = 0; page < kPages; ++page) write(kPage, sqlite3_int64{4096} * page);
  EXPECT_EQ(wal_.sync(SQLITE_SYNC_NORMAL), SQLITE_OK);
  EXPECT_EQ(file().size(), kPages * kPage.size());
  EXPECT_EQ(disk_counters_.writes, 7U) << "of 64 KiB";
}

TEST_F(WalBufferTest, ALogLongerThanTheMemoryGoesOnInTheFile) {
  open();
  const std::string page(65536, 'p');
  const std::string last(100, 'l');
  for (sqlite3_int64 offset = 0; offset < WalBuffer::kCapacity - 50; offset += 65536) write(page, offset);
  write(last, WalBuffer::kCapacity - 50);
  write(last, WalBuffer::kCapacity + 50);
  EXPECT_EQ(static_cast<sqlite3_int64>(file().size()), WalBuffer::kCapacity + 150);
  EXPECT_EQ(read(100, WalBuffer::kCapacity - 50), last);
  EXPECT_EQ(read(100, WalBuffer::kCapacity + 50), last);
  EXPECT_EQ(read(100, WalBuffer::kCapacity - 100), std::string(50, 'p') + std::string(50, 'l'));
  EXPECT_EQ(disk_counters_.reads, 3U + 1U) << "and a look at the header";
  EXPECT_EQ(read(100, WalBuffer::kCapacity - 150), std::string(100, 'p'));
  EXPECT_EQ(disk_counters_.reads, 4U);
}

// ---- failures ----

TEST_F(WalBufferTest, WhatCannotBeHandedOnFailsEverythingUntilTheLockIsLetGo) {
  open(DiskOperation::kWrite);
  constexpr int kCode = SQLITE_IOERR_WRITE;
  write(kHeader, 0);
  write(kPage, 32);
  disk_->fault().fail_at(1, false);
  EXPECT_EQ(wal_.sync(SQLITE_SYNC_NORMAL), kCode);
  EXPECT_EQ(wal_.sync(SQLITE_SYNC_NORMAL), kCode);
  EXPECT_EQ(write(kPage, 32 + 4096), kCode);
  EXPECT_EQ(read(32, 0), "error " + std::to_string(kCode));
  wal_.before_unlock();
  EXPECT_EQ(file(), "") << "the transaction was rolled back";
  EXPECT_EQ(disk_counters_.syncs, 0U);
  wal_.on_locked();
  EXPECT_EQ(write(kHeader, 0), SQLITE_OK);
  EXPECT_EQ(wal_.sync(SQLITE_SYNC_NORMAL), SQLITE_OK);
  overwrite("?");
  EXPECT_EQ(read(1, 0), "?") << "memory serves no more";
}

TEST_F(WalBufferTest, ThatThereIsNoRoomIsToldAsSuch) {
  open(DiskOperation::kRoom);
  write(kHeader, 0);
  disk_->fault().fail_at(1, false);
  EXPECT_EQ(wal_.sync(SQLITE_SYNC_NORMAL), SQLITE_FULL);
}

TEST_F(WalBufferTest, AFailureMeetsTheWriteThatHadToWaitForIt) {
  open(DiskOperation::kWrite);
  disk_->fault().fail_at(1, false);
  int code = SQLITE_OK;
  for (int page = 0; page < 17 && code == SQLITE_OK; ++page) code = write(kPage, sqlite3_int64{4096} * page);
  EXPECT_EQ(code, SQLITE_IOERR_WRITE);
}

TEST_F(WalBufferTest, AForceThatFailedIsToldAndMemoryServesNoMore) {
  open(DiskOperation::kForce);
  write(kHeader, 0);
  disk_->fault().fail_at(1, false);
  EXPECT_EQ(wal_.sync(SQLITE_SYNC_NORMAL), SQLITE_IOERR_FSYNC);
  overwrite("?");
  EXPECT_EQ(read(1, 0), "?");
}

TEST_F(WalBufferTest, WhatTheIndexCountsThoughItCouldNotBeWrittenIsTheEnd) {
  open(DiskOperation::kWrite);
  write(kHeader, 0);
  disk_->fault().fail_at(1, false);
  wal_.before_publish();
  wal_.before_unlock();
  wal_.on_locked();
  EXPECT_EQ(write(kHeader, 0), SQLITE_IOERR_WRITE);
  EXPECT_EQ(wal_.sync(SQLITE_SYNC_NORMAL), SQLITE_IOERR_WRITE);
}

// ---- read from memory ----

TEST_F(WalBufferTest, WhatWasWrittenIsReadFromMemory) {
  open();
  write(kHeader, 0);
  write(kPage, 32);
  EXPECT_EQ(read(4096, 32), kPage) << "pending";
  wal_.sync(SQLITE_SYNC_NORMAL);
  EXPECT_EQ(read(4096, 32), kPage);
  wal_.before_unlock();
  EXPECT_EQ(read(4096, 32), kPage);
  EXPECT_EQ(disk_counters_.reads, 0U);
}

TEST_F(WalBufferTest, WhatWasThereBeforeIsReadFromTheFile) {
  std::ofstream(name_.c_str()) << std::string(100, 'o');
  open();
  write(std::string(100, 'n'), 100);
  EXPECT_EQ(read(100, 0), std::string(100, 'o'));
  EXPECT_EQ(read(100, 100), std::string(100, 'n'));
  EXPECT_EQ(disk_counters_.reads, 1U);
  EXPECT_EQ(file().size(), 100U) << "neither asks for what is pending";
  EXPECT_EQ(read(100, 50), std::string(50, 'o') + std::string(50, 'n'));
}

TEST_F(WalBufferTest, ATruncationTakesItFromMemoryToo) {
  open();
  write(std::string(100, 'a'), 0);
  wal_.sync(SQLITE_SYNC_NORMAL);
  EXPECT_EQ(wal_.truncate(50), SQLITE_OK);
  EXPECT_EQ(read(100, 0), "error " + std::to_string(SQLITE_IOERR_SHORT_READ));
  EXPECT_EQ(read(50, 50), "error " + std::to_string(SQLITE_IOERR_SHORT_READ));
  EXPECT_EQ(disk_counters_.reads, 2U);
  EXPECT_EQ(read(50, 0), std::string(50, 'a'));
}

TEST_F(WalBufferTest, ALogThatBeginsAnewIsAllThatIsKept) {
  open();
  write(std::string(100, 'a'), 0);
  wal_.sync(SQLITE_SYNC_NORMAL);
  write(std::string(10, 'b'), 0);
  read(50, 50);
  EXPECT_EQ(disk_counters_.reads, 1U);
}

TEST_F(WalBufferTest, WithoutTheLockItIsReadFromMemoryWhileTheIndexIsAsItWasLeft) {
  open();
  for (const std::size_t copy : {0U, 48U}) {
    write(kHeader, 0);
    index_[8] = index_[56] = static_cast<char>(copy + 1);
    wal_.sync(SQLITE_SYNC_NORMAL);
    wal_.before_unlock();
    overwrite("?");
    EXPECT_EQ(read(1, 0), "h");
    ++index_[copy + 8];
    EXPECT_EQ(read(1, 0), "?") << copy;
    --index_[copy + 8];
    index_[100] = 'r';  // a reader's mark
    EXPECT_EQ(read(1, 0), "h");
    ++index_[copy + 8];
    wal_.on_locked();
    EXPECT_EQ(read(1, 0), "?") << "for good";
  }
  wal_.before_unlock();
  wal_.map_index(nullptr);
  EXPECT_EQ(read(1, 0), "?");
}

TEST_F(WalBufferTest, ALogThatWasReplacedMeanwhileIsNoticed) {
  open();
  write(kHeader, 0);
  write(kPage, 32);
  EXPECT_EQ(wal_.sync(SQLITE_SYNC_NORMAL), SQLITE_OK);
  wal_.before_unlock();
  wal_.on_locked();
  write(kPage, 32 + 4096);
  EXPECT_EQ(wal_.sync(SQLITE_SYNC_NORMAL), SQLITE_OK);
  wal_.before_unlock();
  wal_.on_locked();
  overwrite("?");
  write(kPage, 32 + 2 * 4096);
  EXPECT_EQ(wal_.sync(SQLITE_SYNC_NORMAL), SQLITE_CORRUPT);
  EXPECT_EQ(disk_counters_.syncs, 2U);
}

TEST_F(WalBufferTest, ALogThatWasCutShortMeanwhileIsNoticed) {
  open();
  write(kHeader, 0);
  write(kPage, 32);
  EXPECT_EQ(wal_.sync(SQLITE_SYNC_NORMAL), SQLITE_OK);
  wal_.before_unlock();
  wal_.on_locked();
  std::filesystem::resize_file(name_.c_str(), 1000);
  write(kPage, 32 + 4096);
  EXPECT_EQ(wal_.sync(SQLITE_SYNC_NORMAL), SQLITE_IOERR_SHORT_READ);
}

}  // namespace
}  // namespace assent::participant
