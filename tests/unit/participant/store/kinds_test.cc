// Every kind of table and of change, one by one: a branch that commits leaves what plain SQLite leaves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "tests/unit/participant/store/reference_database.h"
#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

using testing::HasSubstr;

struct Kind {
  const char* name;
  std::vector<std::string> schema;
  std::vector<std::string> statements;
};

const std::vector<Kind> kKinds = {
    {"rowid table",
     {"CREATE TABLE t(i INTEGER PRIMARY KEY, v)", "INSERT INTO t VALUES (1, 'a'), (2, 'b')"},
     {"INSERT INTO t(v) VALUES ('c')", "UPDATE t SET v = 'z' WHERE i = 1", "DELETE FROM t WHERE i = 2"}},
    {"WITHOUT ROWID",
     {"CREATE TABLE t(a TEXT, b INT, v, PRIMARY KEY (b, a)) WITHOUT ROWID"},
     {"INSERT INTO t VALUES ('x', 1, 1), ('y', 1, 2)", "UPDATE t SET b = 2 WHERE a = 'x'", "UPDATE t SET v = b"}},
    {"no primary key",
     {"CREATE TABLE t(a, b)", "INSERT INTO t VALUES (1, 1), (1, 1), (2, 2)"},
     {"INSERT INTO t VALUES (1, 1)", "DELETE FROM t WHERE rowid = 2", "UPDATE t SET b = 5 WHERE rowid = 1",
      "UPDATE t SET rowid = 20 WHERE a = 2", "INSERT INTO t(_rowid_, a) VALUES (40, 9)"}},
    {"composite key with text",
     {"CREATE TABLE t(a TEXT COLLATE NOCASE, b REAL, v, PRIMARY KEY (a, b))"},
     {"INSERT INTO t VALUES ('A', 1, 1)", "UPDATE t SET v = 2 WHERE a = 'a' AND b = 1", "UPDATE t SET a = 'B'"}},
    {"NULL in keys",
     {"CREATE TABLE t(k TEXT PRIMARY KEY, v)", "INSERT INTO t VALUES (NULL, 1), (NULL, 2), ('a', 3)"},
     {"INSERT INTO t VALUES (NULL, 4)", "UPDATE t SET v = v * 10 WHERE k IS NULL", "UPDATE t SET k = 'n' WHERE v = 10",
      "UPDATE t SET k = NULL WHERE k = 'a'", "DELETE FROM t WHERE v = 20", "UPDATE t SET v = 7 WHERE v = 3"}},
    {"RTRIM and NOCASE",
     {"CREATE TABLE t(k TEXT COLLATE RTRIM PRIMARY KEY, u TEXT COLLATE NOCASE UNIQUE)"},
     {"INSERT INTO t VALUES ('a  ', 'U')", "INSERT OR IGNORE INTO t VALUES ('a', 'v'), ('b', 'u')",
      "UPDATE t SET k = 'a', u = 'u' WHERE k = 'a'"}},
    {"STRICT",
     {"CREATE TABLE t(i INT PRIMARY KEY, a ANY, r REAL) STRICT"},
     {"INSERT INTO t VALUES (1, '1', 2), (2, 1, 2.5)", "UPDATE t SET r = 7 WHERE i = 1"}},
    {"generated columns",
     {"CREATE TABLE t(i INTEGER PRIMARY KEY, s AS (a * 2) STORED, a, v AS (a + 1), u AS (a % 7) STORED UNIQUE)"},
     {"INSERT INTO t(a) VALUES (1), (2), (3)", "UPDATE t SET a = a + 10 WHERE i = 2", "DELETE FROM t WHERE v = 2"}},
    {"virtual ones first, without rowid",
     {"CREATE TABLE t(v AS (a || 'x'), k TEXT PRIMARY KEY, a) WITHOUT ROWID"},
     {"INSERT INTO t(k, a) VALUES ('k', 1)", "UPDATE t SET a = 2", "UPDATE t SET k = 'l'"}},
    {"added columns with defaults",
     {"CREATE TABLE t(i INTEGER PRIMARY KEY, a)", "INSERT INTO t VALUES (1, 'a'), (2, 'b')",
      "ALTER TABLE t ADD COLUMN d DEFAULT 'dd'", "ALTER TABLE t ADD COLUMN e AS (a || d)"},
     {"UPDATE t SET a = 'z' WHERE i = 1", "DELETE FROM t WHERE d = 'dd' AND i = 2", "INSERT INTO t(a) VALUES ('n')"}},
    {"DEFAULT and CHECK",
     {"CREATE TABLE t(i INTEGER PRIMARY KEY, a DEFAULT (1 + 1) CHECK (a > 0), b NOT NULL DEFAULT 'b')"},
     {"INSERT INTO t DEFAULT VALUES", "INSERT INTO t(i) VALUES (7)", "INSERT INTO t(a) VALUES (-1)"}},
    {"AUTOINCREMENT",
     {"CREATE TABLE t(i INTEGER PRIMARY KEY AUTOINCREMENT, v)", "INSERT INTO t(v) VALUES ('a'), ('b')",
      "DELETE FROM t WHERE i = 2"},
     {"INSERT INTO t(v) VALUES ('c')", "INSERT INTO t VALUES (100, 'd')", "INSERT INTO t(v) SELECT v FROM t"}},
    {"partial and expression indexes",
     {"CREATE TABLE t(i INTEGER PRIMARY KEY, a, b)", "CREATE UNIQUE INDEX p ON t(a) WHERE b IS NOT NULL",
      "CREATE UNIQUE INDEX e ON t(lower(b))"},
     {"INSERT INTO t VALUES (1, 1, 'X'), (2, 1, NULL)", "UPDATE t SET b = 'y' WHERE i = 2",
      "REPLACE INTO t VALUES (3, 9, 'x')"}},
    {"triggers",
     {"CREATE TABLE t(i INTEGER PRIMARY KEY, v)", "CREATE TABLE log(n INTEGER PRIMARY KEY, what, v)",
      "CREATE TRIGGER b BEFORE INSERT ON t WHEN new.v < 0 BEGIN SELECT RAISE(IGNORE); END",
      "CREATE TRIGGER i AFTER INSERT ON t BEGIN INSERT INTO log(what, v) VALUES ('i', new.v); END",
      "CREATE TRIGGER u BEFORE UPDATE OF v ON t BEGIN INSERT INTO log(what, v) VALUES ('u', old.v || new.v); END",
      "CREATE TRIGGER d AFTER DELETE ON t BEGIN UPDATE t SET v = v + 1; DELETE FROM log WHERE what = 'i'; END"},
     {"INSERT INTO t VALUES (1, 1), (2, -1), (3, 3)", "UPDATE t SET v = 5 WHERE i = 1", "DELETE FROM t WHERE i = 3"}},
    {"a trigger on its own table",
     {"CREATE TABLE t(i INTEGER PRIMARY KEY, v, total)",
      "CREATE TRIGGER s AFTER INSERT ON t BEGIN UPDATE t SET total = (SELECT sum(v) FROM t) WHERE i = new.i; END"},
     {"INSERT INTO t(v) VALUES (1), (2)", "INSERT INTO t(v) VALUES (10)"}},
    {"INSTEAD OF",
     {"CREATE TABLE t(i INTEGER PRIMARY KEY, v)", "INSERT INTO t VALUES (1, 'a')",
      "CREATE VIEW w AS SELECT i, upper(v) AS v FROM t",
      "CREATE TRIGGER wi INSTEAD OF INSERT ON w BEGIN INSERT INTO t VALUES (new.i, new.v); END",
      "CREATE TRIGGER wu INSTEAD OF UPDATE ON w BEGIN UPDATE t SET v = new.v WHERE i = old.i; END",
      "CREATE TRIGGER wd INSTEAD OF DELETE ON w BEGIN DELETE FROM t WHERE i = old.i; END"},
     {"INSERT INTO w VALUES (2, 'b'), (3, 'c')", "UPDATE w SET v = 'q' WHERE v = 'A'", "DELETE FROM w WHERE i = 3"}},
    {"foreign keys with actions",
     {"CREATE TABLE p(i INTEGER PRIMARY KEY, u TEXT UNIQUE)",
      "INSERT INTO p VALUES (1, 'a'), (2, 'b'), (3, 'c'), (9, 'z')",
      "CREATE TABLE c(i INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE)",
      "CREATE TABLE n(i INTEGER PRIMARY KEY, u TEXT REFERENCES p(u) ON DELETE SET NULL ON UPDATE SET DEFAULT)",
      "CREATE TABLE d(i INTEGER PRIMARY KEY, p DEFAULT 9 REFERENCES p ON DELETE SET DEFAULT)",
      "CREATE TABLE r(i INTEGER PRIMARY KEY, p REFERENCES p ON DELETE RESTRICT)",
      "INSERT INTO c VALUES (1, 1), (2, 1), (3, 2)", "INSERT INTO n VALUES (1, 'a'), (2, 'b')",
      "INSERT INTO d VALUES (1, 2)", "INSERT INTO r VALUES (1, 3)"},
     {"DELETE FROM p WHERE i = 1", "UPDATE p SET i = 20, u = 'bb' WHERE i = 2", "DELETE FROM p WHERE i = 3",
      "INSERT INTO c VALUES (7, 77)", "DELETE FROM p WHERE u = 'bb'"}},
    {"writes in which foreign keys have no part, and others between them",
     {"CREATE TABLE p(i INTEGER PRIMARY KEY, v)", "INSERT INTO p VALUES (1, 1), (4, 4)",
      "CREATE TABLE c(i INTEGER PRIMARY KEY, p REFERENCES p, v)", "INSERT INTO c VALUES (1, 1, 1)"},
     {"UPDATE p SET v = 2 WHERE i = 1", "INSERT INTO c VALUES (2, 3, 0)", "UPDATE c SET v = 5 WHERE i = 1",
      "DELETE FROM p WHERE i = 1", "INSERT INTO p VALUES (2, 2)", "UPDATE c SET p = 9 WHERE i = 1",
      "INSERT OR REPLACE INTO p VALUES (1, 7)", "UPDATE p SET v = 3 WHERE i = 2", "UPDATE p SET i = 6 WHERE i = 1",
      "INSERT INTO c VALUES (3, 2, 0)", "UPDATE p SET v = 4 WHERE i = 4", "DELETE FROM p WHERE i = 4"}},
    {"a foreign key to itself",
     {"CREATE TABLE t(i INTEGER PRIMARY KEY, up REFERENCES t ON DELETE CASCADE)",
      "INSERT INTO t VALUES (1, NULL), (2, 1), (3, 2), (4, 3)"},
     {"INSERT INTO t VALUES (5, 5), (6, 4)", "DELETE FROM t WHERE i = 2"}},
    {"deferred foreign keys",
     {"CREATE TABLE p(i INTEGER PRIMARY KEY, v)", "INSERT INTO p VALUES (1, 1)",
      "CREATE TABLE c(i INTEGER PRIMARY KEY, p INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
      "INSERT INTO c VALUES (1, 1)"},
     {"INSERT INTO c VALUES (2, 5)", "DELETE FROM p WHERE i = 1", "INSERT INTO p VALUES (5, 5), (1, 10)"}},
    {"composite foreign keys, deferred too",
     {"CREATE TABLE p(a INT, b TEXT, v, PRIMARY KEY (a, b))",
      "INSERT INTO p VALUES (1, 'a', 1), (1, 'b', 2), (2, 'a', 3), (3, 'c', 4)",
      R"(CREATE TABLE c(i INTEGER PRIMARY KEY, x TEXT, y INT,
            FOREIGN KEY (x, y) REFERENCES p(b, a) ON DELETE CASCADE ON UPDATE CASCADE))",
      R"(CREATE TABLE d(i INTEGER PRIMARY KEY, x TEXT, y INT,
            FOREIGN KEY (x, y) REFERENCES p(b, a) DEFERRABLE INITIALLY DEFERRED))",
      "INSERT INTO c VALUES (1, 'a', 1), (2, 'b', 1), (3, NULL, 9)", "INSERT INTO d VALUES (1, 'a', 2)"},
     {"INSERT INTO c VALUES (4, 'z', 1)", "INSERT INTO c VALUES (5, 'z', NULL)", "INSERT INTO c VALUES (6, 'c', 3)",
      "INSERT INTO d VALUES (2, 'late', 7), (3, NULL, 1)", "UPDATE p SET a = 5 WHERE b = 'b'",
      "DELETE FROM p WHERE b = 'a'", "INSERT INTO p VALUES (7, 'late', 0), (2, 'a', 9)",
      "UPDATE c SET x = 'a', y = 2 WHERE i = 6"}},
    {"a parent without rowid",
     {"CREATE TABLE p(k TEXT, n INT, v, PRIMARY KEY (n, k)) WITHOUT ROWID",
      "INSERT INTO p VALUES ('a', 1, 1), ('b', 2, 2), ('c', 3, 3)",
      "CREATE TABLE c(i INTEGER PRIMARY KEY, k TEXT, n INT, FOREIGN KEY (n, k) REFERENCES p ON UPDATE SET NULL)",
      R"(CREATE TABLE d(i INT PRIMARY KEY, k TEXT, n INT,
            FOREIGN KEY (k, n) REFERENCES p(k, n) DEFERRABLE INITIALLY DEFERRED) WITHOUT ROWID)",
      "INSERT INTO c VALUES (1, 'a', 1), (2, 'b', 2)", "INSERT INTO d VALUES (1, 'c', 3)"},
     {"INSERT INTO c VALUES (3, 'a', 2)", "INSERT INTO c VALUES (4, 'b', 2)", "DELETE FROM p WHERE k = 'a'",
      "UPDATE p SET n = 20 WHERE k = 'b'", "DELETE FROM p WHERE n = 3", "INSERT INTO p VALUES ('c', 3, 'again')",
      "UPDATE d SET k = 'b', n = 20"}},
    {"a parent with a NOCASE key",
     {"CREATE TABLE p(k TEXT COLLATE NOCASE PRIMARY KEY NOT NULL, v)", "INSERT INTO p VALUES ('Ann', 1), ('Bob', 2)",
      "CREATE TABLE c(i INTEGER PRIMARY KEY, k TEXT REFERENCES p ON UPDATE CASCADE)",
      "CREATE TABLE d(i INTEGER PRIMARY KEY, k TEXT REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
      "INSERT INTO c VALUES (1, 'ANN')", "INSERT INTO d VALUES (1, 'bob'), (2, 'zoe')",
      "INSERT INTO p VALUES ('ZOE', 3)"},
     {"INSERT INTO c VALUES (2, 'bOB'), (3, NULL)", "INSERT INTO c VALUES (4, 'cy')",
      "UPDATE p SET k = 'ann' WHERE v = 1", "UPDATE p SET k = 'Anna' WHERE v = 1", "DELETE FROM p WHERE k = 'bob'",
      "DELETE FROM p WHERE k = 'zoe'", "INSERT INTO d VALUES (3, 'DAN')",
      "INSERT INTO p VALUES ('dan', 4), ('Zoe', 5)"}},
    {"conflict clauses",
     {"CREATE TABLE t(i INTEGER PRIMARY KEY, u UNIQUE ON CONFLICT REPLACE, n NOT NULL ON CONFLICT IGNORE, f UNIQUE ON "
      "CONFLICT FAIL)",
      "INSERT INTO t VALUES (1, 'a', 1, 1), (2, 'b', 2, 2)"},
     {"INSERT INTO t VALUES (3, 'a', 3, 3)", "INSERT INTO t VALUES (4, 'd', NULL, 4)",
      "UPDATE t SET u = 'b' WHERE i = 3", "INSERT OR ABORT INTO t VALUES (5, 'b', 5, 5)",
      "INSERT INTO t VALUES (6, 'e', 6, 3)"}},
    {"INSERT OR",
     {"CREATE TABLE t(i INTEGER PRIMARY KEY, u UNIQUE)", "INSERT INTO t VALUES (1, 'a'), (2, 'b')"},
     {"INSERT OR IGNORE INTO t VALUES (1, 'x'), (3, 'c')", "INSERT OR REPLACE INTO t VALUES (4, 'a')",
      "INSERT OR ABORT INTO t VALUES (5, 'e'), (2, 'f')", "UPDATE OR REPLACE t SET i = 4 WHERE i = 2"}},
    {"UPSERT and RETURNING",
     {"CREATE TABLE t(i INTEGER PRIMARY KEY, u TEXT UNIQUE, n DEFAULT 0)", "INSERT INTO t VALUES (1, 'a', 0)"},
     {"INSERT INTO t VALUES (1, 'z', 5) ON CONFLICT (i) DO UPDATE SET n = n + excluded.n RETURNING i, n",
      "INSERT INTO t(u) VALUES ('a'), ('b') ON CONFLICT (u) DO UPDATE SET n = n + 1 RETURNING *",
      "DELETE FROM t WHERE u = 'a' RETURNING n"}},
    {"DELETE without WHERE",
     {"CREATE TABLE t(i INTEGER PRIMARY KEY, v UNIQUE)", "INSERT INTO t VALUES (1, 1), (2, 2)"},
     {"DELETE FROM t", "INSERT INTO t(v) VALUES (2)"}},
    {"changed primary keys",
     {"CREATE TABLE t(i INTEGER PRIMARY KEY, k TEXT)", "CREATE TABLE x(k TEXT PRIMARY KEY, v)",
      "INSERT INTO t VALUES (1, 'a'), (2, 'b')", "INSERT INTO x VALUES ('a', 1), ('b', 2)"},
     {"UPDATE t SET i = i + 10", "UPDATE x SET k = k || k", "UPDATE t SET i = 1 WHERE k = 'b'"}},
    {"a unique swap",
     {"CREATE TABLE t(i INTEGER PRIMARY KEY, u UNIQUE)", "INSERT INTO t VALUES (1, 'a'), (2, 'b')"},
     {"UPDATE t SET u = 'tmp' WHERE i = 1", "UPDATE t SET u = 'a' WHERE i = 2", "UPDATE t SET u = 'b' WHERE i = 1"}},
    {"columns named rowid",
     {"CREATE TABLE t(rowid TEXT, oid, v)", "INSERT INTO t VALUES ('a', 1, 1)"},
     {"INSERT INTO t VALUES ('b', 2, 2)", "UPDATE t SET rowid = 'c' WHERE v = 1", "DELETE FROM t WHERE _rowid_ = 2"}},
    {"values of every type",
     {"CREATE TABLE t(i INTEGER PRIMARY KEY, v)"},
     {"INSERT INTO t(v) VALUES (9e999), (-9e999), (9223372036854775807), (-9223372036854775808), (0.1), (x''), ('')",
      "INSERT INTO t(v) VALUES (zeroblob(1048576)), (CAST(x'610062' AS TEXT)), (NULL), (1e308), (-0.0)",
      "INSERT INTO t VALUES (9223372036854775806, x'7f'), (-9223372036854775808, 1)",
      "UPDATE t SET v = v || 'x' WHERE typeof(v) = 'text'"}},
    {"numbers in columns of other types",
     {"CREATE TABLE t(i INTEGER PRIMARY KEY, r REAL UNIQUE, n NUMERIC, x TEXT)"},
     {"INSERT INTO t(r, n, x) VALUES (1, '2', 3), ('4', 5.0, 6.5), (9007199254740993, 1e3, x'00')",
      "UPDATE t SET r = r + 1", "DELETE FROM t WHERE r = 2"}},
    {"common table expressions and UPDATE FROM",
     {"CREATE TABLE t(i INTEGER PRIMARY KEY, v)", "CREATE TABLE s(i INTEGER PRIMARY KEY, v)",
      "INSERT INTO s VALUES (1, 10), (2, 20)"},
     {"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) INSERT INTO t SELECT i, i FROM n",
      "UPDATE t SET v = s.v FROM s WHERE s.i = t.i",
      "WITH big AS (SELECT i FROM t WHERE v > 10) DELETE FROM t WHERE i IN big"}},
};

