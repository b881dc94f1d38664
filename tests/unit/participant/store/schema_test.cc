// Schema files: each becomes part of the store as a whole and is kept, or changes nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/participant/store/faulty_disk.h"
#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace filesystem = std::filesystem;

constexpr const char* kFirst = "CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'a')";

class Schema : public SqliteStoreTest {
 protected:
  void SetUp() override {
    options_.clock = [this] { return now_; };
    create(kFirst);
  }

  SchemaChange apply(const std::string& text) {
    auto change = store_->apply_schema(text);
    EXPECT_TRUE(change) << change.error().message;
    return change ? std::move(*change) : SchemaChange{};
  }

  void expect_applied(const std::string& text) {
    const SchemaChange change = apply(text);
    EXPECT_EQ(change.failure, "");
    EXPECT_FALSE(change.was_applied_before);
  }

  void expect_refused(const std::string& text, const std::string& message) {
    SCOPED_TRACE(text);
    const Rows before = everything();
    const SchemaChange change = apply(text);
    EXPECT_THAT(change.failure, AllOf(HasSubstr("the schema cannot be applied: "), HasSubstr(message),
                                      HasSubstr("; nothing of it was applied")));
    EXPECT_EQ(everything(), before);
    EXPECT_EQ(execute("SELECT 1").failure.reason, AbortReason::kNone) << "the store goes on";
  }

  Rows everything() const {
    Rows all = read_outside(path(), "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY 2");
    for (const char* sql : {"SELECT version, applied_at, text FROM assent_schema", "SELECT position FROM assent_store",
                            "SELECT id, v FROM t"}) {
      for (auto& row : read_outside(path(), sql)) all.push_back(row);
    }
    return all;
  }

  std::string now_ = "2026-01-31T12:00:00Z";
};

TEST_F(Schema, EachFileIsKeptAsAVersionWithItsTime) {
  now_ = "2026-02-01T12:00:00Z";
  constexpr const char* kSecond = "CREATE TABLE u(id INTEGER PRIMARY KEY)";
  const StorePosition before = store_->recovered().position;
  const SchemaChange change = apply(kSecond);
  EXPECT_EQ(change.version, SchemaVersion{2});
  EXPECT_EQ(static_cast<std::uint64_t>(change.position), static_cast<std::uint64_t>(before) + 1);
  EXPECT_EQ(
      read_outside(path(), "SELECT version, applied_at, text FROM assent_schema ORDER BY 1"),
      (Rows{{std::int64_t{1}, "2026-01-31T12:00:00Z", kFirst}, {std::int64_t{2}, "2026-02-01T12:00:00Z", kSecond}}));
}

TEST_F(Schema, AFileIsAppliedOnce) {
  const SchemaChange again = apply(kFirst);
  EXPECT_TRUE(again.was_applied_before);
  EXPECT_EQ(again.version, SchemaVersion{1});
  EXPECT_EQ(rows("SELECT count(*) FROM t"), (Rows{{std::int64_t{1}}}));
}

TEST_F(Schema, StatementsUnderstandTheTablesAsTheyAre) {
  EXPECT_EQ(rows("SELECT * FROM t"), (Rows{{std::int64_t{1}, "a"}}));
  commit("UPDATE t SET v = 'b' WHERE id = 1");
  expect_applied("ALTER TABLE t ADD COLUMN w TEXT; CREATE UNIQUE INDEX t_v ON t(v)");
  EXPECT_EQ(rows("SELECT * FROM t"), (Rows{{std::int64_t{1}, "b", nullptr}}));
  const Execution update = execute("UPDATE t SET v = 'c', w = 'd' WHERE id = 1");
  const auto is_of_index = [](const Lock& lock) { return lock.name.key == "t_v('c')"; };
  EXPECT_TRUE(std::any_of(update.locks.begin(), update.locks.end(), is_of_index)) << "the key of the new index";
  commit("UPDATE t SET v = 'c', w = 'd' WHERE id = 1");
  EXPECT_EQ(rows("SELECT * FROM t"), (Rows{{std::int64_t{1}, "c", "d"}}));

  expect_applied("DROP TABLE t; CREATE TABLE t(name TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID");
  EXPECT_EQ(rows("SELECT * FROM t"), Rows{});
  commit("INSERT INTO t VALUES ('x', 1)");
  commit("UPDATE t SET n = 2 WHERE name = 'x'");
  EXPECT_EQ(rows("SELECT * FROM t"), (Rows{{"x", std::int64_t{2}}}));

  expect_applied("ALTER TABLE t RENAME TO s; CREATE VIEW view_of_s AS SELECT name FROM s");
  EXPECT_EQ(execute("SELECT * FROM t").failure.detail, "no such table: t");
  EXPECT_EQ(rows("SELECT * FROM view_of_s"), (Rows{{"x"}}));
  reopen();
  EXPECT_EQ(rows("SELECT * FROM view_of_s"), (Rows{{"x"}}));
}

