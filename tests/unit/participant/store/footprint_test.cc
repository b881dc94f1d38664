// Which statement takes exactly which locks.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

constexpr const char* kSchema = R"(
CREATE TABLE accounts(id INTEGER PRIMARY KEY, balance INTEGER, note TEXT);
INSERT INTO accounts VALUES (1, 100, 'one'), (2, 200, 'two'), (3, 300, 'three');
CREATE TABLE people(name TEXT COLLATE NOCASE PRIMARY KEY, mail TEXT UNIQUE, age INTEGER);
INSERT INTO people VALUES ('Ann', 'ann@x', 30), ('Bob', 'bob@x', 40);
CREATE TABLE pairs(a TEXT, b INTEGER, v REAL, PRIMARY KEY(a, b)) WITHOUT ROWID;
INSERT INTO pairs VALUES ('x', 1, 0.5), ('x', 2, 1.5);
CREATE TABLE trimmed(name TEXT COLLATE RTRIM PRIMARY KEY, v);
INSERT INTO trimmed VALUES ('a  ', 1);
CREATE TABLE two_orders(k TEXT, v INTEGER, PRIMARY KEY (k COLLATE NOCASE));
INSERT INTO two_orders VALUES ('A', 1);
CREATE TABLE untyped(k BLOB PRIMARY KEY, v);
INSERT INTO untyped VALUES (1, 'int'), ('1', 'text'), (x'31', 'blob');
CREATE TABLE reals(k REAL PRIMARY KEY, v) WITHOUT ROWID;
INSERT INTO reals VALUES (1.5, 1), (2, 2);
CREATE TABLE partial_index(id INTEGER PRIMARY KEY, v INTEGER);
CREATE UNIQUE INDEX partial_v ON partial_index(v) WHERE v > 0;
INSERT INTO partial_index VALUES (1, -1), (2, 1);
CREATE TABLE expression_index(id INTEGER PRIMARY KEY, v TEXT);
CREATE UNIQUE INDEX expression_v ON expression_index(lower(v));
INSERT INTO expression_index VALUES (1, 'A');
CREATE TABLE ignoring(id INTEGER PRIMARY KEY ON CONFLICT IGNORE, v INTEGER);
INSERT INTO ignoring VALUES (1, 1);
CREATE TABLE grown(id INTEGER PRIMARY KEY, v INTEGER);
INSERT INTO grown VALUES (1, 1);
ALTER TABLE grown ADD COLUMN added INTEGER DEFAULT 7;
CREATE UNIQUE INDEX grown_added ON grown(added);
CREATE TABLE plain_unique(id INTEGER PRIMARY KEY, v INTEGER);
CREATE UNIQUE INDEX plain_unique_v ON plain_unique(v);
INSERT INTO plain_unique VALUES (1, 10), (2, 20);
CREATE TABLE "odd name"("the key" INTEGER PRIMARY KEY, "select" TEXT);
INSERT INTO "odd name" VALUES (1, 'a');
CREATE TABLE folded(id INTEGER PRIMARY KEY, v TEXT COLLATE NOCASE UNIQUE);
CREATE TABLE single(k INTEGER PRIMARY KEY);
CREATE TABLE single_text(k TEXT PRIMARY KEY);
CREATE VIRTUAL TABLE words USING fts5(note, content='accounts', content_rowid='id');
CREATE VIEW expression_ids AS SELECT id FROM expression_index;
CREATE VIEW pairs_view AS SELECT a FROM pairs;
CREATE VIEW rich AS SELECT id FROM accounts WHERE balance > (SELECT avg(age) FROM people);
)";

// `accounts(1) X` or `accounts S`, in the order of the names.
std::string text_of(const Locks& locks) {
  std::ostringstream text;
  for (const Lock& lock : locks) {
    const bool is_primary = lock.name.key.empty() || lock.name.key.front() == '(';
    text << (text.tellp() > 0 ? ", " : "") << lock.name.table << (is_primary ? "" : " ") << lock.name.key << ' '
         << (lock.mode == LockMode::kExclusive ? 'X' : 'S');
  }
  return text.str();
}

