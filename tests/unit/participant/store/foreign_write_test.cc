// What another program writes to a store's file is kept until an operator has acknowledged it, whoever stops meanwhile.
// Whoever only reads is never taken for a writer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/participant/store/faulty_disk.h"
#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace filesystem = std::filesystem;

class ForeignWrite : public SqliteStoreTest {
 protected:
  void SetUp() override {
    options_.clock = [this] { return now_; };
    create("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'old')");
    EXPECT_EQ(store_->foreign_write(), "");
  }

  std::string lock_file() const {
    std::ifstream file(path() + ".assent-lock", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // Ends it as a crash would: with the lock file as it is while the store is served.
  void crash() {
    const std::string lock = lock_file();
    store_.reset();
    std::ofstream(path() + ".assent-lock", std::ios::binary) << lock;
  }

  void write_and_notice() {
    write_outside(path(), "UPDATE t SET v = v || 'foreign'");
    ASSERT_FALSE(store_->execute({.id = {}, .before = {}, .statements = {}}));
  }

  void acknowledge() {
    journal({AcknowledgeWrite{}});
    EXPECT_EQ(store_->foreign_write(), "");
  }

  std::string now_ = "2026-01-31T12:00:00Z";
};

// ---- while it is open ----

TEST_F(ForeignWrite, IsKeptUntilItIsAcknowledged) {
  write_and_notice();
  now_ = "later";
  reopen();
  EXPECT_EQ(store_->foreign_write(), "noticed 2026-01-31T12:00:00Z while the store was served");
  commit("UPDATE t SET v = 'new' WHERE id = 1");
  reopen();
  EXPECT_NE(store_->foreign_write(), "") << "still, after a clean close";
  crash();
  reopen();
  EXPECT_NE(store_->foreign_write(), "") << "still, after a crash";
  acknowledge();
  reopen();
  EXPECT_EQ(store_->foreign_write(), "");
}

TEST_F(ForeignWrite, IsNotForgottenInACrashAfterItWasNoticed) {
  write_and_notice();
  EXPECT_THAT(lock_file(), HasSubstr("\nforeign write: noticed 2026-01-31T12:00:00Z while the store was served\n"));
  crash();
  reopen();
  EXPECT_NE(store_->foreign_write(), "");
  EXPECT_EQ(lock_file().size(), 14U) << "it is in the store now";
}

TEST_F(ForeignWrite, IsNoticedByAJournalTransactionToo) {
  write_outside(path(), "UPDATE t SET v = 'foreign'");
  ASSERT_FALSE(store_->journal({}));
  reopen();
  EXPECT_NE(store_->foreign_write(), "");
}

TEST_F(ForeignWrite, IsNoticedWhileItIsUnderWay) {
  {
    Connection writer(path(), SQLITE_OPEN_READWRITE);
    writer.run_once("BEGIN IMMEDIATE; UPDATE t SET v = 'foreign'");
    ASSERT_FALSE(store_->journal({})) << "the write lock is taken";
    store_.reset();
    writer.run_once("COMMIT");
  }
  reopen();
  EXPECT_NE(store_->foreign_write(), "") << "though it was committed when nobody looked";
}

TEST_F(ForeignWrite, IsNoticedBehindASnapshot) {
  execute("SELECT * FROM t");
  write_outside(path(), "UPDATE t SET v = 'foreign'");
  const std::vector<Statement> write = {statement("UPDATE t SET v = 'new' WHERE id = 1")};
  ASSERT_FALSE(store_->execute({.id = {}, .before = {}, .statements = write}));
  reopen();
  EXPECT_NE(store_->foreign_write(), "");
}

TEST_F(ForeignWrite, IsNoticedAtTheClose) {
  write_outside(path(), "UPDATE t SET v = 'foreign'");
  reopen();
  EXPECT_NE(store_->foreign_write(), "");
}

TEST_F(ForeignWrite, IsAddedToAnotherOne) {
  write_and_notice();
  now_ = "2026-02-01T12:00:00Z";
  reopen();
  write_and_notice();
  reopen();
  EXPECT_EQ(store_->foreign_write(),
            "noticed 2026-01-31T12:00:00Z while the store was served; "
            "noticed 2026-02-01T12:00:00Z while the store was served");
  acknowledge();
}

TEST_F(ForeignWrite, IsNotAcknowledgedWithWhatWasNotNoticedYet) {
  write_and_notice();
  reopen();
  write_outside(path(), "UPDATE t SET v = 'again'");
  const std::vector<JournalOperation> acknowledgement = {AcknowledgeWrite{}};
  EXPECT_FALSE(store_->journal(acknowledgement));
  reopen();
  EXPECT_NE(store_->foreign_write(), "");
}

TEST_F(ForeignWrite, IsNoticedWhenTheStoreFailsOtherwise) {
  FaultyDisk disk(DiskOperation::kRead);
  reopen();
  write_outside(path(), "UPDATE t SET v = 'foreign'");
  disk.fault().fail_at(1, true);
  const auto written = store_->journal({});
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::kIo) << "before it can look who has written";
  disk.fault().heal();
  reopen();
  EXPECT_NE(store_->foreign_write(), "");
}

TEST_F(ForeignWrite, AFileThatTakesThePlaceOfTheStoresIsNoticed) {
  filesystem::copy_file(path(), path() + ".copy");
  filesystem::rename(path() + ".copy", path());
  const auto written = store_->journal({});
  ASSERT_FALSE(written) << "nobody would find it";
  EXPECT_THAT(written.error().message, HasSubstr("another file has taken the place of this store's"));
  store_.reset();
  filesystem::remove(path() + "-wal");
  filesystem::remove(path() + "-shm");
  reopen();
  EXPECT_NE(store_->foreign_write(), "");
}

// ---- what SQLite makes look like one ----

TEST_F(ForeignWrite, APageThatCannotBeReadAgainIsNone) {
  FaultyDisk disk(DiskOperation::kRead);
  options_.checkpoint_pages = 1;  // from the file: what is in the log is read from memory
  reopen();
  commit("INSERT INTO t VALUES (3, zeroblob(20000))");   // several pages
  execute("INSERT INTO t VALUES (2, zeroblob(20000))");  // page 1 is changed, and read again when it is rolled back
  disk.fault().fail_at(1, true);
  EXPECT_TRUE(store_->end_executions());
  ASSERT_TRUE(disk.fault().has_failed());
  disk.fault().heal();
  commit("UPDATE t SET v = 'new' WHERE id = 1");
  reopen();
  EXPECT_EQ(store_->foreign_write(), "");
}

TEST_F(ForeignWrite, BesideAPageThatCannotBeReadAgainIsNoticed) {
  FaultyDisk disk(DiskOperation::kRead);
  reopen();
  execute("INSERT INTO t VALUES (2, zeroblob(20000))");
  disk.fault().fail_at(1, true);
  EXPECT_TRUE(store_->end_executions());
  ASSERT_TRUE(disk.fault().has_failed());
  disk.fault().heal();
  write_outside(path(), "UPDATE t SET v = 'foreign'");
  EXPECT_FALSE(store_->journal({}));
  reopen();
  EXPECT_NE(store_->foreign_write(), "");
}

TEST_F(ForeignWrite, AFullDiskIsNone) {
  FaultyDisk disk(DiskOperation::kRoom);
  reopen();
  const std::string large =
      "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 100) "
      "INSERT INTO t SELECT i, zeroblob(100000) FROM n";
  disk.fault().fail_at(1, true);
  const auto failed = execute(large);
  EXPECT_EQ(failed.failure.sqlite_extended_code, SQLITE_FULL) << failed.failure.detail;
  disk.fault().heal();
  commit("UPDATE t SET v = 'new' WHERE id = 1");
  reopen();
  EXPECT_EQ(store_->foreign_write(), "");
}

TEST_F(ForeignWrite, ALogThatAnotherProgramEmptiesIsNone) {
  commit("UPDATE t SET v = 'new' WHERE id = 1");
  write_outside(path(), "PRAGMA wal_checkpoint(TRUNCATE)");
  commit("UPDATE t SET v = 'newer' WHERE id = 1");
  write_outside(path(), "PRAGMA wal_checkpoint(TRUNCATE)");
  reopen();
  EXPECT_EQ(store_->foreign_write(), "");
}

TEST_F(ForeignWrite, WhoHasTheFileWhenItIsOpenedIsNone) {
  store_.reset();
  {
    Connection reader(path(), SQLITE_OPEN_READWRITE);
    reader.run_once("PRAGMA locking_mode = EXCLUSIVE; SELECT * FROM t");
    const auto opened = open_sqlite_store(path(), options_);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().kind, ErrorKind::kUnavailable) << "it is tried again";
  }
  reopen();
  EXPECT_EQ(store_->foreign_write(), "");
}