class Kinds : public SqliteStoreTest {
 protected:
  // Statement by statement, as an interactive branch. Returns what the last run says.
  AbortCause run(const std::vector<std::string>& statements, Changes& changes, std::vector<int>* codes = nullptr) {
    const TransactionId id = transaction(++next_);
    for (const std::string& sql : statements) {
      const Execution execution = execute_in(id, {statement(sql)}, changes, false);
      if (codes != nullptr) {
        codes->push_back(execution.failure.sqlite_extended_code);
      }
      changes.bytes += execution.changes.bytes;
      changes.rows += execution.changes.rows;
    }
    return execute_in(id, {}, changes, true).failure;
  }

  Execution execute_in(const TransactionId& id, const std::vector<Statement>& statements, const Changes& before,
                       bool is_last) {
    return store_
        ->execute({.id = id,
                   .before = before,
                   .statements = statements,
                   .level = IsolationLevel::kSerializable,
                   .is_last = is_last})
        .value();
  }

  void apply(const Changes& changes) {
    journal({PutPrepared{prepared_row(next_, changes)}});
    journal({apply_branch(next_)});
  }

  static std::string joined(const std::vector<std::string>& statements) {
    std::string text;
    for (const std::string& sql : statements) {
      text += sql + ";\n";
    }
    return text;
  }
};

