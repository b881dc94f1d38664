// What a store asks of its disk, counted on a known workload.
#include "participant/store/counting_vfs.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

// https://www.sqlite.org/walformat.html
constexpr std::uint64_t kFrameHeaderBytes = 24;
constexpr std::uint64_t kPageBytes = 4096;

class CountingVfsTest : public SqliteStoreTest {
 protected:
  CountingVfsTest() { options_.validate_replay = false; }

  DiskCounters disk() const { return store_->counters().disk; }
};

TEST_F(CountingVfsTest, AJournalTransactionIsForcedOnce) {
  create("CREATE TABLE t(i INTEGER PRIMARY KEY, v)");
  const DiskCounters before = disk();
  EXPECT_GE(before.syncs, 1U) << "the opening raises the start number";
  constexpr std::uint64_t kTransactions = 20;
  for (std::uint64_t number = 0; number < kTransactions; ++number) {
    commit("INSERT INTO t(v) VALUES (?)", {static_cast<std::int64_t>(number)});
  }
  EXPECT_EQ(disk().syncs - before.syncs, kTransactions);
  EXPECT_GE(disk().writes - before.writes, kTransactions);
  const std::uint64_t written = disk().written_bytes - before.written_bytes;
  EXPECT_EQ(written % (kFrameHeaderBytes + kPageBytes), 0U) << written << " bytes are no whole frames";
  EXPECT_GE(written, kTransactions * (kFrameHeaderBytes + kPageBytes));
}

TEST_F(CountingVfsTest, WhatIsExecutedOnlyIsNeitherWrittenNorForced) {
  create("CREATE TABLE t(i INTEGER PRIMARY KEY, v)");
  const DiskCounters before = disk();
  for (const char* const sql : {"INSERT INTO t(v) VALUES (1)", "SELECT * FROM t", "UPDATE t SET v = 2"}) execute(sql);
  ASSERT_TRUE(store_->end_executions());
  EXPECT_EQ(disk().syncs, before.syncs);
  EXPECT_EQ(disk().writes, before.writes);
}

TEST_F(CountingVfsTest, ACheckpointForcesTheLogAndTheFile) {
  options_.checkpoint_pages = 1;  // at each commit
  create("CREATE TABLE t(i INTEGER PRIMARY KEY, v)");
  commit("INSERT INTO t(v) VALUES (1)");
  const DiskCounters before = disk();
  commit("INSERT INTO t(v) VALUES (2)");
  // The commit begins the log anew, and forces its header alone; then itself. The checkpoint forces the log and the
  // file.
  EXPECT_EQ(disk().syncs - before.syncs, 4U);
}

TEST_F(CountingVfsTest, ItsNameGoesWithTheStore) {
  std::string name;
  {
    const CountingVfs vfs;
    name = vfs.name();
    EXPECT_NE(sqlite3_vfs_find(name.c_str()), nullptr);
    EXPECT_NE(sqlite3_vfs_find(nullptr), sqlite3_vfs_find(name.c_str())) << "others go on as they did";
  }
  EXPECT_EQ(sqlite3_vfs_find(name.c_str()), nullptr);
}

}  // namespace
}  // namespace assent::participant