struct Case {
  const char* name;
  const char* sql;
  std::vector<Value> parameters;
  const char* locks;
};

class Footprint : public SqliteStoreTest {
 protected:
  void check(const std::vector<Case>& cases) {
    create(kSchema);
    for (const Case& test : cases) {
      SCOPED_TRACE(std::string(test.name) + ": " + test.sql);
      const Execution execution = execute(test.sql, test.parameters);
      EXPECT_EQ(execution.failure.reason, AbortReason::kNone) << execution.failure.detail;
      EXPECT_EQ(text_of(execution.locks), test.locks);
    }
  }
};

const Value kOne = std::int64_t{1};

TEST_F(Footprint, AStatementThatChangesVeryManyRowsTakesItsTableExclusive) {
  create(kSchema);
  const auto insert = [](int rows) {
    std::string sql = "INSERT INTO plain_unique VALUES (100, 100)";
    for (int row = 101; row < 100 + rows; ++row) sql.append(", (").append(std::to_string(row)).append(", NULL)");
    return sql;
  };
  EXPECT_EQ(execute(insert(1000)).locks.size(), 1002U) << "each row, its key in the index unless it is NULL, the end";
  EXPECT_EQ(text_of(execute(insert(1001)).locks), "plain_unique X");
  EXPECT_EQ(text_of(execute("WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n LIMIT 1001) "
                            "INSERT INTO plain_unique SELECT i, i FROM n")
                        .locks),
            "plain_unique S, plain_unique X");
}

TEST_F(Footprint, ReadsTakeTheirTablesShared) {
  check({
      {"by half of the key", "SELECT v FROM pairs WHERE a = ?1", {"x"}, "pairs S"},
      {"all", "SELECT * FROM accounts", {}, "accounts S"},
      {"count", "SELECT count(*) FROM accounts", {}, "accounts S"},
      {"a constant of each row", "SELECT 1 FROM accounts", {}, "accounts S"},
      {"in other letters", "SELECT count(*) FROM ACCOUNTS", {}, "accounts S"},
      {"exists", "SELECT EXISTS (SELECT 1 FROM accounts)", {}, "accounts S"},
      {"a join", "SELECT 1 FROM accounts JOIN people ON age = balance", {}, "accounts S, people S"},
      {"a sub-select", "SELECT 1 WHERE 1 IN (SELECT id FROM accounts)", {}, "accounts S"},
      {"IN a table", "SELECT 1 WHERE 'x' IN pairs_view", {}, "pairs S"},
      {"a view", "SELECT * FROM rich", {}, "accounts S, people S"},
      {"the count of a view", "SELECT count(*) FROM rich", {}, "accounts S, people S"},
      {"a common table expression", "WITH c AS (SELECT id FROM accounts) SELECT * FROM c", {}, "accounts S"},
      {"one that is not read", "WITH c AS (SELECT 1 FROM accounts) SELECT count(*) FROM c", {}, "accounts S"},
      {"recursive",
       "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n, people WHERE i < 3) SELECT i FROM n",
       {},
       "people S"},
      {"a compound", "SELECT id FROM accounts UNION SELECT age FROM people", {}, "accounts S, people S"},
      {"no table", "SELECT ?1 + 1", {kOne}, ""},
      {"a table-valued function", "SELECT value FROM json_each('[1, 2]')", {}, ""},
      {"a full-text index of a table", "SELECT note FROM words WHERE rowid = 1", {}, " S"},
      {"one within a write",
       "UPDATE people SET age = (SELECT count(*) FROM words) WHERE name = 'none'",
       {},
       " S, people S"},
      {"the schema", "SELECT name FROM sqlite_schema", {}, ""},
  });
}