TEST_F(Kinds, OfTablesAndChangesEndAsInPlainSqlite) {
  for (const Kind& kind : kKinds) {
    SCOPED_TRACE(kind.name);
    store_.reset();
    folder_.clear();
    create(joined(kind.schema));
    ReferenceDatabase plain(kind.schema);
    std::vector<int> plain_codes;
    plain.begin();
    for (const std::string& sql : kind.statements) {
      plain_codes.push_back(plain.show(statement(sql)).code);
    }
    ASSERT_EQ(plain.commit(), SQLITE_OK);
    Changes changes;
    std::vector<int> codes;
    const AbortCause last = run(kind.statements, changes, &codes);
    EXPECT_EQ(last.reason, AbortReason::kNone) << last.detail;
    EXPECT_EQ(codes, plain_codes);
    apply(changes);
    Connection outside(path(), SQLITE_OPEN_READONLY);
    for (const auto& row : read_outside(path(),
                                        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE "
                                        "'assent%' AND name NOT LIKE 'sqlite%'")) {
      const auto& table = std::get<std::string>(row[0]);
      EXPECT_EQ(dump(outside.handle(), table), dump(plain.handle(), table)) << table;
    }
    EXPECT_EQ(read_outside(path(), "PRAGMA integrity_check"), (Rows{{"ok"}}));
  }
}

