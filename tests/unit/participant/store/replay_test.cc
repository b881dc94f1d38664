// What is captured and applied is what SQLite itself would have done: the same statements run as branches of a store
// and on a plain database end in the same rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "participant/store/change.h"
#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

class Replayed : public SqliteStoreTest {
 protected:
  // Each group of statements is one branch.
  void check(const std::string& schema, const std::vector<std::vector<Statement>>& branches) {
    create(schema);
    Connection plain(folder_.file("plain.db"), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    plain.run_once(schema);
    for (const auto& branch : branches) {
      commit(branch);
      for (const Statement& statement : branch) {
        Query query = plain.query(statement.sql);
        for (std::size_t index = 0; index < statement.parameters.size(); ++index) {
          query.bind(static_cast<int>(index + 1), statement.parameters[index]);
        }
        query.run();
      }
      for (const auto& table : read_outside(path(),
                                            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT "
                                            "LIKE 'assent%' AND name NOT LIKE 'sqlite%'")) {
        const std::string all = "SELECT * FROM \"" + std::get<std::string>(table[0]) + "\" ORDER BY 1, 2";
        EXPECT_EQ(read_outside(path(), all), read_outside(folder_.file("plain.db"), all)) << all;
      }
    }
    EXPECT_EQ(read_outside(path(), "PRAGMA integrity_check"), (Rows{{"ok"}}));
  }

  void check(const std::string& schema, const std::vector<std::string>& branches) {
    std::vector<std::vector<Statement>> groups;
    groups.reserve(branches.size());
    for (const std::string& sql : branches) {
      groups.push_back({statement(sql)});
    }
    check(schema, groups);
  }
};

std::vector<Value> every_kind_of_value() {
  using Integer = std::numeric_limits<std::int64_t>;
  using Real = std::numeric_limits<double>;
  return {nullptr,
          std::int64_t{0},
          std::int64_t{-1},
          Integer::max(),
          Integer::min(),
          std::int64_t{9007199254740993},
          0.0,
          -0.5,
          1.0,
          Real::infinity(),
          -Real::infinity(),
          Real::max(),
          Real::denorm_min(),
          9223372036854775808.0,
          "",
          "text",
          "1",
          " 1.50 ",
          std::string("a\0b\0", 4),
          "Zürich \xff not UTF-8",
          std::string(300000, 't'),
          blob(""),
          blob(std::string_view("\0\xff", 2)),
          blob(std::string(300000, 'b'))};
}

TEST_F(Replayed, EveryKindOfValueInEveryKindOfColumn) {
  std::vector<std::vector<Statement>> branches;
  std::int64_t id = 0;
  for (const Value& value : every_kind_of_value()) {
    branches.push_back({statement("INSERT INTO t VALUES (?1, ?2, ?2, ?2, ?2, ?2)", {++id, value}),
                        statement("INSERT INTO t VALUES (?1, NULL, NULL, NULL, NULL, NULL)", {id + 1000})});
    branches.push_back(
        {statement("UPDATE t SET i = ?2, r = ?2, t = ?2, b = ?2, n = ?2 WHERE id = ?1", {id + 1000, value})});
  }
  branches.push_back({statement("UPDATE t SET i = t, r = i, t = r, b = n, n = b")});
  branches.push_back({statement("DELETE FROM t WHERE id % 2")});
  branches.push_back({statement("DELETE FROM t")});
  check("CREATE TABLE t(id INTEGER PRIMARY KEY, i INTEGER, r REAL, t TEXT, b BLOB, n NUMERIC)", branches);
}

TEST_F(Replayed, EveryKindOfValueAsAKey) {
  for (const char* type : {"TEXT", "BLOB", "REAL", "NUMERIC", "INT", "TEXT COLLATE NOCASE"}) {
    for (const char* kind : {"", " WITHOUT ROWID"}) {
      SCOPED_TRACE(std::string(type) + kind);
      store_.reset();
      for (const char* file : {"store.db", "plain.db"}) {
        std::filesystem::remove(folder_.file(file));
      }
      std::vector<std::vector<Statement>> branches;
      for (const Value& value : every_kind_of_value()) {
        if (!std::holds_alternative<std::nullptr_t>(value)) {
          branches.push_back({statement("INSERT OR REPLACE INTO t VALUES (?1, 1)", {value})});
          branches.push_back({statement("UPDATE t SET v = v + 1 WHERE k = ?1", {value})});
        }
      }
      branches.push_back({statement("UPDATE t SET v = -v")});
      branches.push_back({statement("UPDATE t SET k = k || 'x' WHERE typeof(k) = 'text'")});
      branches.push_back({statement("DELETE FROM t")});
      check("CREATE TABLE t(k " + std::string(type) + " PRIMARY KEY, v)" + kind, branches);
    }
  }
}

TEST_F(Replayed, StrictTablesKeepAnyValueAsItIs) {
  std::vector<std::vector<Statement>> branches;
  std::int64_t id = 0;
  for (const Value& value : every_kind_of_value()) {
    branches.push_back({statement("INSERT INTO t VALUES (?1, ?2)", {++id, value})});
  }
  check("CREATE TABLE t(id INTEGER PRIMARY KEY, v ANY) STRICT", branches);
}

TEST_F(Replayed, UniqueKeysMayChangePlaces) {
  const std::vector<std::vector<Statement>> branches = {
      {statement("UPDATE t SET u = -1 WHERE id = 1"), statement("UPDATE t SET u = 1 WHERE id = 2"),
       statement("UPDATE t SET u = 2 WHERE id = 1")},
      {statement("UPDATE t SET u = u + 10")},
      {statement("DELETE FROM t WHERE id = 1"), statement("INSERT INTO t VALUES (1, 12, 'again')")},
      {statement("REPLACE INTO t VALUES (5, 11, 'replaced')")},
      {statement("UPDATE OR REPLACE t SET u = 11 WHERE id = 1")},
      {statement("UPDATE OR IGNORE t SET u = 11")},
      {statement("INSERT INTO t VALUES (9, 11, 'up') ON CONFLICT (u) DO UPDATE SET v = excluded.v")}};
  const std::string columns = "u INTEGER UNIQUE, v TEXT";
  check("CREATE TABLE t(id INTEGER PRIMARY KEY, " + columns + "); INSERT INTO t VALUES (1, 1, 'a'), (2, 2, 'b')",
        branches);
}

TEST_F(Replayed, PrimaryKeysMayChange) {
  check(
      "CREATE TABLE i(id INTEGER PRIMARY KEY, v); INSERT INTO i VALUES (1, 'a'), (2, 'b'), (3, 'c');"
      "CREATE TABLE t(k TEXT PRIMARY KEY COLLATE NOCASE, v); INSERT INTO t VALUES ('a', 1), ('b', 2), ('c', 3);"
      "CREATE TABLE o(k TEXT, v, PRIMARY KEY (k COLLATE NOCASE)); INSERT INTO o VALUES ('a', 1), ('B', 2);"
      "CREATE TABLE w(a TEXT, b INT, v, PRIMARY KEY (b, a)) WITHOUT ROWID;"
      "INSERT INTO w VALUES ('a', 1, 1), ('b', 1, 2), ('c', 2, 3)",
      std::vector<std::string>{"UPDATE i SET id = id + 100", "UPDATE i SET id = -id, v = 'neg' WHERE id > 101",
                               "UPDATE OR REPLACE i SET id = 101 WHERE id < 0", "UPDATE t SET k = upper(k)",
                               "UPDATE t SET k = k || '!'", "UPDATE t SET k = 'new' WHERE k = 'A!'",
                               "UPDATE w SET a = a || 'x', b = b + 1 WHERE b = 1", "UPDATE w SET b = b + 5",
                               "UPDATE OR REPLACE w SET a = 'same', b = 0", "DELETE FROM w", "DELETE FROM t"});
}

TEST_F(Replayed, ConflictClausesInTheSchemaActOnce) {
  check(
      "CREATE TABLE r(id INTEGER PRIMARY KEY ON CONFLICT REPLACE, u UNIQUE ON CONFLICT IGNORE, n NOT NULL ON CONFLICT "
      "REPLACE DEFAULT 5); INSERT INTO r VALUES (1, 1, 1), (2, 2, 2)",
      std::vector<std::string>{"INSERT INTO r VALUES (1, 7, NULL)", "INSERT INTO r VALUES (3, 7, 1)",
                               "UPDATE r SET u = 7", "UPDATE r SET n = NULL"});
}

TEST_F(Replayed, RowsFromSelectsAndExpressions) {
  check(
      "CREATE TABLE a(id INTEGER PRIMARY KEY, v REAL); CREATE TABLE b(id INTEGER PRIMARY KEY, v REAL);"
      "CREATE TABLE c(k TEXT PRIMARY KEY, v REAL) WITHOUT ROWID; CREATE TABLE d(k TEXT PRIMARY KEY, v REAL);"
      "CREATE TABLE e(k TEXT PRIMARY KEY, v REAL); CREATE INDEX ai ON a(v)",
      std::vector<std::string>{
          "WITH n AS (VALUES (1) UNION ALL SELECT column1 + 1 FROM n LIMIT 2000) INSERT INTO a SELECT *, 1 FROM n",
          "INSERT INTO b SELECT * FROM a", "INSERT INTO c SELECT id, v FROM a", "INSERT INTO d SELECT * FROM c",
          "INSERT INTO e SELECT * FROM d", "UPDATE b SET v = (SELECT v + 0.5 FROM a WHERE a.id = b.id)",
          "UPDATE a SET v = b.v FROM b WHERE a.id = b.id", "DELETE FROM c WHERE k IN (SELECT id FROM a WHERE id % 3)",
          "DELETE FROM a", "INSERT INTO a SELECT * FROM b", "UPDATE d SET v = NULL WHERE k LIKE '%7%'"});
}

TEST_F(Replayed, IndexesOfEveryKindFollow) {
  check(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b REAL); CREATE UNIQUE INDEX p ON t(b) WHERE b > 0;"
      "CREATE UNIQUE INDEX x ON t(lower(a)); CREATE INDEX d ON t(b DESC, a COLLATE RTRIM)",
      std::vector<std::string>{"INSERT INTO t VALUES (1, 'A', 1), (2, 'B', -1), (3, 'C', -1)",
                               "UPDATE t SET b = -b WHERE id < 3", "UPDATE t SET a = a || id",
                               "DELETE FROM t WHERE b > 0"});
}

