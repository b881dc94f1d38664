// What a store asks of its disk, counted on a known workload; and that nobody sees another database than without it.
#include "participant/store/wal_vfs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/participant/store/faulty_disk.h"
#include "tests/unit/participant/store/random_sql.h"
#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

using testing::HasSubstr;
namespace filesystem = std::filesystem;

// https://www.sqlite.org/walformat.html
constexpr std::uint64_t kFrameHeaderBytes = 24;
constexpr std::uint64_t kPageBytes = 4096;

class WalVfsTest : public SqliteStoreTest {
 protected:
  WalVfsTest() { options_.validate_replay = false; }

  DiskCounters disk() const { return store_->counters().disk; }
  std::string log() const { return path() + "-wal"; }
};

TEST_F(WalVfsTest, AJournalTransactionIsForcedOnce) {
  create("CREATE TABLE t(i INTEGER PRIMARY KEY, v)");
  const DiskCounters before = disk();
  EXPECT_GE(before.syncs, 1U) << "the opening raises the start number";
  constexpr std::uint64_t kTransactions = 20;
  for (std::uint64_t number = 0; number < kTransactions; ++number) {
    commit("INSERT INTO t(v) VALUES (?)", {static_cast<std::int64_t>(number)});
  }
  EXPECT_EQ(disk().syncs - before.syncs, kTransactions);
  EXPECT_EQ(disk().writes - before.writes, kTransactions) << "and written at once";
  const std::uint64_t written = disk().written_bytes - before.written_bytes;
  EXPECT_EQ(written % (kFrameHeaderBytes + kPageBytes), 0U) << written << " bytes are no whole frames";
  EXPECT_GE(written, kTransactions * (kFrameHeaderBytes + kPageBytes));
}

TEST_F(WalVfsTest, ALongJournalTransactionIsFewWrites) {
  create("CREATE TABLE t(i INTEGER PRIMARY KEY, v)");
  const DiskCounters before = disk();
  commit("INSERT INTO t(v) VALUES (zeroblob(300000))");
  const std::uint64_t written = disk().written_bytes - before.written_bytes;
  EXPECT_GE(written, 300000U);
  EXPECT_LE(disk().writes - before.writes, written / (WalBuffer::kMostPending - kPageBytes) + 1);
  EXPECT_EQ(read_outside(path(), "SELECT sum(length(v)) FROM t"), (Rows{{std::int64_t{300000}}}));
}

TEST_F(WalVfsTest, WhatWasJournaledIsNotReadFromTheLogsFile) {
  create("CREATE TABLE t(i INTEGER PRIMARY KEY, v)");
  commit("INSERT INTO t VALUES (1, zeroblob(20000))");
  const DiskCounters before = disk();
  for (int round = 0; round < 10; ++round) {
    execute("UPDATE t SET v = zeroblob(30000)");
    ASSERT_TRUE(store_->end_executions());
  }
  EXPECT_EQ(rows("SELECT length(v) FROM t"), (Rows{{std::int64_t{20000}}}));
  EXPECT_EQ(disk().reads, before.reads);
}

TEST_F(WalVfsTest, WhatIsExecutedOnlyIsNeitherWrittenNorForced) {
  create("CREATE TABLE t(i INTEGER PRIMARY KEY, v)");
  const DiskCounters before = disk();
  for (const char* const sql : {"INSERT INTO t(v) VALUES (1)", "SELECT * FROM t", "UPDATE t SET v = 2"}) execute(sql);
  ASSERT_TRUE(store_->end_executions());
  EXPECT_EQ(disk().syncs, before.syncs);
  EXPECT_EQ(disk().writes, before.writes);
}

TEST_F(WalVfsTest, ACheckpointForcesTheLogAndTheFile) {
  options_.checkpoint_pages = 1;  // at each commit
  create("CREATE TABLE t(i INTEGER PRIMARY KEY, v)");
  commit("INSERT INTO t(v) VALUES (1)");
  const DiskCounters before = disk();
  commit("INSERT INTO t(v) VALUES (2)");
  // The commit begins the log anew, and forces its header alone; then itself. The checkpoint forces the log and the
  // file.
  EXPECT_EQ(disk().syncs - before.syncs, 4U);
}