// ---- while it is closed ----

TEST_F(ForeignWrite, IsNoticedThoughNobodyHadTheStoreOpen) {
  store_.reset();
  write_outside(path(), "CREATE TABLE u(x); INSERT INTO u VALUES (zeroblob(20000))");
  reopen();
  EXPECT_THAT(
      store_->foreign_write(),
      AllOf(HasSubstr("noticed 2026-01-31T12:00:00Z when the store was opened: since it was closed, its file has "
                      "gone from "),
            HasSubstr(" bytes")));
  reopen();
  EXPECT_NE(store_->foreign_write(), "");
  acknowledge();
}

TEST_F(ForeignWrite, OfTheSameSizeIsNoticedHoweverSoonItIsMade) {
  constexpr int kRounds = 30;
  for (int round = 0; round < kRounds; ++round) {
    store_.reset();
    write_outside(path(), "UPDATE t SET v = 'r" + std::to_string(round % 10) + "'");
    reopen();
    ASSERT_THAT(store_->foreign_write(), HasSubstr("its file was changed or replaced"));
    acknowledge();
  }
}

TEST_F(ForeignWrite, IsNoticedInTheLog) {
  store_.reset();
  Connection writer(path(), SQLITE_OPEN_READWRITE);
  writer.run_once("UPDATE t SET v = 'foreign'");
  reopen();
  EXPECT_THAT(store_->foreign_write(), HasSubstr("something was written to its write-ahead log"));
}