TEST_F(Replayed, ColumnsAddedLaterHaveTheirDefaults) {
  check(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 1), (2, 2), (3, 3);"
      "ALTER TABLE t ADD COLUMN d INTEGER DEFAULT 7; ALTER TABLE t ADD COLUMN e TEXT; CREATE UNIQUE INDEX u ON t(d, "
      "id)",
      std::vector<std::string>{"UPDATE t SET a = 9 WHERE id = 1", "DELETE FROM t WHERE id = 2",
                               "UPDATE t SET d = d + 1, e = 'x'", "INSERT INTO t (id) VALUES (4)"});
}

TEST_F(Replayed, AutoincrementTablesWithGivenKeys) {
  check("CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, v)",
        std::vector<std::string>{"INSERT INTO t VALUES (10, 1)", "UPDATE t SET id = 20", "DELETE FROM t"});
  EXPECT_EQ(read_outside(path(), "SELECT seq FROM sqlite_sequence"),
            read_outside(folder_.file("plain.db"), "SELECT seq FROM sqlite_sequence"));
}

TEST_F(Replayed, NamesThatNeedQuotes) {
  check("CREATE TABLE [a 'b' table](\"order\" TEXT PRIMARY KEY, \"x]\" , `y``z`)",
        std::vector<std::string>{"INSERT INTO [a 'b' table] VALUES ('a', 1, 2)",
                                 "UPDATE [a 'b' table] SET \"x]\" = 3 WHERE \"order\" = 'a'"});
}

