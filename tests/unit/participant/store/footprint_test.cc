// Which statement takes exactly which locks: what is read and written by key, and what takes its table.
#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "tests/unit/participant/store/listed_footprints.h"

namespace assent::participant {
namespace {

constexpr const char* kFootprintSchema = R"(
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
CREATE TABLE expression_index(id INTEGER PRIMARY KEY, v TEXT);
CREATE UNIQUE INDEX expression_v ON expression_index(lower(v));
INSERT INTO expression_index VALUES (1, 'A');
CREATE TABLE ignoring(id INTEGER PRIMARY KEY ON CONFLICT IGNORE, v INTEGER);
INSERT INTO ignoring VALUES (1, 1);
CREATE TABLE plain_unique(id INTEGER PRIMARY KEY, v INTEGER);
CREATE UNIQUE INDEX plain_unique_v ON plain_unique(v);
INSERT INTO plain_unique VALUES (1, 10), (2, 20);
CREATE TABLE "odd name"("the key" INTEGER PRIMARY KEY, "select" TEXT);
INSERT INTO "odd name" VALUES (1, 'a');
CREATE TABLE single(k INTEGER PRIMARY KEY);
CREATE TABLE single_text(k TEXT PRIMARY KEY);
CREATE VIEW expression_ids AS SELECT id FROM expression_index;
CREATE VIEW pairs_view AS SELECT a FROM pairs;
CREATE VIEW rich AS SELECT id FROM accounts WHERE balance > (SELECT avg(age) FROM people);
)";

class Footprint : public ListedFootprints {
 protected:
  void check(const std::vector<ListedStatement>& list) {
    create(kFootprintSchema);
    expect_locks(list);
  }
};

const Value kOne = std::int64_t{1};

TEST_F(Footprint, ReadsTakeTheirTablesShared) {
  check({
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
      {"the schema", "SELECT name FROM sqlite_schema", {}, "sqlite_schema S"},
  });
}

TEST_F(Footprint, AReadByTheWholePrimaryKeyTakesTheKeyShared) {
  check({
      {"a row", "SELECT balance FROM accounts WHERE id = ?1", {kOne}, "accounts(1) S"},
      {"not found", "SELECT * FROM accounts WHERE id = 9", {}, "accounts(9) S"},
      {"a condition that is not met", "SELECT * FROM accounts WHERE id = 1 AND balance < 0", {}, "accounts(1) S"},
      {"an alias", "SELECT a.note FROM accounts AS a WHERE a.id = 1", {}, "accounts(1) S"},
      {"its rowid", "SELECT note FROM accounts WHERE rowid = 1", {}, "accounts(1) S"},
      {"a count", "SELECT count(*) FROM accounts WHERE id = 1", {}, "accounts(1) S"},
      {"an order and a limit", "SELECT * FROM accounts WHERE id = 1 ORDER BY note LIMIT 1", {}, "accounts(1) S"},
      {"folded", "SELECT age FROM people WHERE name = 'ANN'", {}, "people('ann') S"},
      {"two columns", "SELECT v FROM pairs WHERE a = ?1 AND b = ?2", {"x", kOne}, "pairs('x', 1) S"},
      {"a text for a number", "SELECT * FROM accounts WHERE id = ?1", {"1"}, "accounts S"},
      {"NULL", "SELECT * FROM accounts WHERE id = ?1", {nullptr}, "accounts S"},
      {"half of the key", "SELECT v FROM pairs WHERE a = ?1", {"x"}, "pairs S"},
      {"or", "SELECT * FROM accounts WHERE id = 1 OR balance = 7", {}, "accounts S"},
      {"another collation", "SELECT * FROM people WHERE name = 'ann' COLLATE BINARY", {}, "people S"},
      {"a sub-select of itself",
       "SELECT * FROM accounts WHERE id = 1 AND balance = (SELECT max(balance) FROM accounts)",
       {},
       "accounts S"},
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

}  // namespace
}  // namespace assent::participant