TEST_F(Kinds, ADeferredForeignKeyThatStaysBrokenFailsTheLastRun) {
  create(
      "CREATE TABLE p(i INTEGER PRIMARY KEY); INSERT INTO p VALUES (1);"
      "CREATE TABLE c(k TEXT PRIMARY KEY, p INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED);"
      "INSERT INTO c VALUES ('one', 1), (NULL, 1)");
  const auto verdict = [&](const std::vector<std::string>& statements) {
    Changes changes;
    return run(statements, changes).detail;
  };
  const std::string broken = "FOREIGN KEY constraint failed: a row of `c` refers to a row of `p` that is not there";
  EXPECT_THAT(verdict({"INSERT INTO c VALUES ('two', 2)"}), HasSubstr(broken));
  EXPECT_THAT(verdict({"INSERT INTO c VALUES (NULL, 2)"}), HasSubstr(broken));
  EXPECT_THAT(verdict({"UPDATE c SET p = 3 WHERE k = 'one'"}), HasSubstr(broken));
  EXPECT_THAT(verdict({"DELETE FROM p"}), HasSubstr(broken));
  EXPECT_THAT(verdict({"UPDATE p SET i = 2"}), HasSubstr(broken));
  EXPECT_THAT(verdict({"INSERT INTO c VALUES ('two', 2)", "INSERT INTO p VALUES (2)", "DELETE FROM p WHERE i = 2"}),
              HasSubstr(broken));
  EXPECT_EQ(verdict({"INSERT INTO c VALUES ('two', 2)", "INSERT INTO p VALUES (2)"}), "");
  EXPECT_EQ(verdict({"INSERT INTO c VALUES ('two', 2)", "DELETE FROM c WHERE k = 'two'"}), "");
  EXPECT_EQ(verdict({"INSERT INTO c VALUES ('two', 2)", "UPDATE c SET p = NULL WHERE k = 'two'"}), "");
  EXPECT_EQ(verdict({"DELETE FROM p", "INSERT INTO p VALUES (1)"}), "");
  EXPECT_EQ(verdict({"DELETE FROM p", "DELETE FROM c"}), "");
  EXPECT_EQ(verdict({"UPDATE c SET p = 3 WHERE k = 'one'", "UPDATE p SET i = 3", "UPDATE c SET p = 3"}), "");
}

