// What a statement may not be: each is a failure of the statement that says what to do instead, and the store goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

using testing::HasSubstr;

constexpr const char* kRefusalSchema = R"(
CREATE TABLE accounts(id INTEGER PRIMARY KEY, balance INTEGER CHECK (balance >= 0), note TEXT);
INSERT INTO accounts VALUES (1, 100, 'one'), (2, 200, 'two');
CREATE TABLE people(name TEXT PRIMARY KEY, age INTEGER);
INSERT INTO people VALUES ('Ann', 30), (NULL, 31);
CREATE TABLE strict_types(id INTEGER PRIMARY KEY, v INTEGER) STRICT;
CREATE TABLE hides(name TEXT PRIMARY KEY, oid INTEGER, rowid, _ROWID_);
CREATE TABLE shouting(name TEXT PRIMARY KEY, ROWID);
CREATE TABLE late_key(g AS (x + 1), id INTEGER PRIMARY KEY, x);
CREATE TABLE lax_parent(id INTEGER PRIMARY KEY, code INTEGER UNIQUE);
CREATE TABLE lax_child(id INTEGER PRIMARY KEY, code TEXT REFERENCES lax_parent(code) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE failing(id INTEGER PRIMARY KEY, v UNIQUE ON CONFLICT ROLLBACK);
INSERT INTO failing VALUES (1, 1);
CREATE TABLE two_keys(id INTEGER PRIMARY KEY, u UNIQUE, v UNIQUE);
INSERT INTO two_keys VALUES (1, 1, 1), (2, 2, 2);
CREATE VIEW rich AS SELECT * FROM accounts WHERE balance > 100;
CREATE VIEW spying AS SELECT * FROM sqlite_schema, (SELECT last_insert_rowid());
CREATE VIRTUAL TABLE words USING fts5(word);
CREATE TABLE numbered(id INTEGER PRIMARY KEY AUTOINCREMENT, v);
CREATE TRIGGER fires AFTER INSERT ON numbered BEGIN DELETE FROM accounts; END;
CREATE TABLE lucky(id INTEGER PRIMARY KEY, v CHECK (v > 0 AND abs(random()) % 2 = 0));
CREATE TABLE defaults(id INTEGER PRIMARY KEY, v DEFAULT (random()) CHECK (v <> 'random'));
CREATE TABLE docs(id INTEGER PRIMARY KEY, body TEXT);
INSERT INTO docs VALUES (1, 'hello');
CREATE VIRTUAL TABLE docs_index USING fts5(body, content='docs', content_rowid='id');
INSERT INTO docs_index(docs_index) VALUES ('rebuild');
INSERT INTO words VALUES ('hello');
)";

class Refusal : public SqliteStoreTest {
 protected:
  void SetUp() override { create(kRefusalSchema); }

  void expect_refused(const std::string& sql, const std::string& message, std::vector<Value> parameters = {}) {
    SCOPED_TRACE(sql);
    const Execution execution = execute({statement(sql, std::move(parameters))});
    EXPECT_EQ(execution.failure.reason, AbortReason::kStatementFailed) << sql;
    EXPECT_THAT(execution.failure.detail, HasSubstr(message));
    EXPECT_EQ(execution.failure.statement_index, 0);
    EXPECT_TRUE(execution.changes.empty());
    expect_alive();
  }

  void expect_alive() {
    EXPECT_EQ(rows("SELECT sum(balance), count(*) FROM accounts"), (Rows{{std::int64_t{300}, std::int64_t{2}}}));
  }
};

TEST_F(Refusal, TransactionControlIsRefused) {
  for (const char* sql : {"BEGIN", "COMMIT", "END", "ROLLBACK", "SAVEPOINT a", "RELEASE execution",
                          "ROLLBACK TO execution", "BEGIN IMMEDIATE"}) {
    expect_refused(sql, "transaction control belongs to Assent");
  }
}

TEST_F(Refusal, OtherFilesAreRefused) {
  for (const char* sql : {"ATTACH 'other.db' AS other", "ATTACH 'file:x?mode=memory' AS other", "DETACH main"}) {
    expect_refused(sql, "a store is one file");
  }
  for (const char* sql : {"VACUUM", "VACUUM INTO 'copy.db'"}) {
    expect_refused(sql, "is stopped, and acknowledge that with `assentctl acknowledge-write`");
  }
}