TEST_F(Replayed, ManyColumns) {
  std::string columns;
  std::string values;
  for (int column = 0; column < 900; ++column) {
    columns += ", c" + std::to_string(column);
    values += ", " + std::to_string(column);
  }
  check("CREATE TABLE t(id INTEGER PRIMARY KEY" + columns + ")",
        std::vector<std::string>{"INSERT INTO t VALUES (1" + values + ")", "UPDATE t SET c899 = c898 + c0",
                                 "UPDATE t SET id = 2"});
}

TEST_F(Replayed, NobodyElsesRandomness) {
  create("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
  const Execution execution = execute("INSERT INTO t VALUES (1, hex(randomblob(16))) RETURNING v");
  ASSERT_EQ(execution.failure.reason, AbortReason::kNone) << execution.failure.detail;
  journal({PutPrepared{prepared_row(1, execution.changes)}, apply_branch(1)});
  EXPECT_EQ(rows("SELECT v FROM t"), execution.results[0].rows);
}

TEST_F(Replayed, ABranchIsAppliedOnce) {
  create("CREATE TABLE t(id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO t VALUES (1, 0)");
  const Changes changes = execute("UPDATE t SET v = v + 1").changes;
  journal({PutPrepared{prepared_row(1, changes)}, apply_branch(1)});
  const std::vector<JournalOperation> again{apply_branch(1)};
  EXPECT_EQ(store_->journal(again).error().kind, ErrorKind::kCorrupt);
}

TEST_F(Replayed, ABranchThatAnOperatorResolvedIsNotApplied) {
  create("CREATE TABLE t(id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO t VALUES (1, 0)");
  journal({PutPrepared{prepared_row(1, execute("UPDATE t SET v = v + 1").changes)}});
  journal({MarkBranch{transaction(1), RowState::kResolvedAbort, {}, "by hand"}});
  const std::vector<JournalOperation> late{apply_branch(1)};
  EXPECT_EQ(store_->journal(late).error().kind, ErrorKind::kCorrupt);
}

TEST_F(Replayed, AnIdThatIsPreparedAgainAppliesWhatItPreparedLast) {
  create("CREATE TABLE t(id INTEGER PRIMARY KEY, v INTEGER); INSERT INTO t VALUES (1, 0)");
  journal({PutPrepared{prepared_row(1, execute("UPDATE t SET v = v + 1").changes)}});
  journal({DeleteBranch{transaction(1)}});
  journal({PutPrepared{prepared_row(1, execute("UPDATE t SET v = v + 10").changes)}, apply_branch(1)});
  EXPECT_EQ(rows("SELECT v FROM t"), (Rows{{std::int64_t{10}}}));
}

// More than the store keeps at hand of what is prepared, and what an earlier opening has prepared.
TEST_F(Replayed, WhatIsNotAtHandIsReadFromItsRow) {
  create("CREATE TABLE t(id INTEGER PRIMARY KEY, v BLOB)");
  for (std::uint64_t branch = 1; branch <= 3; ++branch) {
    const auto changes = execute("INSERT INTO t VALUES (?, zeroblob(600000))", {std::int64_t(branch)}).changes;
    journal({PutPrepared{prepared_row(branch, changes)}});
  }
  journal({apply_branch(2), apply_branch(1)});
  reopen();
  journal({apply_branch(3)});
  EXPECT_EQ(rows("SELECT count(*), sum(length(v)) FROM t"), (Rows{{std::int64_t{3}, std::int64_t{1800000}}}));
}

// A row that was captured otherwise than it was stands for what no known statement does.
TEST_F(Replayed, ABranchThatCannotBeRepeatedVotesNo) {
  create("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'a')");
  const TransactionId id = transaction(1);
  const Changes none;
  const std::vector<Statement> update = {statement("UPDATE t SET v = 'b' WHERE id = 1")};
  const Execution first = store_->execute({.id = id, .before = none, .statements = update}).value();
  ASSERT_TRUE(first.needs_last_run);
  std::vector<Change> changes = read_changes(first.changes);
  changes.at(0).old_row.at(1) = "x";
  Changes wrong;
  append_change(wrong, changes.at(0));
  ASSERT_EQ(wrong.bytes.size(), first.changes.bytes.size()) << "else it would be done again before the last run";

  const std::vector<Statement> insert = {statement("INSERT INTO t VALUES (2, 'c')")};
  const auto last = store_->execute({.id = id, .before = wrong, .statements = insert, .is_last = true});
  ASSERT_TRUE(last) << last.error().message;
  EXPECT_EQ(last->failure.reason, AbortReason::kVoteNo);
  EXPECT_THAT(last->failure.detail, testing::HasSubstr("cannot be repeated exactly, so it cannot commit"));
  EXPECT_EQ(last->failure.statement_index, -1) << "it is no fault of one of them";
  EXPECT_TRUE(last->changes.empty());
  EXPECT_EQ(rows("SELECT * FROM t"), (Rows{{std::int64_t{1}, "a"}}));
  commit("UPDATE t SET v = 'd' WHERE id = 1");
}

TEST_F(Replayed, ChangesAreWrittenAsTheirPageSays) {
  create("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
  const Changes changes = execute("INSERT INTO t VALUES (1, 'a')").changes;
  EXPECT_EQ(changes.bytes,
            "\x01\x01t\x02\x01\x02\x03\x01"
            "a");
  EXPECT_EQ(changes.rows, 1U);
}

TEST_F(Replayed, ChangesThatAreNotWhatWasWrittenAreRefused) {
  create("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT)");
  const Execution execution = execute("INSERT INTO t VALUES (1, 'abc'), (2, 'def')");
  Changes changes = execution.changes;
  EXPECT_EQ(read_changes(changes).size(), 2U);
  for (std::size_t length = 0; length < changes.bytes.size(); ++length) {
    EXPECT_THROW(read_changes({.bytes = changes.bytes.substr(0, length), .rows = 2}), ResultError) << length;
  }
  EXPECT_THROW(read_changes({.bytes = changes.bytes, .rows = 3}), ResultError);
  EXPECT_THROW(read_changes({.bytes = std::string(20, '\xff'), .rows = 1}), ResultError);
}

}  // namespace
}  // namespace assent::participant