TEST_F(ForeignWrite, IsNotForgottenByAnOpeningThatFails) {
  store_.reset();
  write_outside(path(), "UPDATE t SET v = 'foreign'");
  options_.schema = "nonsense";
  EXPECT_FALSE(open_sqlite_store(path(), options_));
  options_.schema.reset();
  reopen();
  EXPECT_NE(store_->foreign_write(), "");
}

TEST_F(ForeignWrite, AnOpeningThatFailsIsNone) {
  store_.reset();
  options_.schema = "CREATE TABLE u(x); INSERT INTO u VALUES (zeroblob(20000)); nonsense";
  EXPECT_FALSE(open_sqlite_store(path(), options_));
  EXPECT_FALSE(open_sqlite_store(path(), options_));
  options_.schema.reset();
  reopen();
  EXPECT_EQ(store_->foreign_write(), "");
}

TEST_F(ForeignWrite, AfterACrashNobodyKnows) {
  commit("UPDATE t SET v = 'new' WHERE id = 1");
  crash();
  reopen();
  EXPECT_EQ(store_->foreign_write(), "") << "what the crash left is no foreign write";
  crash();
  write_outside(path(), "UPDATE t SET v = 'foreign'");
  reopen();
  EXPECT_EQ(store_->foreign_write(), "");
}

TEST_F(ForeignWrite, ANoteThatWasCutOffSaysWhatItCan) {
  store_.reset();
  const std::string left = lock_file();
  ASSERT_THAT(left, HasSubstr("\nat rest "));
  const std::string first_line = left.substr(0, 14);
  for (const std::string& note : {left.substr(14, left.size() - 17), std::string("at rest 1 2"), std::string("at rest"),
                                  std::string("at rest x y z\n"), std::string("at rest 1 2 3 4\n"), std::string("?")}) {
    std::ofstream(path() + ".assent-lock", std::ios::binary) << first_line << note;
    reopen();
    EXPECT_EQ(store_->foreign_write(), "") << note;
    store_.reset();
  }
  std::ofstream(path() + ".assent-lock", std::ios::binary) << first_line << "foreign write: noticed 2026";
  reopen();
  EXPECT_EQ(store_->foreign_write(), "noticed 2026");
}

// ---- readers ----