TEST_F(WalVfsTest, ItsNameGoesWithTheStore) {
  std::string name;
  {
    const WalVfs vfs;
    name = vfs.name();
    EXPECT_NE(sqlite3_vfs_find(name.c_str()), nullptr);
    EXPECT_NE(sqlite3_vfs_find(nullptr), sqlite3_vfs_find(name.c_str())) << "others go on as they did";
  }
  EXPECT_EQ(sqlite3_vfs_find(name.c_str()), nullptr);
}

// ---- failures ----

TEST_F(WalVfsTest, TheLogIsWrittenBeforeItIsForcedAndEitherFailureFailsTheTransaction) {
  for (const auto& [operation, code] : {std::pair(1, SQLITE_IOERR_WRITE), std::pair(2, SQLITE_IOERR_FSYNC)}) {
    FaultyDisk disk;
    store_.reset();
    folder_.clear();
    create("CREATE TABLE t(i INTEGER PRIMARY KEY, v)");
    const Execution execution = execute("INSERT INTO t VALUES (1, zeroblob(20000))");
    disk.fault().fail_at(operation, false);
    const auto written =
        store_->journal(std::vector<JournalOperation>{PutPrepared{prepared_row(1, execution.changes)}});
    ASSERT_FALSE(written);
    EXPECT_THAT(written.error().message, HasSubstr("cannot run `COMMIT`"));
    EXPECT_THAT(written.error().message, HasSubstr("SQLite code " + std::to_string(code)));
    EXPECT_FALSE(store_->journal({}));
    EXPECT_EQ(read_outside(path(), "SELECT count(*) FROM assent_branches"), (Rows{{std::int64_t{0}}}));
    reopen();
    EXPECT_EQ(store_->recovered().rows.size(), operation == 1 ? 0U : 1U) << "all or nothing";
  }
}

TEST_F(WalVfsTest, ALogThatIsCutShortUnderTheStoreIsNoticedBeforeAnybodyIsAnswered) {
  create("CREATE TABLE t(i INTEGER PRIMARY KEY, v)");
  commit("INSERT INTO t VALUES (1, 'new')");
  filesystem::resize_file(log(), 0);
  const auto written = store_->journal({});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::kIo);
}

// ---- logs ----

TEST_F(WalVfsTest, ALogLongerThanTheMemoryIsReadAndMovedIntoTheFile) {
  create("CREATE TABLE t(i INTEGER PRIMARY KEY, v)");
  auto reader = std::make_unique<Connection>(path(), SQLITE_OPEN_READONLY);
  reader->run_once("BEGIN; SELECT count(*) FROM t");
  constexpr std::int64_t kBytes = 3000000;  // and as many of the branch's changes
  constexpr std::int64_t kRows = 4;
  for (std::int64_t row = 0; row < kRows; ++row) {
    commit("INSERT INTO t VALUES (?1, zeroblob(" + std::to_string(kBytes) + "))", {row});
  }
  EXPECT_GT(filesystem::file_size(log()), 2 * static_cast<std::uintmax_t>(WalBuffer::kCapacity));
  const std::string sum = "SELECT count(*), sum(length(v)) FROM t";
  const Rows all = {{kRows, kRows * kBytes}};
  EXPECT_EQ(rows(sum), all);
  EXPECT_EQ(read_outside(path(), sum), all);
  reader.reset();
  commit("UPDATE t SET v = 'short' WHERE i = 0");
  commit("UPDATE t SET v = zeroblob(" + std::to_string(kBytes) + ") WHERE i = 0");
  EXPECT_EQ(rows(sum), all);
  reopen();
  EXPECT_EQ(rows(sum), all);
}

