// What the rows that a statement changed take: their keys, the end of their table, and the rows that belong to them.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/unit/participant/store/listed_footprints.h"

namespace assent::participant {
namespace {

class RowFootprint : public ListedFootprints {
 protected:
  std::int64_t drawn() {
    const Execution execution = execute("INSERT INTO numbered(v) VALUES ('v') RETURNING i");
    return std::get<std::int64_t>(execution.results.at(0).rows.at(0).at(0));
  }
};

TEST_F(RowFootprint, ARowTakesItsKeyAndEachUniqueKeyThatItEntersOrLeaves) {
  create(
      "CREATE TABLE t(i INTEGER PRIMARY KEY, u TEXT UNIQUE, v, w, x, g AS (x + 1) STORED UNIQUE,"
      " UNIQUE (v, w));"
      "INSERT INTO t(i, u, v, w) VALUES (1, 'a', 1, 1), (2, 'b', NULL, 2), (3, NULL, 3, 3), (9, 'z', 9, 9)");
  expect_locks({
      {"a new row",
       "INSERT INTO t VALUES (5, 'e', 5, 5, NULL)",
       {},
       "t(5) X, t sqlite_autoindex_t_1('e') X, t sqlite_autoindex_t_3(5, 5) X"},
      {"a row that goes",
       "DELETE FROM t WHERE i = 1",
       {},
       "t(1) X, t sqlite_autoindex_t_1('a') X, t sqlite_autoindex_t_3(1, 1) X"},
      {"a key that is left, and one that is entered",
       "UPDATE t SET u = 'c' WHERE i = 1",
       {},
       "t(1) X, t sqlite_autoindex_t_1('a') X, t sqlite_autoindex_t_1('c') X"},
      {"one that is left for NULL", "UPDATE t SET u = NULL WHERE i = 1", {}, "t(1) X, t sqlite_autoindex_t_1('a') X"},
      {"one that is entered from NULL",
       "UPDATE t SET u = 'c' WHERE i = 3",
       {},
       "t(3) X, t sqlite_autoindex_t_1('c') X"},
      {"a whole one of one with NULL", "UPDATE t SET v = 7 WHERE i = 2", {}, "t(2) X, t sqlite_autoindex_t_3(7, 2) X"},
      {"NULL in all of them", "INSERT INTO t(i, w) VALUES (5, 5)", {}, "t(5) X"},
      {"none of them changes", "UPDATE t SET u = 'a', v = 1 WHERE i = 1", {}, "t(1) X"},
      {"the primary key alone changes", "UPDATE t SET i = 4 WHERE i = 1", {}, "t(1) X, t(4) X"},
      {"a generated one", "UPDATE t SET x = 6 WHERE i = 1", {}, "t(1) X, t sqlite_autoindex_t_2(7) X"},
      {"a row that is replaced by its unique key",
       "REPLACE INTO t(i, u) VALUES (5, 'a')",
       {},
       "t S, t(1) X, t(5) X, t sqlite_autoindex_t_1('a') X, t sqlite_autoindex_t_3(1, 1) X"},
  });
}

TEST_F(RowFootprint, RowsThatAreToldApartByTheirRowidsTakeTheTable) {
  create(
      "CREATE TABLE bare(a UNIQUE, b); INSERT INTO bare VALUES (1, 1), (2, 2);"
      "CREATE TABLE nullable(k TEXT PRIMARY KEY, v); INSERT INTO nullable VALUES ('a', 1), (NULL, 2);"
      "CREATE TABLE pairs(a, b, v, PRIMARY KEY (a, b)); INSERT INTO pairs VALUES (1, NULL, 1)");
  expect_locks({
      {"a new row", "INSERT INTO bare VALUES (3, 3)", {}, "bare X, bare sqlite_autoindex_bare_1(3) X"},
      {"by its rowid", "UPDATE bare SET b = 5 WHERE rowid = 1", {}, "bare X, bare(1) X"},
      {"no such rowid", "UPDATE bare SET b = 5 WHERE rowid = 7", {}, "bare(7) X"},
      {"a key", "INSERT INTO nullable VALUES ('b', 1)", {}, "nullable('b') X"},
      {"NULL as the key", "INSERT INTO nullable VALUES (NULL, 1)", {}, "nullable X"},
      {"a key that comes for NULL",
       "UPDATE nullable SET k = 'n' WHERE v = 2",
       {},
       "nullable S, nullable X, nullable('n') X"},
      {"NULL that comes for a key", "UPDATE nullable SET k = NULL WHERE k = 'a'", {}, "nullable X, nullable('a') X"},
      {"NULL in half of a key", "DELETE FROM pairs WHERE v = 1", {}, "pairs S, pairs X"},
  });
}

TEST_F(RowFootprint, UniqueKeysThatAreNotPlainTakeTheWholeTable) {
  create(
      "CREATE TABLE partial(i INTEGER PRIMARY KEY, v); CREATE UNIQUE INDEX p ON partial(v) WHERE v > 0;"
      "INSERT INTO partial VALUES (1, -1), (2, 1);"
      "CREATE TABLE expression(i INTEGER PRIMARY KEY, v TEXT); CREATE UNIQUE INDEX e ON expression(lower(v));"
      "INSERT INTO expression VALUES (9, 'A');"
      "CREATE TABLE virtual(i INTEGER PRIMARY KEY, v, g AS (v + 1) UNIQUE); INSERT INTO virtual VALUES (9, 1);"
      "CREATE TABLE grown(i INTEGER PRIMARY KEY, v); INSERT INTO grown VALUES (1, 1), (9, 9);"
      "ALTER TABLE grown ADD COLUMN added INTEGER DEFAULT 7;"
      "UPDATE grown SET added = 8 WHERE i = 9; CREATE UNIQUE INDEX g ON grown(added);");
  expect_locks({
      {"partial", "UPDATE partial SET v = 2 WHERE i = 1", {}, "partial X, partial(1) X"},
      {"expression", "INSERT INTO expression VALUES (2, 'b')", {}, "expression X, expression(2) X"},
      {"virtual", "INSERT INTO virtual VALUES (2, 5)", {}, "virtual X, virtual(2) X"},
      {"a column that was added with a default, in an old row",
       "DELETE FROM grown WHERE i = 1",
       {},
       "grown X, grown(1) X"},
      {"in one that was written since",
       "DELETE FROM grown WHERE i = 9",
       {},
       "grown S, grown(9) X, grown append S, grown g(8) X"},
      {"not found", "UPDATE expression SET v = 'x' WHERE i = 5", {}, "expression(5) X"},
  });
}

TEST_F(RowFootprint, KeysThatSqliteHoldsEqualHaveOneName) {
  create(
      "CREATE TABLE folded(k TEXT COLLATE NOCASE PRIMARY KEY, u TEXT UNIQUE COLLATE NOCASE, b TEXT UNIQUE);"
      "CREATE TABLE trimmed(k TEXT COLLATE RTRIM PRIMARY KEY) WITHOUT ROWID;"
      "CREATE TABLE other_order(k TEXT, u TEXT, PRIMARY KEY (k COLLATE NOCASE));"
      "CREATE UNIQUE INDEX o ON other_order(u COLLATE RTRIM);"
      "CREATE TABLE reals(k REAL PRIMARY KEY); CREATE TABLE numbers(k NUMERIC PRIMARY KEY);"
      "CREATE TABLE untyped(k PRIMARY KEY); CREATE TABLE texts(k TEXT PRIMARY KEY)");
  expect_locks({
      {"without case, but where case counts",
       "INSERT INTO folded VALUES ('Ann', 'MAIL', 'B')",
       {},
       "folded('ann') X, folded sqlite_autoindex_folded_2('mail') X, folded sqlite_autoindex_folded_3('B') X"},
      {"letters beyond ASCII keep their case",
       "INSERT INTO folded VALUES ('\xC3\x84', NULL, NULL)",
       {},
       "folded('\xC3\x84') X"},
      {"without the spaces behind", "INSERT INTO trimmed VALUES ('  a  ')", {}, "trimmed('  a') X"},
      {"collations of the indexes",
       "INSERT INTO other_order VALUES ('K ', 'U ')",
       {},
       "other_order('k ') X, other_order o('U') X"},
      {"a whole real", "INSERT INTO reals VALUES (2.0)", {}, "reals(2) X"},
      {"an integer as a real", "INSERT INTO reals VALUES (9007199254740993)", {}, "reals(9007199254740992) X"},
      {"a text as a number", "INSERT INTO numbers VALUES ('1e1')", {}, "numbers(10) X"},
      {"a whole real where types matter", "INSERT INTO untyped VALUES (-0.0)", {}, "untyped(0) X"},
      {"a text where types matter", "INSERT INTO untyped VALUES ('1')", {}, "untyped('1') X"},
      {"a number as a text", "INSERT INTO texts VALUES (1)", {}, "texts('1') X"},
  });
}

TEST_F(RowFootprint, WhoLetsSqliteChooseAKeyHasReadTheLargest) {
  create(
      "CREATE TABLE t(i INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 1), (5, 5);"
      "CREATE TABLE empty(i INTEGER PRIMARY KEY, v); CREATE TABLE one(i INTEGER PRIMARY KEY, v);"
      "INSERT INTO one VALUES (3, 3); CREATE TABLE without(i INTEGER PRIMARY KEY, v) WITHOUT ROWID;"
      "CREATE TABLE log(i INTEGER PRIMARY KEY, v); CREATE TABLE noted(k TEXT PRIMARY KEY);"
      "CREATE TRIGGER note AFTER INSERT ON noted BEGIN INSERT INTO log(v) VALUES (new.k); END");
  expect_locks({
      {"chosen", "INSERT INTO t(v) VALUES (1)", {}, "t(6) X, t append X"},
      {"NULL", "INSERT INTO t VALUES (NULL, 1)", {}, "t(6) X, t append X"},
      {"NULL by parameter", "INSERT INTO t VALUES (?1, 1)", {nullptr}, "t(6) X, t append X"},
      {"DEFAULT VALUES", "INSERT INTO t DEFAULT VALUES", {}, "t(6) X, t append X"},
      {"one of two", "INSERT INTO t VALUES (2, 2), (NULL, 1)", {}, "t(2) X, t(6) X, t append X"},
      {"in an empty table", "INSERT INTO empty(v) VALUES (1)", {}, "empty(1) X, empty append X"},
      {"by a trigger", "INSERT INTO noted VALUES ('n')", {}, "log(1) X, log append X, noted('n') X"},
      {"given, above the largest", "INSERT INTO t VALUES (7, 7)", {}, "t(7) X, t append S"},
      {"given, the first", "INSERT INTO empty VALUES (-3, 1)", {}, "empty(-3) X, empty append S"},
      {"given, among the others", "INSERT INTO t VALUES (3, 3)", {}, "t(3) X"},
      {"the largest is removed", "DELETE FROM t WHERE i = 5", {}, "t S, t(5) X, t append S"},
      {"the last", "DELETE FROM one WHERE i = 3", {}, "one S, one(3) X, one append S"},
      {"another is removed", "DELETE FROM t WHERE i = 1", {}, "t(1) X"},
      {"the largest stays", "UPDATE t SET v = 6 WHERE i = 5", {}, "t(5) X"},
      {"the largest moves down", "UPDATE t SET i = 2 WHERE i = 5", {}, "t S, t(2) X, t(5) X, t append S"},
      {"another moves to the end", "UPDATE t SET i = 9 WHERE i = 1", {}, "t(1) X, t(9) X, t append S"},
      {"another moves among them", "UPDATE t SET i = 2 WHERE i = 1", {}, "t(1) X, t(2) X"},
      {"who reads the whole table has read its largest", "INSERT INTO t(v) SELECT 1", {}, "t S, t(6) X"},
      {"a key that is no rowid", "INSERT INTO without VALUES (7, 7)", {}, "without(7) X"},
  });
}

TEST_F(RowFootprint, AnAutoincrementNumberNeedsNoLock) {
  create("CREATE TABLE numbered(i INTEGER PRIMARY KEY AUTOINCREMENT, v); INSERT INTO numbered(v) VALUES ('a'), ('b')");
  expect_locks({
      {"drawn", "INSERT INTO numbered(v) VALUES ('c')", {}, "numbered(3) X"},
      {"drawn anew", "INSERT INTO numbered(v) VALUES ('c')", {}, "numbered(4) X"},
      {"given", "INSERT INTO numbered VALUES (100, 'd')", {}, "numbered(100) X"},
      {"the largest is removed", "DELETE FROM numbered WHERE i = 2", {}, "numbered(2) X"},
  });
}

TEST_F(RowFootprint, ANumberThatWasDrawnIsNotDrawnAgain) {
  create(
      "CREATE TABLE numbered(i INTEGER PRIMARY KEY AUTOINCREMENT, v); INSERT INTO numbered(v) VALUES ('a');"
      "CREATE TABLE other(i INTEGER PRIMARY KEY)");
  EXPECT_EQ(drawn(), 2);
  EXPECT_EQ(drawn(), 3) << "the first branch may still commit";
  commit("INSERT INTO other VALUES (1)");
  EXPECT_EQ(drawn(), 4) << "so it may behind the commit of somebody else";
  const Execution prepared = execute("INSERT INTO numbered(v) VALUES ('prepared')");
  journal({PutPrepared{prepared_row(1, prepared.changes, prepared.locks)}});
  reopen();
  EXPECT_EQ(drawn(), 6) << "the fifth is of a prepared branch";
}

TEST_F(RowFootprint, AChildTakesTheParentsKeyThatItComesToUse) {
  create(
      "CREATE TABLE p(i INTEGER PRIMARY KEY, u TEXT UNIQUE, v);"
      "INSERT INTO p VALUES (1, 'a', 1), (2, 'b', 2), (9, 'z', 9);"
      "CREATE TABLE c(i INTEGER PRIMARY KEY, p INTEGER REFERENCES p, u TEXT REFERENCES p(u));"
      "INSERT INTO c VALUES (1, 1, 'a'), (9, NULL, NULL);"
      "CREATE TABLE untyped(i INTEGER PRIMARY KEY, p REFERENCES p); INSERT INTO untyped VALUES (9, NULL);"
      "CREATE TABLE deferred(i INTEGER PRIMARY KEY, p INTEGER REFERENCES p DEFERRABLE INITIALLY DEFERRED);"
      "INSERT INTO deferred VALUES (9, NULL);"
      "CREATE TABLE tree(i INTEGER PRIMARY KEY, up INTEGER REFERENCES tree); INSERT INTO tree VALUES (1, 1), (9, 1)");
  expect_locks({
      {"a new row", "INSERT INTO c VALUES (5, 1, NULL)", {}, "c(5) X, p(1) S"},
      {"by a unique key", "INSERT INTO c VALUES (5, NULL, 'b')", {}, "c(5) X, p sqlite_autoindex_p_1('b') S"},
      {"no parent", "INSERT INTO c VALUES (5, NULL, NULL)", {}, "c(5) X"},
      {"another parent", "UPDATE c SET p = 2 WHERE i = 1", {}, "c(1) X, p(2) S"},
      {"the same parent", "UPDATE c SET p = 1 WHERE i = 1", {}, "c(1) X"},
      {"no parent any more", "UPDATE c SET p = NULL WHERE i = 1", {}, "c(1) X"},
      {"a child that goes", "DELETE FROM c WHERE i = 1", {}, "c(1) X"},
      {"a number as it is", "INSERT INTO untyped VALUES (5, 2)", {}, "p(2) S, untyped(5) X"},
      {"a text that the parent's key converts", "INSERT INTO untyped VALUES (5, '2')", {}, "p S, untyped(5) X"},
      {"deferred, and not there", "INSERT INTO deferred VALUES (5, 77)", {}, "deferred(5) X, p(77) S"},
      {"itself", "INSERT INTO tree VALUES (5, 5)", {}, "tree(5) S, tree(5) X"},
      {"a row of its own table", "UPDATE tree SET up = 9 WHERE i = 1", {}, "tree(1) X, tree(9) S"},
  });
}

TEST_F(RowFootprint, AParentThatLosesAKeyTakesItsChildrenShared) {
  create(
      "CREATE TABLE p(i INTEGER PRIMARY KEY, u TEXT UNIQUE, v);"
      "INSERT INTO p VALUES (1, 'a', 1), (2, 'b', 2), (9, 'z', 9);"
      "CREATE TABLE c(i INTEGER PRIMARY KEY, p INTEGER REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE);"
      "INSERT INTO c VALUES (1, 1), (9, NULL);"
      "CREATE TABLE by_u(i INTEGER PRIMARY KEY, u TEXT REFERENCES p(u) ON DELETE SET NULL);"
      "INSERT INTO by_u VALUES (1, 'a')");
  expect_locks({
      {"both keys go", "DELETE FROM p WHERE i = 2", {}, "by_u S, c S, p(2) X, p sqlite_autoindex_p_1('b') X"},
      {"one is changed",
       "UPDATE p SET u = 'c' WHERE i = 2",
       {},
       "by_u S, p(2) X, p sqlite_autoindex_p_1('b') X, p sqlite_autoindex_p_1('c') X"},
      {"the other is changed, and its children follow",
       "UPDATE p SET i = 5 WHERE i = 1",
       {},
       "c S, c(1) X, p(1) X, p(5) S, p(5) X"},
      {"neither", "UPDATE p SET v = 7 WHERE i = 2", {}, "p(2) X"},
      {"the same value", "UPDATE p SET i = 2, u = 'b' WHERE i = 2", {}, "p(2) X"},
      {"a new parent", "INSERT INTO p VALUES (5, 'e', 5)", {}, "p(5) X, p sqlite_autoindex_p_1('e') X"},
      {"children that go with it",
       "DELETE FROM p WHERE i = 1",
       {},
       "by_u S, by_u(1) X, c S, c(1) X, p(1) X, p sqlite_autoindex_p_1('a') X"},
  });
}

TEST_F(RowFootprint, ACompositeForeignKeyLocksItsParentInTheParentsOrder) {
  create(
      "CREATE TABLE p(a INTEGER, b TEXT, v, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 'x', 1), (2, 'y', 2);"
      "CREATE TABLE c(i INTEGER PRIMARY KEY, x TEXT, y INTEGER, FOREIGN KEY (x, y) REFERENCES p(b, a));"
      "INSERT INTO c VALUES (1, 'x', 1), (9, NULL, NULL);"
      "CREATE TABLE unnamed(i INTEGER PRIMARY KEY, x TEXT, y INTEGER, FOREIGN KEY (y, x) REFERENCES p);"
      "INSERT INTO unnamed VALUES (9, NULL, NULL);"
      "CREATE TABLE w(b INTEGER, a TEXT COLLATE NOCASE, u, PRIMARY KEY (a, b), UNIQUE (b, u)) WITHOUT ROWID;"
      "INSERT INTO w VALUES (1, 'Ann', 5);"
      "CREATE TABLE d(i INTEGER PRIMARY KEY, x INTEGER, y TEXT,"
      " FOREIGN KEY (x, y) REFERENCES w(b, a) DEFERRABLE INITIALLY DEFERRED); INSERT INTO d VALUES (9, NULL, NULL);"
      "CREATE TABLE by_u(i INTEGER PRIMARY KEY, x, y INTEGER, FOREIGN KEY (x, y) REFERENCES w(u, b));"
      "INSERT INTO by_u VALUES (9, NULL, NULL)");
  expect_locks({
      {"a new row", "INSERT INTO c VALUES (5, 'x', 1)", {}, "c(5) X, p(1, 'x') S"},
      {"one half NULL", "INSERT INTO c VALUES (5, 'x', NULL)", {}, "c(5) X"},
      {"the other half NULL", "INSERT INTO c VALUES (5, NULL, 1)", {}, "c(5) X"},
      {"another parent", "UPDATE c SET x = 'y', y = 2 WHERE i = 1", {}, "c(1) X, p(2, 'y') S"},
      {"half of it goes", "UPDATE c SET y = NULL WHERE i = 1", {}, "c(1) X"},
      {"without the parent's columns", "INSERT INTO unnamed VALUES (5, 'x', 1)", {}, "p(1, 'x') S, unnamed(5) X"},
      {"a parent that goes", "DELETE FROM p WHERE a = 2 AND b = 'y'", {}, "c S, p(2, 'y') X, unnamed S"},
      {"half of a parent's key changes",
       "UPDATE p SET a = 3 WHERE a = 2 AND b = 'y'",
       {},
       "c S, p(2, 'y') X, p(3, 'y') X, unnamed S"},
      {"a parent stays", "UPDATE p SET v = 3 WHERE a = 2 AND b = 'y'", {}, "p(2, 'y') X"},
      {"deferred, of either case", "INSERT INTO d VALUES (5, 1, 'ANN')", {}, "d(5) X, w('ann', 1) S"},
      {"deferred, and not there", "INSERT INTO d VALUES (5, 7, 'Bob')", {}, "d(5) X, w('bob', 7) S"},
      {"by a unique key", "INSERT INTO by_u VALUES (5, 5, 1)", {}, "by_u(5) X, w sqlite_autoindex_w_2(1, 5) S"},
      {"a parent without rowid goes",
       "DELETE FROM w WHERE a = 'ann' AND b = 1",
       {},
       "by_u S, d S, w('ann', 1) X, w sqlite_autoindex_w_2(1, 5) X"},
  });
}

TEST_F(RowFootprint, AStatementThatChangesVeryManyRowsTakesItsTableExclusive) {
  create(
      "CREATE TABLE t(i INTEGER PRIMARY KEY, v INTEGER UNIQUE); INSERT INTO t VALUES (1, 10), (2, 20);"
      "CREATE TABLE c(i INTEGER PRIMARY KEY, t INTEGER REFERENCES t)");
  const auto insert = [](int rows) {
    std::string sql = "INSERT INTO t VALUES (100, 100)";
    for (int row = 101; row < 100 + rows; ++row) sql.append(", (").append(std::to_string(row)).append(", NULL)");
    return sql;
  };
  EXPECT_EQ(execute(insert(1000)).locks.size(), 1002U) << "each row, its key in the index unless it is NULL, the end";
  EXPECT_EQ(text_of(execute(insert(1001)).locks), "t X");
  const std::string many = "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n LIMIT 1001) ";
  EXPECT_EQ(text_of(execute(many + "INSERT INTO t SELECT i, i FROM n").locks), "t S, t X");
  EXPECT_EQ(text_of(execute(many + "INSERT INTO c SELECT i, 1 FROM n").locks), "c S, c X, t S") << "parents too";
}

TEST_F(RowFootprint, ALongKeyIsShortenedAndStaysItsOwn) {
  create("CREATE TABLE people(name TEXT COLLATE NOCASE PRIMARY KEY, age INTEGER)");
  const std::string long_name(100000, 'n');
  const Execution one = execute("DELETE FROM people WHERE name = ?1", {long_name + "1"});
  const Execution two = execute("DELETE FROM people WHERE name = ?1", {long_name + "2"});
  const Execution same = execute("DELETE FROM people WHERE name = ?1", {std::string(100000, 'N') + "1"});
  ASSERT_EQ(one.locks.size(), 1U);
  EXPECT_LT(one.locks[0].name.key.size(), 200U);
  EXPECT_NE(one.locks, two.locks);
  EXPECT_EQ(one.locks, same.locks);
}

TEST_F(RowFootprint, TextsWithANulAreNamedAsSqliteComparesThem) {
  create(
      "CREATE TABLE people(name TEXT COLLATE NOCASE PRIMARY KEY, age INTEGER);"
      "CREATE TABLE folded(id INTEGER PRIMARY KEY, v TEXT COLLATE NOCASE UNIQUE);"
      "CREATE TABLE pairs(a TEXT, b INTEGER, v REAL, PRIMARY KEY (a, b)) WITHOUT ROWID;"
      "CREATE TABLE trimmed(name TEXT COLLATE RTRIM PRIMARY KEY, v)");
  const std::string lower("a\0x", 3);
  const std::string upper("A\0Y", 3);
  expect_locks({
      {"a primary key", "DELETE FROM people WHERE name = ?1", {lower}, "people('a'#3) X"},
      {"its equal", "DELETE FROM people WHERE name = ?1", {upper}, "people('a'#3) X"},
      {"longer", "DELETE FROM people WHERE name = ?1", {lower + "z"}, "people('a'#4) X"},
      {"without a NUL", "DELETE FROM people WHERE name = 'A'", {}, "people('a') X"},
      {"a unique key",
       "INSERT INTO folded VALUES (1, ?1)",
       {upper},
       "folded(1) X, folded append S, folded sqlite_autoindex_folded_1('a'#3) X"},
  });
  const auto name = [&](const char* sql, const std::string& text) { return text_of(execute(sql, {text}).locks); };
  for (const char* sql : {"DELETE FROM pairs WHERE a = ?1 AND b = 1", "DELETE FROM trimmed WHERE name = ?1"}) {
    EXPECT_NE(name(sql, lower), name(sql, std::string("a\0y", 3))) << sql;
  }
  commit("INSERT INTO folded VALUES (1, ?1)", {lower});
  EXPECT_EQ(execute("INSERT INTO folded VALUES (2, ?1)", {upper}).failure.reason, AbortReason::kConstraint);
}

}  // namespace
}  // namespace assent::participant