TEST_F(Kinds, ADeferredKeyOfSeveralColumnsIsLookedUpColumnByColumn) {
  create(
      "CREATE TABLE p(a INTEGER, b INTEGER, v, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 2, 'used'), (3, 3, "
      "'free');"
      "CREATE TABLE c(i INTEGER PRIMARY KEY, x INTEGER, y INTEGER,"
      " FOREIGN KEY (x, y) REFERENCES p(b, a) DEFERRABLE INITIALLY DEFERRED); INSERT INTO c VALUES (1, 2, 1);"
      "CREATE TABLE folded(k TEXT COLLATE NOCASE PRIMARY KEY NOT NULL); INSERT INTO folded VALUES ('Ann');"
      "CREATE TABLE f(k TEXT REFERENCES folded DEFERRABLE INITIALLY DEFERRED); INSERT INTO f VALUES ('ANN')");
  const auto verdict = [&](const std::vector<std::string>& statements) {
    Changes changes;
    return run(statements, changes).detail;
  };
  const std::string broken = "FOREIGN KEY constraint failed: a row of `c` refers to a row of `p` that is not there";
  EXPECT_EQ(verdict({"INSERT INTO c VALUES (2, 2, 1), (3, 3, 3)"}), "");
  EXPECT_THAT(verdict({"INSERT INTO c VALUES (2, 1, 2)"}), HasSubstr(broken));
  EXPECT_EQ(verdict({"INSERT INTO c VALUES (2, 1, NULL), (3, NULL, 2)"}), "");
  EXPECT_THAT(verdict({"DELETE FROM p WHERE v = 'used'"}), HasSubstr(broken));
  EXPECT_THAT(verdict({"UPDATE p SET a = 5 WHERE v = 'used'"}), HasSubstr(broken));
  EXPECT_EQ(verdict({"DELETE FROM p WHERE v = 'free'"}), "");
  EXPECT_EQ(verdict({"DELETE FROM p WHERE v = 'used'", "INSERT INTO p VALUES (1, 2, 'again')"}), "");
  EXPECT_EQ(verdict({"INSERT INTO f VALUES ('ann')", "UPDATE folded SET k = 'aNN'"}), "");
  EXPECT_THAT(verdict({"UPDATE folded SET k = 'Bob'"}), HasSubstr("a row of `f` refers to a row of `folded`"));
}