TEST_F(Refusal, PragmasAreRefused) {
  for (const char* sql : {"PRAGMA journal_mode = DELETE", "PRAGMA user_version", "PRAGMA data_version",
                          "PRAGMA writable_schema = ON", "PRAGMA wal_checkpoint"}) {
    expect_refused(sql, "PRAGMA is refused");
  }
}

TEST_F(Refusal, SchemaChangesAreRefused) {
  for (const char* sql :
       {"CREATE TABLE t(a)", "CREATE TEMP TABLE t(a)", "CREATE TABLE t AS SELECT * FROM accounts",
        "DROP TABLE accounts", "ALTER TABLE accounts ADD COLUMN b", "ALTER TABLE accounts RENAME TO b",
        "CREATE INDEX i ON accounts(balance)", "CREATE VIEW v AS SELECT 1", "CREATE TEMP VIEW v AS SELECT 1",
        "DROP VIEW rich", "CREATE TRIGGER t2 AFTER INSERT ON accounts BEGIN SELECT 1; END", "DROP TRIGGER fires",
        "REINDEX", "ANALYZE", "CREATE VIRTUAL TABLE v USING fts5(a)", "SELECT * FROM dbstat",
        "SELECT * FROM sqlite_stmt", "SELECT * FROM pragma_table_info('accounts')"}) {
    expect_refused(sql, "can neither change the schema nor use tables internal to SQLite");
  }
  expect_refused("DELETE FROM sqlite_master", "may not be modified");
  expect_refused("UPDATE sqlite_schema SET sql = ''", "may not be modified");
  expect_refused("SELECT * FROM sqlite_temp_schema", "TEMP object");
}

TEST_F(Refusal, WhatBelongsToAssentAndToSqliteIsRefused) {
  for (const char* sql :
       {"SELECT * FROM assent_branches", "SELECT count(*) FROM ASSENT_STORE", "DELETE FROM assent_branches",
        "UPDATE assent_store SET position = 0", "INSERT INTO assent_coordinators VALUES ('', 1, '', 1, 1, '')",
        "UPDATE accounts SET balance = (SELECT position FROM assent_store) WHERE id = 1",
        "WITH a AS (SELECT * FROM assent_branches) SELECT * FROM a"}) {
    expect_refused(sql, "belongs to Assent");
  }
  for (const char* sql : {"SELECT * FROM sqlite_sequence", "UPDATE sqlite_sequence SET seq = 0"}) {
    expect_refused(sql, "internal to SQLite");
  }
}

TEST_F(Refusal, FunctionsOfTheConnectionAreRefused) {
  for (const char* sql : {"SELECT last_insert_rowid()", "SELECT changes()", "SELECT Total_Changes()",
                          "SELECT load_extension('x')", "SELECT rtreecheck('t')", "SELECT fts3_tokenizer('simple')",
                          "UPDATE accounts SET balance = changes() WHERE id = 1", "SELECT * FROM spying",
                          "INSERT INTO accounts (id) VALUES (last_insert_rowid())"}) {
    expect_refused(sql, "is refused: it shows or changes what does not belong to the transaction");
  }
}

TEST_F(Refusal, SeveralStatementsOrNoneAreRefused) {
  expect_refused("SELECT 1; SELECT 2", "several statements");
  expect_refused("SELECT 1; -- a\n DELETE FROM accounts", "several statements");
  expect_refused("SELECT 1; not sql at all '", "several statements");
  expect_refused("", "no statement");
  expect_refused("  -- only a comment", "no statement");
  expect_refused(";", "no statement");
  EXPECT_EQ(rows("SELECT 1 ; ; /* end */ -- end"), (Rows{{std::int64_t{1}}}));
  expect_refused("EXPLAIN SELECT 1", "run others on a copy");
  expect_refused("EXPLAIN QUERY PLAN DELETE FROM accounts", "run others on a copy");
}

TEST_F(Refusal, TablesThatAreNotSupportedAreRefusedForWritesAndNamed) {
  expect_refused("INSERT INTO lucky VALUES (1, 1)", "table `lucky` has a CHECK that calls random()");
  expect_refused("DELETE FROM hides", "table `hides` has columns named `rowid`, `oid` and `_rowid_`");
  expect_refused("INSERT INTO late_key (x) VALUES (1)",
                 "table `late_key` has a virtual generated column before its INTEGER PRIMARY KEY");
  expect_refused("DELETE FROM shouting", "table `shouting` has a column named `ROWID`");
  expect_refused("DELETE FROM lax_child",
                 "a deferred foreign key of `lax_child` refers to column `code` of `lax_parent`");
  expect_refused("DELETE FROM lax_parent", "which has another type than the column that refers to it");
  expect_refused("INSERT INTO words VALUES ('bye')", "`words` is a virtual table");
  expect_refused("DELETE FROM words_content", "table words_content may not be modified");
  expect_refused("INSERT INTO rich VALUES (1, 2, '')", "cannot modify rich because it is a view");
  expect_refused("DELETE FROM nowhere", "no such table: nowhere");
}