TEST_F(ForeignWrite, AReaderWhileItIsClosedIsNone) {
  for (int round = 0; round < 5; ++round) {
    store_.reset();
    EXPECT_EQ(read_outside(path(), "SELECT v FROM t"), (Rows{{"old"}}));
    {
      Connection able_to_write(path(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
      able_to_write.run_once("BEGIN; SELECT * FROM t; COMMIT; PRAGMA wal_checkpoint; PRAGMA optimize");
    }
    reopen();
    ASSERT_EQ(store_->foreign_write(), "");
  }
}

TEST_F(ForeignWrite, AReaderOfAnotherProcessThatStaysOverCloseAndOpeningIsNone) {
  int channel[2];
  ASSERT_EQ(::pipe(channel), 0);
  store_.reset();
  const pid_t reader = ::fork();
  ASSERT_GE(reader, 0);
  if (reader == 0) {
    Connection connection(path(), SQLITE_OPEN_READWRITE);
    connection.run_once("SELECT * FROM t");
    const bool told = ::write(channel[1], "+", 1) == 1;
    ::close(channel[1]);
    while (told && ::getppid() != 1) ::pause();
    ::_exit(0);
  }
  char letter = 0;
  ASSERT_EQ(::read(channel[0], &letter, 1), 1);
  reopen();
  EXPECT_EQ(store_->foreign_write(), "");
  commit("UPDATE t SET v = 'new' WHERE id = 1");
  reopen();
  EXPECT_EQ(store_->foreign_write(), "");
  ::kill(reader, SIGKILL);
  ::waitpid(reader, nullptr, 0);
  ::close(channel[0]);
  ::close(channel[1]);
  reopen();
  EXPECT_EQ(store_->foreign_write(), "");
}

// Its last connection moves the log into the file, long after the store was closed.
TEST_F(ForeignWrite, ACheckpointByAReaderThatWasInTheWayIsNone) {
  auto reader = std::make_unique<Connection>(path(), SQLITE_OPEN_READWRITE);
  reader->run_once("BEGIN; SELECT count(*) FROM t");
  commit("UPDATE t SET v = 'new' WHERE id = 1");
  store_.reset();
  EXPECT_EQ(lock_file().size(), 14U) << "nothing is said about how it was left";
  const auto before = filesystem::last_write_time(path());
  reader.reset();
  EXPECT_NE(filesystem::last_write_time(path()), before);
  reopen();
  EXPECT_EQ(store_->foreign_write(), "");
  EXPECT_EQ(rows("SELECT v FROM t"), (Rows{{"new"}}));
}

// ---- who may read ----

TEST_F(ForeignWrite, TheFilesHaveTheModeAndTheGroupThatWereAskedFor) {
  const auto mode_of = [this](const char* suffix) {
    return static_cast<unsigned>(filesystem::status(path() + suffix).permissions());
  };
  const auto group_of = [this](const char* suffix) {
    struct stat status {};
    EXPECT_EQ(::stat((path() + suffix).c_str(), &status), 0) << suffix;
    return status.st_gid;
  };
  // Any that the user of the tests may give.
  std::vector<gid_t> groups(1, ::getegid() + 1);
  if (::geteuid() != 0) {
    groups.resize(static_cast<std::size_t>(::getgroups(0, nullptr)));
    ::getgroups(static_cast<int>(groups.size()), groups.data());
    groups.push_back(::getegid());
  }
  options_.access = {.mode = 0640, .group = groups.front()};
  reopen();
  for (const char* suffix : {"", "-wal", "-shm"}) {
    EXPECT_EQ(mode_of(suffix), 0640U) << suffix;
    EXPECT_EQ(group_of(suffix), groups.front()) << suffix;
  }
  EXPECT_EQ(store_->foreign_write(), "") << "a changed mode is no foreign write";
  options_.access = {};
  reopen();
  EXPECT_EQ(mode_of(""), 0640U) << "what is not asked for stays as it is";
  options_.access = {.mode = 0600, .group = {}};
  crash();  // with a log that is there already
  reopen();
  for (const char* suffix : {"", "-wal", "-shm"}) EXPECT_EQ(mode_of(suffix), 0600U) << suffix;
}

}  // namespace
}  // namespace assent::participant