TEST_F(Kinds, ABranchNeedsALastRunIfItTouchedDeferredKeys) {
  options_.validate_replay = false;
  create(
      "CREATE TABLE p(i INTEGER PRIMARY KEY, v); INSERT INTO p VALUES (1, 1);"
      "CREATE TABLE c(i INTEGER PRIMARY KEY, p INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED);"
      "INSERT INTO c VALUES (1, 1); CREATE TABLE t(i INTEGER PRIMARY KEY)");
  EXPECT_TRUE(execute("INSERT INTO c VALUES (2, 5)").needs_last_run);
  EXPECT_TRUE(execute("DELETE FROM p WHERE i = 1").needs_last_run);
  EXPECT_FALSE(execute("INSERT INTO p VALUES (2, 2)").needs_last_run);
  EXPECT_FALSE(execute("DELETE FROM c WHERE i = 1").needs_last_run);
  EXPECT_FALSE(execute("INSERT INTO t VALUES (1)").needs_last_run);
  EXPECT_FALSE(execute("SELECT * FROM c").needs_last_run);
}

TEST_F(Kinds, OneShotBranchesAreCheckedWithTheirStatements) {
  create(
      "CREATE TABLE p(i INTEGER PRIMARY KEY);"
      "CREATE TABLE c(i INTEGER PRIMARY KEY, p INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED)");
  const auto execution =
      execute_in(transaction(1), {statement("INSERT INTO c VALUES (1, 5)"), statement("SELECT 1")}, {}, true);
  EXPECT_EQ(execution.failure.reason, AbortReason::kConstraint);
  EXPECT_EQ(execution.failure.sqlite_extended_code, SQLITE_CONSTRAINT_FOREIGNKEY);
  EXPECT_EQ(execution.failure.statement_index, -1) << "it is no fault of one of them";
  EXPECT_TRUE(execution.changes.empty());
}