TEST_F(Schema, TriggersForeignKeysAndNumbersComeAndGo) {
  expect_applied(
      "CREATE TABLE log(id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT);"
      "CREATE TRIGGER t_changed AFTER UPDATE ON t BEGIN INSERT INTO log(what) VALUES (new.v); END;"
      "CREATE TABLE child(id INTEGER PRIMARY KEY, parent INTEGER REFERENCES t(id))");
  commit("UPDATE t SET v = 'b' WHERE id = 1");
  EXPECT_EQ(rows("SELECT id, what FROM log"), (Rows{{std::int64_t{1}, "b"}}));
  EXPECT_EQ(execute("INSERT INTO child VALUES (1, 9)").failure.reason, AbortReason::kConstraint);
  commit("INSERT INTO child VALUES (1, 1)");

  expect_applied("DROP TRIGGER t_changed; DROP TABLE child; UPDATE t SET v = 'c'");
  commit("UPDATE t SET v = 'd' WHERE id = 1");
  commit("INSERT INTO log(what) VALUES ('by hand')");
  EXPECT_EQ(rows("SELECT id, what FROM log"), (Rows{{std::int64_t{1}, "b"}, {std::int64_t{2}, "by hand"}}));
  EXPECT_EQ(rows("SELECT v FROM t"), (Rows{{"d"}}));
}

TEST_F(Schema, AVirtualTableThatCameWithItCanBeRead) {
  expect_applied("CREATE VIRTUAL TABLE words USING fts5(word); INSERT INTO words VALUES ('hello')");
  EXPECT_EQ(rows("SELECT word FROM words WHERE words MATCH 'hello'"), (Rows{{"hello"}}));
}

TEST_F(Schema, AFullTextIndexOfATableIsRebuiltByAFile) {
  expect_applied(
      "CREATE VIRTUAL TABLE found USING fts5(v, content='t', content_rowid='id');"
      "INSERT INTO found(found) VALUES ('rebuild')");
  commit("UPDATE t SET v = 'newer' WHERE id = 1");
  expect_applied("INSERT INTO found(found) VALUES ('rebuild'); -- again");
  EXPECT_EQ(rows("SELECT rowid FROM found WHERE found MATCH 'newer'"), (Rows{{std::int64_t{1}}}));
}

TEST_F(Schema, AFileThatFailsChangesNothing) {
  expect_refused("CREATE TABLE u(x);\n-- the second:\nCREATE TABEL v(x);\n",
                 "near \"TABEL\": syntax error (line 3); correct its SQL");
  expect_refused("CREATE TABLE u(x);\nCREATE TABLE t(x)", "table t already exists (line 2)");
  expect_refused("INSERT INTO t VALUES (2, 'b');\n\n  INSERT INTO t VALUES (1, 'c')",
                 "UNIQUE constraint failed: t.id (line 3)");
  expect_refused("INSERT INTO t VALUES (2, 'b'); INSERT OR ROLLBACK INTO t VALUES (1, 'c')", "UNIQUE constraint");
  expect_refused("CREATE TABLE u(x", "incomplete input");
  expect_refused(std::string("CREATE TABLE u(x);") + '\0' + "x", "it holds a NUL byte");
  expect_refused("COMMIT", "in one transaction");
  expect_refused("SAVEPOINT mine", "in one transaction");
  expect_refused("ATTACH 'x' AS y", "ATTACH");
  expect_refused("VACUUM", "cannot VACUUM from within a transaction");
  expect_refused("PRAGMA journal_mode = DELETE", "PRAGMA");
  expect_refused("CREATE TEMP TABLE a(x)", "TEMP");
}