TEST_F(WalVfsTest, ALogThatAnotherProgramEmptiesBeginsAnew) {
  create("CREATE TABLE t(i INTEGER PRIMARY KEY, v)");
  for (std::int64_t row = 0; row < 5; ++row) {
    commit("INSERT INTO t VALUES (?1, 'new')", {row});
    write_outside(path(), "PRAGMA wal_checkpoint(TRUNCATE)");
    EXPECT_EQ(filesystem::file_size(log()), 0U);
    EXPECT_EQ(rows("SELECT count(*) FROM t"), (Rows{{row + 1}}));
  }
  EXPECT_EQ(read_outside(path(), "SELECT count(*) FROM t"), (Rows{{std::int64_t{5}}}));
  reopen();
  EXPECT_EQ(store_->foreign_write(), "");
}

// ---- beside another writer: SQLite by itself, as a store allows no other ----

class BesideAnotherWriter : public testing::Test {
 protected:
  void SetUp() override { begin_again(); }

  void begin_again() {
    ours_.reset();
    other_.reset();
    folder_.clear();
    vfs_.emplace();
    ours_ = std::make_unique<Connection>(path_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, vfs_->name());
    other_ = std::make_unique<Connection>(path_, SQLITE_OPEN_READWRITE);
    // A small cache spills in the middle of a transaction.
    for (Connection* each : {ours_.get(), other_.get()}) {
      each->run_once("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = 5");
    }
    other_->run_once("PRAGMA busy_timeout = 0");  // nobody else would end meanwhile
    ours_->run_once("CREATE TABLE t(i INTEGER PRIMARY KEY, v)");
  }

  static std::string seen_by(Connection& connection, const std::string& sql) {
    Query query = connection.query(sql);
    return query.step() ? query.text(0) : "";
  }

  static std::string sum_of(Connection& connection) {
    return seen_by(connection, "SELECT count(*) || ' ' || total(i * length(v)) || ' ' || coalesce(max(v), '') FROM t");
  }

  // What is on the disk, read by nobody's index.
  std::string sum_of_copy() {
    const std::string copy = folder_.file("copy.db");
    for (const char* suffix : {"", "-wal"}) {
      filesystem::copy_file(path_ + suffix, copy + suffix, filesystem::copy_options::overwrite_existing);
    }
    filesystem::remove(copy + "-shm");
    Connection connection(copy, SQLITE_OPEN_READWRITE);
    EXPECT_EQ(seen_by(connection, "PRAGMA integrity_check"), "ok");
    return sum_of(connection);
  }