TEST_F(Footprint, AWriteByTheWholePrimaryKeyTakesTheKey) {
  check({
      {"update", "UPDATE accounts SET balance = balance - 1 WHERE id = ?1", {kOne}, "accounts(1) X"},
      {"no change of value", "UPDATE accounts SET balance = 100 WHERE id = 1", {}, "accounts(1) X"},
      {"not found", "UPDATE accounts SET balance = 0 WHERE id = ?1", {std::int64_t{9}}, "accounts(9) X"},
      {"negative", "DELETE FROM accounts WHERE id = -5", {}, "accounts(-5) X"},
      {"the other way round", "DELETE FROM accounts WHERE ?1 = id", {kOne}, "accounts(1) X"},
      {"more conditions",
       "UPDATE accounts SET balance = 0 WHERE balance >= ?2 AND id = ?1 AND (note = 'x' OR 1)",
       {kOne, kOne},
       "accounts(1) X"},
      {"a condition that is not met", "DELETE FROM accounts WHERE id = ?1 AND balance < 0", {kOne}, "accounts(1) X"},
      {"plain parameters", "UPDATE accounts SET balance = ? WHERE id = ?", {kOne, std::int64_t{2}}, "accounts(2) X"},
      {"named parameters",
       "UPDATE accounts SET balance = :b, note = :id WHERE id = :id",
       {kOne, std::int64_t{2}},
       "accounts(2) X"},
      {"a parameter with colons",
       "UPDATE accounts SET note = $a::b WHERE id = ? AND balance <> ? AND note <> ?",
       {kOne, std::int64_t{2}, std::int64_t{3}, std::int64_t{4}},
       "accounts(2) X"},
      {"a parameter with parentheses",
       "UPDATE accounts SET note = $a(?) WHERE id = ? AND balance <> @b::c(:d)",
       {kOne, std::int64_t{2}, std::int64_t{3}},
       "accounts(2) X"},
      {"letters behind a numbered parameter",
       "UPDATE accounts SET note = ?2 WHERE id = ?1AND balance <> ?3",
       {kOne, std::int64_t{2}, std::int64_t{3}},
       "accounts(1) X"},
      {"byte-order marks and vertical tabs",
       "\xEF\xBB\xBFUPDATE accounts SET note = ?\xEF\xBB\xBF WHERE \v\xEF\xBB\xBFid = ?",
       {kOne, std::int64_t{2}},
       "accounts(2) X"},
      {"a real that is whole", "DELETE FROM accounts WHERE id = ?1", {1.0}, "accounts(1) X"},
      {"an alias", "UPDATE accounts AS a SET balance = 0 WHERE a.id = 1", {}, "accounts(1) X"},
      {"its own name", "DELETE FROM accounts WHERE accounts.id = 1", {}, "accounts(1) X"},
      {"another name of its rowid", "DELETE FROM accounts WHERE _rowid_ = 1", {}, "accounts(1) X"},
      {"with RETURNING", "UPDATE accounts SET balance = 0 WHERE id = 1 RETURNING balance", {}, "accounts(1) X"},
      {"with a schema and an end", "DELETE FROM main.accounts WHERE id = 1;", {}, "accounts(1) X"},
      {"in other letters", "update Accounts set Balance = 0 where ID = 1 -- and more", {}, "accounts(1) X"},
      {"quoted", "UPDATE \"odd name\" SET \"select\" = 'b' WHERE \"the key\" = 1", {}, "odd name(1) X"},
      {"a changed key",
       "UPDATE accounts SET id = 7 WHERE id = 1",
       {},
       "accounts(1) X, accounts(7) X, accounts append S"},
      {"a text key, folded", "UPDATE people SET age = 1 WHERE name = ?1", {"ANN"}, "people('ann') X"},
      {"not found, folded", "DELETE FROM people WHERE name = 'It''S'", {}, "people('it''s') X"},
      {"trimmed", "DELETE FROM trimmed WHERE name = ?1", {"a "}, "trimmed('a') X"},
      {"two columns", "UPDATE pairs SET v = 2 WHERE b = ?2 AND a = ?1", {"x", kOne}, "pairs('x', 1) X"},
      {"a blob", "DELETE FROM untyped WHERE k = ?1", {blob("1")}, "untyped(x'31') X"},
      {"a text where types matter", "DELETE FROM untyped WHERE k = '1'", {}, "untyped('1') X"},
      {"an integer where types matter", "DELETE FROM untyped WHERE k = 1", {}, "untyped(1) X"},
      {"a real key", "DELETE FROM reals WHERE k = 1.5 AND v = 1", {}, "reals S, reals(1.5) X"},
      {"a real key by parameter", "DELETE FROM reals WHERE k = ?1", {1.5}, "reals(1.5) X"},
      {"a whole real key", "DELETE FROM reals WHERE k = ?1", {std::int64_t{2}}, "reals(2) X"},
      {"an integer that no real can be",
       "DELETE FROM reals WHERE k = ?1",
       {std::int64_t{9007199254740993}},
       "reals(9007199254740992) X"},
      {"the largest",
       "DELETE FROM accounts WHERE id = ?1",
       {std::numeric_limits<std::int64_t>::max()},
       "accounts(9223372036854775807) X"},
      {"an infinite real",
       "DELETE FROM accounts WHERE id = ?1",
       {std::numeric_limits<double>::infinity()},
       "accounts(inf) X"},
  });
}

