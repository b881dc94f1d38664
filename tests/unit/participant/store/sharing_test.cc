// A store and the other programs that have its file open: they read what is committed, and may not write.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <limits>
#include <string>

#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

using testing::HasSubstr;

class Sharing : public SqliteStoreTest {
 protected:
  void SetUp() override { create("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'old')"); }

  Rows seen_outside() { return read_outside(path(), "SELECT v FROM t"); }

  // A transaction of another program that has read the file and does not end.
  std::unique_ptr<Connection> open_reader() {
    auto reader = std::make_unique<Connection>(path(), SQLITE_OPEN_READONLY);
    reader->run_once("BEGIN; SELECT count(*) FROM t");
    return reader;
  }

  void end_within_a_journal_transaction() {
    store_.reset();
    std::fstream lock(path() + ".assent-lock", std::ios::in | std::ios::out);
    std::string content;
    std::getline(lock, content);
    ASSERT_EQ(content.back(), '-');
    content.back() = 'w';
    lock.seekp(0);
    lock << content;
  }
};

TEST_F(Sharing, ReadersSeeCommittedDataOnly) {
  const Execution execution = execute("UPDATE t SET v = 'new' WHERE id = 1");
  EXPECT_EQ(seen_outside(), (Rows{{"old"}})) << "the execution's transaction is open";
  journal({PutPrepared{prepared_row(1, execution.changes)}});
  EXPECT_EQ(seen_outside(), (Rows{{"old"}}));
  journal({apply_branch(1)});
  EXPECT_EQ(seen_outside(), (Rows{{"new"}}));
}

TEST_F(Sharing, AReaderThatStaysDoesNotHinder) {
  const auto reader = open_reader();
  for (int round = 0; round < 20; ++round) {
    commit("UPDATE t SET v = ?1 WHERE id = 1", {std::string(200000, 'x')});
  }
  Query query = reader->query("SELECT v FROM t");
  ASSERT_TRUE(query.step());
  EXPECT_EQ(query.text(0), "old");
}

TEST_F(Sharing, ReadersThatComeAndGoAreNotTakenForWriters) {
  for (int round = 0; round < 30; ++round) {
    commit("UPDATE t SET v = ?1 WHERE id = 1", {std::string(200000, 'x')});  // checkpoints on the way
    EXPECT_EQ(seen_outside().size(), 1U);
    execute("SELECT * FROM t");
  }
}

TEST_F(Sharing, AForeignWriteIsNoticedByTheNextExecution) {
  execute("SELECT * FROM t");
  EXPECT_TRUE(store_->end_executions());
  write_outside(path(), "UPDATE t SET v = 'foreign'");
  const auto execution = store_->execute({.id = {}, .before = {}, .statements = {}});
  ASSERT_FALSE(execution);
  EXPECT_EQ(execution.error().kind, ErrorKind::kConflict);
  EXPECT_THAT(execution.error().message, HasSubstr("store.db: another program has written to this store"));
  EXPECT_FALSE(store_->journal({})) << "until it is opened again";
  reopen();
  EXPECT_EQ(rows("SELECT v FROM t"), (Rows{{"foreign"}}));
}

TEST_F(Sharing, AForeignWriteIsNoticedByTheNextJournalTransaction) {
  const Execution execution = execute("UPDATE t SET v = 'new' WHERE id = 1");
  EXPECT_TRUE(store_->end_executions());
  write_outside(path(), "INSERT INTO t VALUES (2, 'foreign')");
  const std::vector<JournalOperation> operations = {PutPrepared{prepared_row(1, execution.changes)}};
  const auto result = store_->journal(operations);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kConflict);
  reopen();
  EXPECT_TRUE(store_->recovered().rows.empty()) << "nothing was voted";
}

TEST_F(Sharing, AnIdleStoreHoldsNeitherSnapshotNorWriteLock) {
  execute("UPDATE t SET v = 'new' WHERE id = 1");
  Connection other(path(), SQLITE_OPEN_READWRITE);
  sqlite3_busy_timeout(other.handle(), 0);
  EXPECT_THROW(other.run_once("BEGIN IMMEDIATE"), ResultError);
  EXPECT_TRUE(store_->end_executions());
  other.run_once("BEGIN IMMEDIATE");
  other.run_once("ROLLBACK");
  const Execution execution = execute("UPDATE t SET v = 'new' WHERE id = 1");
  EXPECT_EQ(execution.failure.reason, AbortReason::kNone);
}

TEST_F(Sharing, AWriterThatStaysIsAnErrorThatNamesTheRemedy) {
  Connection other(path(), SQLITE_OPEN_READWRITE);
  other.run_once("BEGIN IMMEDIATE");
  const auto result = store_->journal({});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kConflict);
  EXPECT_THAT(result.error().message, HasSubstr("another program writes to the file"));
}

TEST_F(Sharing, WhatAnEarlierProcessMayNotHaveForcedIsForcedBeforeItIsRead) {
  commit("UPDATE t SET v = 'new' WHERE id = 1");
  auto reader = open_reader();
  commit("UPDATE t SET v = 'newer' WHERE id = 1");
  reopen();  // an orderly end: the reader is in nobody's way
  end_within_a_journal_transaction();
  const auto opened = open_sqlite_store(path(), options_);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(opened.error().message, HasSubstr("an earlier write may have failed"));
  reader.reset();
  reopen();
  EXPECT_EQ(rows("SELECT v FROM t"), (Rows{{"newer"}}));
}

TEST_F(Sharing, LessSpaceThanTheReserveIsSaid) {
  EXPECT_FALSE(store_->is_short_of_space());
  options_.reserve_bytes = std::numeric_limits<std::uint64_t>::max();
  reopen();
  EXPECT_TRUE(store_->is_short_of_space());
}

}  // namespace
}  // namespace assent::participant