TEST_F(Kinds, ALastRunThatTakesTooLongFailsAlone) {
  options_.limits.time = std::chrono::milliseconds(50);
  options_.validate_replay = false;
  create(
      "CREATE TABLE p(i INTEGER PRIMARY KEY);"
      "CREATE TABLE c(i INTEGER PRIMARY KEY, p INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED);"
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000) INSERT INTO c SELECT i, NULL "
      "FROM n;"
      "INSERT INTO p SELECT i FROM c WHERE i <= 1000");
  Changes lost;
  for (std::int64_t number = 1; number <= 1000; ++number) {
    append_change(lost, {.kind = ChangeKind::kDelete, .table = "p", .old_row = {Value(number)}, .new_row = {}});
  }
  const Execution execution = execute_in(transaction(1), {}, lost, true);
  EXPECT_EQ(execution.failure.reason, AbortReason::kStatementFailed);
  EXPECT_THAT(execution.failure.detail, HasSubstr("ran longer than 50 ms"));
  EXPECT_EQ(execute("SELECT count(*) FROM p").failure.reason, AbortReason::kNone);
}

TEST_F(Kinds, WhatSqliteRollsBackByItselfIsTheStatementAlone) {
  create(
      "CREATE TABLE t(i INTEGER PRIMARY KEY, v UNIQUE ON CONFLICT ROLLBACK); INSERT INTO t VALUES (1, 1);"
      "CREATE TRIGGER stop AFTER UPDATE ON t BEGIN SELECT RAISE(ROLLBACK, 'stop'); END");
  Changes changes;
  std::vector<int> codes;
  const AbortCause last = run({"INSERT INTO t VALUES (2, 2)", "INSERT INTO t VALUES (3, 1)", "UPDATE t SET v = 7",
                               "INSERT OR ROLLBACK INTO t VALUES (2, 9)", "INSERT INTO t VALUES (4, 4)"},
                              changes, &codes);
  EXPECT_EQ(last.reason, AbortReason::kNone) << last.detail;
  EXPECT_EQ(codes, (std::vector<int>{0, SQLITE_CONSTRAINT_UNIQUE, SQLITE_CONSTRAINT_TRIGGER,
                                     SQLITE_CONSTRAINT_PRIMARYKEY, 0}));
  apply(changes);
  EXPECT_EQ(read_outside(path(), "SELECT i FROM t"), (Rows{{std::int64_t{1}}, {std::int64_t{2}}, {std::int64_t{4}}}));
}