TEST_F(Footprint, AWriteThatIsNotCertainlyByKeyTakesItsTableSharedToo) {
  check({
      {"no condition",
       "UPDATE accounts SET balance = 0",
       {},
       "accounts S, accounts(1) X, accounts(2) X, accounts(3) X"},
      {"no condition, no rows", "DELETE FROM ignoring WHERE 0", {}, "ignoring S"},
      {"delete all", "DELETE FROM accounts", {}, "accounts S, accounts(1) X, accounts(2) X, accounts(3) X"},
      {"a range", "DELETE FROM accounts WHERE id > 2", {}, "accounts S, accounts(3) X"},
      {"or", "DELETE FROM accounts WHERE id = 1 OR balance = 200", {}, "accounts S, accounts(1) X, accounts(2) X"},
      {"and or", "DELETE FROM accounts WHERE balance = 100 AND id = 1 OR 0", {}, "accounts S, accounts(1) X"},
      {"not", "DELETE FROM accounts WHERE NOT id = 1", {}, "accounts S, accounts(2) X, accounts(3) X"},
      {"between", "DELETE FROM accounts WHERE balance BETWEEN 1 AND id = 1", {}, "accounts S"},
      {"case",
       "DELETE FROM accounts WHERE id = 1 AND CASE WHEN 1 AND id = 1 THEN 1 END",
       {},
       "accounts S, accounts(1) X"},
      {"in", "DELETE FROM accounts WHERE id IN (1)", {}, "accounts S, accounts(1) X"},
      {"an expression", "DELETE FROM accounts WHERE id = ?1 + 0", {kOne}, "accounts S, accounts(1) X"},
      {"a text for a number", "DELETE FROM accounts WHERE id = ?1", {"1"}, "accounts S, accounts(1) X"},
      {"NULL", "DELETE FROM accounts WHERE id = ?1", {nullptr}, "accounts S"},
      {"a number for a text", "DELETE FROM people WHERE name = ?1", {kOne}, "people S"},
      {"another collation", "DELETE FROM people WHERE name = 'ann' COLLATE BINARY", {}, "people S"},
      {"a key with another order than its column",
       "UPDATE two_orders SET v = 2 WHERE k = 'A'",
       {},
       "two_orders S, two_orders('a') X"},
      {"half of the key", "DELETE FROM pairs WHERE a = 'x' AND b > 1", {}, "pairs S, pairs('x', 2) X"},
      {"a unique key", "UPDATE people SET age = 1 WHERE mail = 'bob@x'", {}, "people S, people('bob') X"},
      {"a sub-select",
       "DELETE FROM accounts WHERE id = 1 AND balance > (SELECT avg(age) FROM people)",
       {},
       "accounts S, accounts(1) X, people S"},
      {"a sub-select of itself",
       "DELETE FROM accounts WHERE id = 1 AND balance = (SELECT min(balance) FROM accounts)",
       {},
       "accounts S, accounts(1) X"},
      {"a table on the right of IN",
       "DELETE FROM accounts WHERE id = 1 AND 1 IN expression_ids",
       {},
       "accounts S, accounts(1) X, expression_index S"},
      {"UPDATE FROM",
       "UPDATE accounts SET balance = age FROM people WHERE id = 1 AND name = 'Ann'",
       {},
       "accounts S, accounts(1) X, people S"},
      {"OR IGNORE", "UPDATE OR IGNORE accounts SET id = 2 WHERE id = 1", {}, "accounts S"},
      {"OR REPLACE",
       "UPDATE OR REPLACE accounts SET id = 2 WHERE id = 1",
       {},
       "accounts S, accounts(1) X, accounts(2) X"},
      {"a schema that ignores", "UPDATE ignoring SET v = 2 WHERE id = 1", {}, "ignoring S, ignoring(1) X"},
      {"a common table expression before",
       "WITH c AS (SELECT 1) DELETE FROM accounts WHERE id = 1",
       {},
       "accounts S, accounts(1) X"},
      {"a limit", "DELETE FROM accounts WHERE id = 1 LIMIT 1", {}, "accounts S, accounts(1) X"},
      {"another index goes first",
       "DELETE FROM plain_unique INDEXED BY plain_unique_v WHERE id = 1 AND v = 10",
       {},
       "plain_unique S, plain_unique(1) X, plain_unique plain_unique_v(10) X"},
  });
}