TEST_F(Refusal, TablesThatCannotBeWrittenCanBeRead) {
  for (const char* table : {"lucky", "hides", "late_key", "shouting", "lax_child", "lax_parent", "rich"}) {
    const Execution execution = execute(std::string("SELECT * FROM ") + table);
    EXPECT_EQ(execution.failure.reason, AbortReason::kNone) << execution.failure.detail;
  }
  EXPECT_EQ(rows("SELECT word FROM words WHERE words MATCH 'hello'"), (Rows{{"hello"}}));
  EXPECT_EQ(rows("SELECT value FROM json_each('[7]')"), (Rows{{std::int64_t{7}}}));
}

TEST_F(Refusal, HiddenRowidsAreRefused) {
  for (const char* sql : {"SELECT rowid FROM people", "SELECT _rowid_ FROM people", "DELETE FROM people WHERE oid = 1",
                          "UPDATE people SET rowid = 5 WHERE name = 'Ann'", "SELECT name FROM people ORDER BY rowid",
                          "INSERT INTO people (rowid, name) VALUES (9, 'Zoe')"}) {
    expect_refused(sql, "hidden number");
  }
  EXPECT_EQ(rows("SELECT rowid FROM accounts WHERE rowid = 1"), (Rows{{std::int64_t{1}}}));
}

TEST_F(Refusal, OrFailIsRefusedAndOrRollbackFailsAlone) {
  expect_refused("INSERT OR FAIL INTO accounts (id) VALUES (1)", "OR FAIL keeps half of a failed statement");
  expect_refused("UPDATE OR FAIL accounts SET id = 1", "OR FAIL keeps half of a failed statement");
  for (const char* sql : {"INSERT OR ROLLBACK INTO accounts (id) VALUES (1)", "INSERT INTO failing VALUES (2, 1)"}) {
    const Execution execution = execute(
        {statement("UPDATE accounts SET balance = 0 WHERE id = 2"), statement(sql), statement("DELETE FROM accounts")});
    EXPECT_EQ(execution.failure.reason, AbortReason::kConstraint);
    EXPECT_EQ(execution.failure.statement_index, 1);
    EXPECT_EQ(execution.results.size(), 1U);
    expect_alive();
  }
}

TEST_F(Refusal, ParametersMustBeAsManyAsTheStatementHas) {
  expect_refused("SELECT ?1", "has 1 parameters, but 0 values were given");
  expect_refused("SELECT ?1", "has 1 parameters, but 2 values were given", {std::int64_t{1}, std::int64_t{1}});
  expect_refused("SELECT ?5", "has 5 parameters, but 1 values were given", {std::int64_t{1}});
}

TEST_F(Refusal, ErrorsOfSqliteKeepItsWordsAndItsCode) {
  const Execution syntax = execute("SELEC 1");
  EXPECT_EQ(syntax.failure.reason, AbortReason::kStatementFailed);
  EXPECT_EQ(syntax.failure.detail, "near \"SELEC\": syntax error");
  EXPECT_EQ(syntax.failure.sqlite_extended_code, SQLITE_ERROR);

  const Execution check = execute("UPDATE accounts SET balance = -1 WHERE id = 1");
  EXPECT_EQ(check.failure.reason, AbortReason::kConstraint);
  EXPECT_EQ(check.failure.sqlite_extended_code, SQLITE_CONSTRAINT_CHECK);

  const Execution mismatch = execute("INSERT INTO accounts (id) VALUES ('abc')");
  EXPECT_EQ(mismatch.failure.reason, AbortReason::kStatementFailed);
  EXPECT_EQ(mismatch.failure.sqlite_extended_code, SQLITE_MISMATCH);

  const Execution strict = execute("INSERT INTO strict_types VALUES (1, ?1)", {"abc"});
  EXPECT_EQ(strict.failure.reason, AbortReason::kConstraint);
  EXPECT_EQ(strict.failure.sqlite_extended_code, SQLITE_CONSTRAINT_DATATYPE);
  expect_alive();
}