  static void insert(Connection& connection, int rows, const std::string& value) {
    connection.run_once("WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < " +
                        std::to_string(rows) + ") INSERT INTO t(v) SELECT '" + value +
                        "' || hex(zeroblob(400)) FROM n");
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.file("plain.db");
  std::optional<WalVfs> vfs_;
  std::unique_ptr<Connection> ours_;
  std::unique_ptr<Connection> other_;
};

TEST_F(BesideAnotherWriter, WhatSpillsIsSeenByNobodyBeforeItIsCommittedAndByAllThen) {
  insert(*ours_, 100, "a");
  const std::string before = sum_of(*other_);
  ours_->run_once("BEGIN");
  insert(*ours_, 200, "b");
  ours_->run_once("UPDATE t SET v = 'c' || v");  // frames are written over, and their checksums again
  const std::string after = sum_of(*ours_);
  EXPECT_EQ(sum_of(*other_), before);
  EXPECT_EQ(sum_of_copy(), before);
  ours_->run_once("COMMIT");
  EXPECT_EQ(sum_of(*other_), after);
  EXPECT_EQ(sum_of_copy(), after);
}

TEST_F(BesideAnotherWriter, WithoutAForceItIsInTheFileBeforeOthersAreTold) {
  for (const char* const synchronous : {"NORMAL", "OFF"}) {
    ours_->run_once(std::string("PRAGMA synchronous = ") + synchronous);
    insert(*ours_, 30, synchronous);
    EXPECT_EQ(sum_of(*other_), sum_of(*ours_));
    EXPECT_EQ(sum_of_copy(), sum_of(*ours_));
  }
}

TEST_F(BesideAnotherWriter, BetweenTheTwoCopiesOfTheIndexsHeaderTheLogIsWritten) {
  ours_->run_once("BEGIN");
  insert(*ours_, 200, "b");
  const auto before = filesystem::file_size(path_ + "-wal");
  sqlite3_file* file = nullptr;
  sqlite3_file_control(ours_->handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  file->pMethods->xShmBarrier(file);
  EXPECT_GT(filesystem::file_size(path_ + "-wal"), before);
}

TEST_F(BesideAnotherWriter, WhatItWritesOverWhatWasRolledBackIsRead) {
  insert(*ours_, 1, "a");
  ours_->run_once("BEGIN");
  insert(*ours_, 200, "b");
  ours_->run_once("ROLLBACK");
  insert(*other_, 100, "c");
  EXPECT_EQ(sum_of(*ours_), sum_of(*other_));
  EXPECT_EQ(seen_by(*ours_, "PRAGMA integrity_check"), "ok");
}

// What it commits is not copied into the file from a memory that has something else there.
TEST_F(BesideAnotherWriter, ACheckpointCopiesWhatItCommitted) {
  ours_->run_once("BEGIN");
  insert(*ours_, 200, "b");
  ours_->run_once("ROLLBACK");
  insert(*other_, 100, "c");
  const std::string all = sum_of(*other_);
  ours_->run_once("PRAGMA wal_checkpoint(PASSIVE)");
  EXPECT_EQ(sum_of_copy(), all);
  other_->run_once("PRAGMA wal_checkpoint(TRUNCATE)");
  EXPECT_EQ(sum_of_copy(), all);
}

TEST_F(BesideAnotherWriter, WhateverBothDoBothAndTheDiskAgree) {
  run_worlds(20, [this](std::uint64_t seed) {
    SCOPED_TRACE("ASSENT_SEED=" + std::to_string(seed));
    begin_again();
    std::mt19937_64 random(seed);
    const auto draw = [&](int count) { return static_cast<int>(random() % static_cast<unsigned>(count)); };
    const auto write = [&](Connection& connection) {
      switch (draw(4)) {
        case 0: return insert(connection, 1 + draw(60), std::string(1, static_cast<char>('a' + draw(26))));
        case 1: return connection.run_once("UPDATE t SET v = 'u' || v WHERE i % 7 = " + std::to_string(draw(7)));
        case 2: return connection.run_once("DELETE FROM t WHERE i > " + std::to_string(1 + draw(500)));
        default: return connection.run_once("SAVEPOINT s; UPDATE t SET v = 's'; ROLLBACK TO s; RELEASE s");
      }
    };
    const auto act = [&](Connection& connection) {
      if (draw(5) == 0) {
        const char* const modes[] = {"PASSIVE", "FULL", "RESTART", "TRUNCATE"};
        return connection.run_once(std::string("PRAGMA wal_checkpoint(") + modes[draw(4)] + ")");
      }
      connection.run_once("BEGIN IMMEDIATE");
      for (int count = 1 + draw(4); count > 0; --count) write(connection);
      connection.run_once(draw(3) == 0 ? "ROLLBACK" : "COMMIT");
    };
    constexpr int kSteps = 60;
    for (int step = 0; step < kSteps; ++step) {
      if (draw(6) == 0) {  // beside a snapshot of ours
        ours_->run_once("BEGIN");
        const std::string seen = sum_of(*ours_);
        act(*other_);
        ASSERT_EQ(sum_of(*ours_), seen) << step;
        ours_->run_once("COMMIT");
      } else {
        act(draw(3) == 0 ? *other_ : *ours_);
      }
      const std::string ours = sum_of(*ours_);
      ASSERT_EQ(ours, sum_of(*other_)) << step;
      ASSERT_EQ(ours, sum_of_copy()) << step;
    }
  });
}

}  // namespace
}  // namespace assent::participant