TEST_F(Footprint, APlainInsertLocksLikeTheRowsThatItMakes) {
  check({
      {"a row",
       "INSERT INTO accounts VALUES (?1, ?2, NULL)",
       {std::int64_t{9}, kOne},
       "accounts(9) X, accounts append S"},
      {"with columns", "INSERT INTO accounts (balance, id) VALUES (?1, 9)", {kOne}, "accounts(9) X, accounts append S"},
      {"rows",
       "INSERT INTO accounts (id) VALUES (8), (?1)",
       {std::int64_t{9}},
       "accounts(8) X, accounts(9) X, accounts append S"},
      {"with RETURNING",
       "INSERT INTO accounts (id) VALUES (9) RETURNING id, note",
       {},
       "accounts(9) X, accounts append S"},
      {"functions of values",
       "INSERT INTO accounts VALUES (9, abs(?1), upper('a'))",
       {kOne},
       "accounts(9) X, accounts append S"},
      {"a computed key", "INSERT INTO accounts (id) VALUES (4 + 5)", {}, "accounts(9) X, accounts append X"},
      {"unique keys",
       "INSERT INTO people VALUES ('Cyd', 'C@x', 1)",
       {},
       "people('cyd') X, people sqlite_autoindex_people_2('C@x') X"},
      {"NULL in a unique key", "INSERT INTO people VALUES ('Cyd', NULL, 1)", {}, "people('cyd') X"},
      {"without rowid", "INSERT INTO pairs VALUES ('y', 1, 1)", {}, "pairs('y', 1) X"},
      {"a sub-select",
       "INSERT INTO accounts VALUES (9, (SELECT max(age) FROM people), '')",
       {},
       "accounts S, accounts(9) X, people S"},
      {"many rows and RETURNING",
       "INSERT INTO accounts (id) VALUES (7), (8), (9) RETURNING id IN (7, 8)",
       {},
       "accounts(7) X, accounts(8) X, accounts(9) X, accounts append S"},
      {"a view on the right of IN",
       "INSERT INTO expression_index VALUES (9, 1 IN expression_ids)",
       {},
       "expression_index S, expression_index X, expression_index(9) X"},
      {"a view of it on the right of IN in RETURNING",
       "INSERT INTO pairs VALUES ('y', 1, 1) RETURNING 'x' IN pairs_view",
       {},
       "pairs S, pairs('y', 1) X"},
      {"itself on the right of IN", "INSERT INTO single VALUES (?1 IN single)", {kOne}, "single S, single(0) X"},
      {"itself by another index",
       "INSERT INTO single_text VALUES ('a' IN single_text), ('b')",
       {},
       "single_text S, single_text('0') X, single_text('b') X"},
      {"IN hidden by a byte-order mark",
       "INSERT INTO pairs VALUES ('y', 1, ?1\xEF\xBB\xBFIN pairs_view)",
       {"x"},
       "pairs S, pairs('y', 1) X"},
      {"from a select",
       "INSERT INTO accounts (id) SELECT age FROM people",
       {},
       "accounts S, accounts(30) X, accounts(40) X, people S"},
      {"or ignore", "INSERT OR IGNORE INTO accounts (id) VALUES (1)", {}, "accounts S"},
      {"or replace", "INSERT OR REPLACE INTO accounts (id) VALUES (1)", {}, "accounts S, accounts(1) X"},
      {"replace", "REPLACE INTO accounts (id) VALUES (9)", {}, "accounts S, accounts(9) X"},
      {"replace by a unique key",
       "REPLACE INTO people VALUES ('Cyd', 'ann@x', 1)",
       {},
       "people S, people('ann') X, people('cyd') X, people sqlite_autoindex_people_2('ann@x') X"},
      {"do nothing", "INSERT INTO accounts (id) VALUES (1) ON CONFLICT DO NOTHING", {}, "accounts S"},
      {"upsert",
       "INSERT INTO accounts (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET balance = 0",
       {},
       "accounts S, accounts(1) X"},
      {"a schema that ignores", "INSERT INTO ignoring VALUES (1, 2)", {}, "ignoring S"},
  });
}