TEST_F(Kinds, WhatTriggersAndForeignKeysDidIsAppliedOnce) {
  options_.validate_replay = false;  // it would leave both switched off
  create(
      "CREATE TABLE t(i INTEGER PRIMARY KEY); CREATE TABLE log(i INTEGER PRIMARY KEY, v);"
      "CREATE TRIGGER note AFTER INSERT ON t BEGIN INSERT INTO log(v) VALUES (new.i); END;"
      "CREATE TABLE p(i INTEGER PRIMARY KEY); INSERT INTO p VALUES (1);"
      "CREATE TABLE c(i INTEGER PRIMARY KEY, p REFERENCES p ON DELETE SET NULL); INSERT INTO c VALUES (1, 1)");
  commit("INSERT INTO t VALUES (7)");
  commit("DELETE FROM p WHERE i = 1");
  EXPECT_EQ(read_outside(path(), "SELECT v FROM log"), (Rows{{std::int64_t{7}}}));
  EXPECT_EQ(read_outside(path(), "SELECT p FROM c"), (Rows{{nullptr}}));
}

TEST_F(Kinds, RecursiveTriggersFireWhereTheStoreIsToldTo) {
  const std::string schema =
      "CREATE TABLE t(i INTEGER PRIMARY KEY);"
      "CREATE TRIGGER down AFTER INSERT ON t WHEN new.i > 0 BEGIN INSERT INTO t VALUES (new.i - 1); END";
  create(schema);
  commit("INSERT INTO t VALUES (5)");
  EXPECT_EQ(read_outside(path(), "SELECT count(*) FROM t"), (Rows{{std::int64_t{2}}})) << "as in SQLite by default";
  store_.reset();
  folder_.clear();
  options_.recursive_triggers = true;
  create(schema);
  commit("INSERT INTO t VALUES (5)");
  EXPECT_EQ(read_outside(path(), "SELECT count(*) FROM t"), (Rows{{std::int64_t{6}}}));
}

TEST_F(Kinds, ReplaceFiresTheTriggersOfTheRowsThatItRemovesWhereTriggersAreRecursive) {
  const std::string schema =
      "CREATE TABLE t(i INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'a');"
      "CREATE TABLE read(v); INSERT INTO read VALUES ('r'); CREATE TABLE log(i INTEGER PRIMARY KEY, v);"
      "CREATE TRIGGER note AFTER DELETE ON t BEGIN INSERT INTO log(v) SELECT old.v || v FROM read; END";
  const std::string replace = "REPLACE INTO t VALUES (1, 'b')";
  const auto reads = testing::Contains(Lock{{"read", ""}, LockMode::kShared});
  create(schema);
  EXPECT_THAT(execute(replace).locks, testing::Not(reads));
  commit(replace);
  EXPECT_EQ(read_outside(path(), "SELECT v FROM log"), Rows{}) << "as in SQLite by default";
  store_.reset();
  folder_.clear();
  options_.recursive_triggers = true;
  create(schema);
  EXPECT_THAT(execute(replace).locks, reads);
  commit(replace);
  EXPECT_EQ(read_outside(path(), "SELECT v FROM log"), (Rows{{"ar"}}));
  EXPECT_EQ(read_outside(path(), "SELECT v FROM t"), (Rows{{"b"}}));
}

TEST_F(Kinds, ALongBranchDoesNotDoItsChangesAgainForEachStatement) {
  create("CREATE TABLE t(i INTEGER PRIMARY KEY, v)");
  constexpr std::uint64_t kStatements = 3000;
  const TransactionId id = transaction(1);
  Changes changes;
  for (std::uint64_t number = 0; number < kStatements; ++number) {
    const Execution execution = execute_in(id, {statement("INSERT INTO t(v) VALUES ('v')")}, changes, false);
    ASSERT_EQ(execution.failure.reason, AbortReason::kNone) << execution.failure.detail;
    changes.bytes += execution.changes.bytes;
    changes.rows += execution.changes.rows;
  }
  EXPECT_EQ(store_->counters().reapplied_rows, 0U);
  execute("SELECT 1");  // of another branch
  execute_in(id, {statement("SELECT 1")}, changes, false);
  EXPECT_EQ(store_->counters().reapplied_rows, kStatements);
}

}  // namespace
}  // namespace assent::participant