TEST_F(Refusal, WhatSqliteDoesNotKnowOrCannotHoldIsRefused) {
  expect_refused("SELECT name FROM people ORDER BY name COLLATE german", "no such collation sequence: german");
  expect_refused("SELECT * FROM sqlite_dbpage", "no such table: sqlite_dbpage");
  std::string deep = "SELECT 1";
  for (int level = 0; level < 2000; ++level) {
    deep += " + 1";
  }
  expect_refused(deep, "Expression tree is too large");
}

TEST_F(Refusal, LimitsAreKept) {
  options_.limits = {.result_rows = 3,
                     .result_bytes = 1000,
                     .changed_rows = 5,
                     .changes_bytes = 2000,
                     .sql_bytes = 1000,
                     .parameters = 3,
                     .time = std::chrono::milliseconds(50)};
  reopen();
  const std::string four = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4) ";
  expect_refused(four + "SELECT i FROM n", "read it in pages");
  expect_refused("SELECT zeroblob(2000)", "read it in pages");
  expect_refused("SELECT '" + std::string(1000, 'x') + "'", "bind values as parameters");
  expect_refused("SELECT ?1, ?2, ?3, ?4", "has 4 parameters, more than 3", std::vector<Value>(4));
  const std::string many = "WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 20) ";
  expect_refused(many + "INSERT INTO accounts (id, balance) SELECT i, i FROM n", "more than 5 rows");
  expect_refused("UPDATE accounts SET note = ?1", "more than 5 rows or 2000 bytes", {std::string(3000, 'x')});
  expect_refused("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
                 "ran longer than 50 ms");
  expect_refused(
      "UPDATE accounts SET balance = (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) "
      "FROM n)",
      "ran longer than 50 ms");
  expect_refused("SELECT 1 WHERE 'a' LIKE ?1", "LIKE or GLOB pattern too complex", {std::string(100000, '%')});
}

TEST_F(Refusal, AnIndexThatFellBehindItsContentFailsAStatementAlone) {
  commit("DELETE FROM docs WHERE id = 1");
  const Execution execution = execute("SELECT body FROM docs_index WHERE docs_index MATCH 'hello'");
  EXPECT_EQ(execution.failure.reason, AbortReason::kStatementFailed);
  EXPECT_EQ(execution.failure.sqlite_extended_code, SQLITE_CORRUPT_VTAB);
  EXPECT_THAT(execution.failure.detail, HasSubstr("the store itself is whole; rebuild a full-text index"));
  expect_alive();
}

TEST_F(Refusal, AStatementThatMultipliesWhileItIsCompiledIsTooComplex) {
  std::string copies = "WITH x0(v) AS (SELECT 1)";
  std::string terms = "WITH x0(v) AS (SELECT balance FROM accounts)";
  for (int level = 1; level <= 30; ++level) {
    const std::string name = ", x" + std::to_string(level) + "(v) AS (SELECT ";
    const std::string below = "x" + std::to_string(level - 1);
    copies.append(name).append("a.v FROM ").append(below).append(" a, ").append(below).append(" b)");
    terms.append(name).append("v + v FROM ").append(below).append(")");
  }
  expect_refused(copies + " SELECT count(*) FROM x30", "the statement is too complex: to compile it would take more");
  expect_refused(terms + " SELECT v FROM x30", "the statement is too complex: to compile it would take more");
  std::string nested = "SELECT balance AS v FROM accounts";
  for (int level = 0; level < 9; ++level) {
    nested = "SELECT v + v + v + v + v + v + v + v AS v FROM (" + nested + ")";
  }
  expect_refused(nested, "the statement is too complex: to compile it would take more");
}

TEST_F(Refusal, AStatementMayBeLongIfItIsSimple) {
  std::string values = "INSERT INTO accounts (id, balance) VALUES (10, 0)";
  std::string list = "SELECT count(*) FROM accounts WHERE id IN (0";
  for (int number = 11; number < 50000; ++number) {
    values += ",(" + std::to_string(number) + ", 1)";
    list += "," + std::to_string(number);
  }
  EXPECT_EQ(execute(values).failure.detail, "");
  EXPECT_EQ(rows(list + ")"), (Rows{{std::int64_t{0}}}));
}