TEST_F(Footprint, UniqueKeysThatAreNotPlainTakeTheWholeTable) {
  check({
      {"partial", "UPDATE partial_index SET v = 2 WHERE id = 1", {}, "partial_index X, partial_index(1) X"},
      {"expression", "INSERT INTO expression_index VALUES (2, 'b')", {}, "expression_index X, expression_index(2) X"},
      {"a column that was added with a default", "DELETE FROM grown WHERE id = 1", {}, "grown X, grown(1) X"},
      {"both keys of a change",
       "UPDATE plain_unique SET v = 30 WHERE id = 1",
       {},
       "plain_unique(1) X, plain_unique plain_unique_v(10) X, plain_unique plain_unique_v(30) X"},
  });
}

TEST_F(Footprint, ALongKeyIsShortenedAndStaysItsOwn) {
  create(kSchema);
  const std::string long_name(100000, 'n');
  const Execution one = execute("DELETE FROM people WHERE name = ?1", {long_name + "1"});
  const Execution two = execute("DELETE FROM people WHERE name = ?1", {long_name + "2"});
  const Execution same = execute("DELETE FROM people WHERE name = ?1", {std::string(100000, 'N') + "1"});
  ASSERT_EQ(one.locks.size(), 1U);
  EXPECT_LT(one.locks[0].name.key.size(), 200U);
  EXPECT_NE(one.locks, two.locks);
  EXPECT_EQ(one.locks, same.locks);
}

TEST_F(Footprint, TextsWithANulAreNamedAsSqliteComparesThem) {
  const std::string lower("a\0x", 3);
  const std::string upper("A\0Y", 3);
  check({
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

TEST_F(Footprint, AFailureTakesWhatItLookedAtShared) {
  create(kSchema);
  const std::vector<Case> cases = {
      {"duplicate key", "INSERT INTO accounts (id) VALUES (1)", {}, "accounts S"},
      {"duplicate unique key", "UPDATE plain_unique SET v = 20 WHERE id = 1", {}, "plain_unique S"},
      {"at run time", "UPDATE accounts SET balance = abs(-9223372036854775808) WHERE id = 1", {}, "accounts S"},
      {"at run time, reading", "SELECT abs(-9223372036854775808) FROM accounts, people", {}, "accounts S, people S"},
      {"a type that cannot be", "INSERT INTO accounts (id) VALUES ('abc')", {}, "accounts S"},
      {"syntax", "SELECT FROM accounts", {}, ""},
      {"no such table", "SELECT * FROM nowhere", {}, ""},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.sql);
    const Execution execution = execute(test.sql, test.parameters);
    EXPECT_NE(execution.failure.reason, AbortReason::kNone);
    EXPECT_EQ(text_of(execution.locks), test.locks);
  }
}

}  // namespace
}  // namespace assent::participant
