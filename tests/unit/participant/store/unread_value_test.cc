// What SQLite had no memory for, or could not read, is no value: neither NULL nor an empty text.
#include <gtest/gtest.h>

#include <new>
#include <string>
#include <vector>

#include "tests/unit/participant/store/faulty_disk.h"
#include "tests/unit/participant/store/faulty_memory.h"
#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

// Values that do not fit on a page: SQLite reads them when they are asked for.
constexpr const char* kUnreadSchema = R"(
CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE, v);
INSERT INTO t VALUES (1, 'one', hex(zeroblob(9000))), (2, 'two', zeroblob(20000)), (3, 'three', 'short');
CREATE TABLE keyed(k TEXT PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO keyed VALUES ('k', hex(zeroblob(5000))), ('l', x'');
CREATE TABLE log(what, v);
CREATE TRIGGER logs AFTER UPDATE ON t BEGIN INSERT INTO log VALUES (old.name, new.v); END;
)";

class UnreadValueTest : public SqliteStoreTest {
 protected:
  Result<Execution> try_to_execute(const Statement& one) {
    const std::vector<Statement> statements = {one};
    return store_->execute({.id = {}, .before = {}, .statements = statements});
  }

  static void expect_same(const Execution& found, const Execution& expected) {
    EXPECT_TRUE(found.results == expected.results) << "other results";
    EXPECT_TRUE(found.changes == expected.changes) << "other changes";
    EXPECT_TRUE(found.locks == expected.locks) << "other locks";
  }
};

TEST_F(UnreadValueTest, WhateverAllocationOfAStatementFailsItsAnswerIsRightOrNone) {
  create(kUnreadSchema);
  for (const Statement& asked :
       {statement("SELECT v, upper(name), zeroblob(70000) FROM t WHERE id = 1"),
        statement("SELECT v FROM keyed WHERE k = ?1", {"k"}),
        statement("INSERT INTO t(name, v) VALUES (?1, zeroblob(6000))", {"a"}),
        statement("UPDATE t SET v = v || ?1 WHERE id = 1", {"more"}), statement("DELETE FROM keyed WHERE k = 'k'")}) {
    SCOPED_TRACE(asked.sql);
    const Execution expected = execute({asked});
    ASSERT_EQ(expected.failure.reason, AbortReason::kNone) << expected.failure.detail;
    FaultyMemory memory;
    bool failed = true;
    for (int allocation = 1; failed; ++allocation) {
      SCOPED_TRACE(allocation);
      Statement compiled_anew = asked;
      compiled_anew.sql += " -- " + std::to_string(allocation);
      memory.fault().fail_at(allocation, false);
      const auto execution = try_to_execute(compiled_anew);
      failed = memory.fault().has_failed();
      memory.fault().heal();
      if (!execution) {
        EXPECT_EQ(execution.error().kind, ErrorKind::kIo) << execution.error().message;
        reopen();
        execute({asked});  // the schema is known again
      } else if (execution->failure.reason != AbortReason::kNone) {
        EXPECT_EQ(execution->failure.sqlite_extended_code & kPrimaryCode, SQLITE_NOMEM) << execution->failure.detail;
      } else {
        expect_same(*execution, expected);
      }
    }
  }
}

TEST_F(UnreadValueTest, WhateverReadOfTheDiskFailsARowIsCapturedAsItIs) {
  for (const char* sql : {"DELETE FROM t WHERE id = 2", "UPDATE t SET id = 9 WHERE id = 1", "DELETE FROM keyed"}) {
    SCOPED_TRACE(sql);
    store_.reset();
    folder_.clear();
    FaultyDisk disk(DiskOperation::kRead);
    create(kUnreadSchema);
    const Execution expected = execute(sql);
    bool failed = true;
    for (int read = 1; failed; ++read) {
      SCOPED_TRACE(read);
      reopen();
      disk.fault().fail_at(read, false);
      const auto execution = try_to_execute(statement(sql));
      failed = disk.fault().has_failed();
      disk.fault().heal();
      if (execution) {
        EXPECT_EQ(execution->failure.detail, "") << "a disk that cannot be read concerns the whole store";
        expect_same(*execution, expected);
      } else {
        EXPECT_EQ(execution.error().kind, ErrorKind::kIo) << execution.error().message;
      }
    }
  }
}

TEST_F(UnreadValueTest, ARowThatCannotBeReadAgainIsNotTakenForAnotherRow) {
  FaultyDisk disk(DiskOperation::kRead);
  create(kUnreadSchema);
  const Execution execution = execute({statement("DELETE FROM t WHERE id = 2"), statement("DELETE FROM keyed")});
  journal({PutPrepared{prepared_row(1, execution.changes)}});
  bool failed = true;
  for (int read = 1; failed; ++read) {
    SCOPED_TRACE(read);
    reopen();
    disk.fault().fail_at(read, false);
    const std::vector<JournalOperation> operations = {apply_branch(1)};
    const auto position = store_->journal(operations);
    failed = disk.fault().has_failed();
    disk.fault().heal();
    EXPECT_TRUE(position || position.error().kind == ErrorKind::kIo) << position.error().message;
    if (position) {
      break;  // SQLite needed none of what it could not read
    }
  }
  EXPECT_EQ(rows("SELECT id FROM t"), (Rows{{std::int64_t{1}}, {std::int64_t{3}}}));
  EXPECT_EQ(rows("SELECT k FROM keyed"), (Rows{}));
}

TEST_F(UnreadValueTest, WhateverAllocationOfAnOpeningFailsABranchIsRecoveredWholeOrNotAtAll) {
  create("CREATE TABLE t(v); INSERT INTO t VALUES (hex(zeroblob(9000)))");
  const BranchRow prepared =
      prepared_row(1, execute("UPDATE t SET v = v || 'x'").changes, {{{"t", ""}, LockMode::kShared}});
  journal({PutPrepared{prepared}});
  store_.reset();
  FaultyMemory memory;
  bool failed = true;
  for (int allocation = 1; failed; ++allocation) {
    SCOPED_TRACE(allocation);
    memory.fault().fail_at(allocation, false);
    auto opened = open_sqlite_store(path(), options_);
    failed = memory.fault().has_failed();
    memory.fault().heal();
    if (opened) {
      EXPECT_TRUE((*opened)->recovered().rows == std::vector<BranchRow>{prepared});
      EXPECT_EQ((*opened)->foreign_write(), "");
    } else {
      EXPECT_EQ(opened.error().kind, ErrorKind::kIo) << opened.error().message;
    }
  }
}

TEST_F(UnreadValueTest, ABlobForWhichThereIsNoMemoryIsNeitherNullNorEmpty) {
  Connection connection(path(), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  const std::string sql = "SELECT zeroblob(n) FROM (SELECT 70000 AS n UNION ALL SELECT 1)";
  sqlite3_stmt* prepared = nullptr;
  ASSERT_EQ(sqlite3_prepare_v2(connection.handle(), sql.c_str(), -1, &prepared, nullptr), SQLITE_OK);
  const StatementHandle statement(prepared);
  ASSERT_EQ(sqlite3_step(prepared), SQLITE_ROW);
  Query query = connection.query(sql);
  ASSERT_TRUE(query.step());
  FaultyMemory memory;
  memory.fault().fail_at(1, true);
  EXPECT_FALSE(read_column(prepared, 0).has_value());
  EXPECT_THROW(query.text(0), std::bad_alloc);
}

}  // namespace
}  // namespace assent::participant