TEST_F(Refusal, TheTimeIsThatOfAllStatementsTogether) {
  options_.limits.time = std::chrono::milliseconds(200);
  reopen();
  const Statement some = statement(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000) SELECT count(*) FROM n");
  EXPECT_EQ(execute({some}).failure.reason, AbortReason::kNone);
  const Execution execution = execute(std::vector<Statement>(10000, some));
  EXPECT_EQ(execution.failure.reason, AbortReason::kStatementFailed);
  EXPECT_THAT(execution.failure.detail, HasSubstr("ran longer than 200 ms"));
  EXPECT_GT(execution.failure.statement_index, 0);
  expect_alive();
}

// A single step may take longer than the time; then the store asks for the largest key, and must get its answer.
TEST_F(Refusal, ALateStatementInterruptsNothingOfTheStore) {
  options_.limits.time = std::chrono::milliseconds(1);
  reopen();
  for (int round = 0; round < 300; ++round) {
    const Changes none;
    const std::vector<Statement> slow = {
        statement("INSERT INTO accounts(balance) VALUES (length(hex(zeroblob(1000000))))")};
    const auto execution = store_->execute({.id = {}, .before = none, .statements = slow});
    ASSERT_TRUE(execution) << "round " << round << ": " << execution.error().message;
  }
}

TEST_F(Refusal, ValuesThatCouldNotBeKeptAreNotMade) {
  expect_refused("SELECT length(zeroblob(100000000))", "string or blob too big");
  expect_refused("SELECT hex(zeroblob(60000000))", "string or blob too big");
  expect_refused("UPDATE accounts SET note = zeroblob(100000000) WHERE id = 1", "string or blob too big");
}

TEST_F(Refusal, ResultsOfAllStatementsTogetherMustFitIntoOneAnswer) {
  options_.limits.result_bytes = 1000;
  reopen();
  const Execution execution = execute(std::vector<Statement>(3, statement("SELECT zeroblob(400)")));
  EXPECT_EQ(execution.failure.reason, AbortReason::kStatementFailed);
  EXPECT_EQ(execution.failure.statement_index, 2);
  EXPECT_THAT(execution.failure.detail, HasSubstr("read it in pages"));
  EXPECT_EQ(rows("SELECT length(zeroblob(400))"), (Rows{{std::int64_t{400}}}));
}

TEST_F(Refusal, OneRowBeyondTheLimitsIsRefusedToo) {
  options_.limits.changes_bytes = 2000;
  reopen();
  const std::string message = "rows or 2000 bytes: do it in several transactions";
  const std::vector<Value> large = {std::string(3000, 'x')};
  expect_refused("INSERT INTO accounts VALUES (9, 1, ?1)", message, large);
  expect_refused("INSERT INTO accounts VALUES (9, 1, ?1) RETURNING id", message, large);
  expect_refused("INSERT INTO people (name, age) VALUES (?1, 1)", message, large);
  expect_refused("UPDATE accounts SET note = ?1 WHERE id = 1", message, large);
  expect_refused("UPDATE accounts SET note = zeroblob(3000) WHERE id = 1 RETURNING id", message);
  expect_refused("REPLACE INTO accounts VALUES (1, 1, ?1)", message, large);
  options_.limits.changes_bytes = 5000;
  reopen();
  commit("UPDATE accounts SET note = ?1 WHERE id = 1", large);
  options_.limits.changes_bytes = 2000;
  reopen();
  expect_refused("DELETE FROM accounts WHERE id = 1", message);

  options_.limits = {.changed_rows = 1};
  reopen();
  expect_refused("REPLACE INTO two_keys VALUES (3, 1, 2)", "more than 1 rows");
}

TEST_F(Refusal, AllowedStatementsRun) {
  for (const char* sql :
       {"REPLACE INTO accounts VALUES (1, 2, '')", "INSERT INTO accounts VALUES (1, 1, '') ON CONFLICT DO NOTHING",
        "INSERT INTO accounts VALUES (1, 1, '') ON CONFLICT (id) DO UPDATE SET balance = excluded.balance RETURNING id",
        "WITH c AS (SELECT 9 AS id) INSERT INTO accounts SELECT id, 1, '' FROM c", "SELECT random(), datetime('now')",
        "UPDATE accounts SET note = hex(randomblob(8))", "VALUES (1), (2)"}) {
    const Execution execution = execute(sql);
    EXPECT_EQ(execution.failure.reason, AbortReason::kNone) << sql << ": " << execution.failure.detail;
  }
}

}  // namespace
}  // namespace assent::participant