TEST_F(Schema, NamesOfAssentAreRefused) {
  constexpr const char* kBelong = "names that begin with `assent_` belong to Assent";
  for (const char* text :
       {"CREATE TABLE assent_mine(x)", "CREATE TABLE Assent_Mine(x)", "ALTER TABLE t RENAME TO assent_mine",
        "ALTER TABLE t RENAME TO ASSENT_mine", "CREATE VIEW assent_view AS SELECT 1",
        "CREATE INDEX assent_index ON t(v)", "CREATE INDEX mine ON assent_branches(state)",
        "CREATE TRIGGER mine AFTER INSERT ON assent_branches BEGIN SELECT 1; END",
        "CREATE TRIGGER assent_trigger AFTER INSERT ON t BEGIN SELECT 1; END", "DROP TABLE assent_schema",
        "ALTER TABLE assent_store ADD COLUMN x", "ALTER TABLE assent_store RENAME COLUMN position TO p",
        "ALTER TABLE assent_store RENAME TO store", "DELETE FROM assent_store", "UPDATE assent_store SET position = 0",
        "INSERT INTO assent_schema VALUES (9, '', '')", "CREATE TABLE copy AS SELECT * FROM assent_store",
        "CREATE VIRTUAL TABLE assent_words USING fts5(word)"}) {
    expect_refused(text, kBelong);
  }
}

TEST_F(Schema, NothingIsAppliedWhileABranchIsPrepared) {
  const Execution execution = execute("UPDATE t SET v = 'b' WHERE id = 1");
  journal({PutPrepared{prepared_row(1, execution.changes, execution.locks)}});
  expect_refused("DROP TABLE t", "branch " + to_string(transaction(1)) + " is prepared");
  journal({apply_branch(1)});
  expect_applied("CREATE TABLE u(x)");
  EXPECT_EQ(rows("SELECT v FROM t"), (Rows{{"b"}})) << "one that has committed is in nobody's way";
}

TEST_F(Schema, AForeignWriteIsNoticedBeforeAnythingIsApplied) {
  write_outside(path(), "UPDATE t SET v = 'foreign'");
  const auto change = store_->apply_schema("CREATE TABLE u(x)");
  ASSERT_FALSE(change);
  EXPECT_EQ(change.error().kind, ErrorKind::kConflict);
  reopen();
  EXPECT_NE(store_->foreign_write(), "");
  EXPECT_EQ(read_outside(path(), "SELECT count(*) FROM assent_schema"), (Rows{{std::int64_t{1}}}));
}

TEST_F(Schema, AFileOfManyStatementsTakesTimeInProportion) {
  std::string text = "CREATE TABLE many(id INTEGER PRIMARY KEY, v TEXT);\n";
  constexpr int kStatements = 20'000;
  for (int i = 0; i < kStatements; ++i) text += "INSERT INTO many VALUES (" + std::to_string(i) + ", 'some text');\n";
  const auto start = std::chrono::steady_clock::now();
  expect_applied(text);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20)) << "it would copy 8 GB otherwise";
  EXPECT_EQ(rows("SELECT count(*) FROM many"), (Rows{{std::int64_t{kStatements}}}));
}

TEST_F(Schema, WhateverWriteOrForceFailsTheDiskHoldsAllOfItOrNothing) {
  constexpr const char* kSecond = "CREATE TABLE u(id INTEGER PRIMARY KEY); ALTER TABLE t ADD COLUMN w";
  for (const bool for_good : {false, true}) {
    bool failed = true;
    int failures = 0;
    for (int operation = 1; failed; ++operation) {
      SCOPED_TRACE("operation " + std::to_string(operation));
      FaultyDisk disk;
      store_.reset();
      filesystem::remove_all(folder_.path());
      filesystem::create_directory(folder_.path());
      create(kFirst);
      disk.fault().fail_at(operation, for_good);
      const auto change = store_->apply_schema(kSecond);
      failed = disk.fault().has_failed();
      EXPECT_EQ(!change, failed) << "a failure is told, always, and never as one of the file";
      if (!change) {
        ++failures;
        EXPECT_EQ(change.error().kind, ErrorKind::kIo) << change.error().message;
        EXPECT_FALSE(store_->journal({})) << "and the store is of no use any more";
      }
      store_.reset();
      disk.fault().heal();
      reopen();
      const Rows versions = read_outside(path(), "SELECT count(*) FROM assent_schema");
      const Rows tables = read_outside(
          path(),
          "SELECT (SELECT count(*) FROM pragma_table_info('u')) + (SELECT count(*) FROM pragma_table_info('t'))");
      const bool is_there = versions == Rows{{std::int64_t{2}}};
      EXPECT_EQ(tables, (Rows{{std::int64_t{is_there ? 4 : 2}}}));
      EXPECT_EQ(apply(kSecond).was_applied_before, is_there);
    }
    EXPECT_GE(failures, 2) << "a write and a force at least";
  }
}

}  // namespace
}  // namespace assent::participant
