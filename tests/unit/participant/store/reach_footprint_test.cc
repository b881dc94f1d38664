// What a statement takes beyond what it names: of triggers, views, full-text indexes, failures; and what
// read-committed leaves out.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/participant/store/listed_footprints.h"

namespace assent::participant {
namespace {

class ReachFootprint : public ListedFootprints {};

TEST_F(ReachFootprint, ATriggerTakesWhatItReadsAndSearches) {
  create(
      "CREATE TABLE t(i INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 1), (9, 9);"
      "CREATE TABLE counted(k TEXT PRIMARY KEY, n); INSERT INTO counted VALUES ('all', 0);"
      "CREATE TABLE log(k TEXT PRIMARY KEY, v); CREATE TABLE other(i INTEGER PRIMARY KEY, v);"
      "INSERT INTO other VALUES (1, 1), (9, 9);"
      "CREATE TABLE insisting(k TEXT PRIMARY KEY ON CONFLICT REPLACE, v);"
      "CREATE TRIGGER searches AFTER INSERT ON t WHEN new.v = 'search' BEGIN"
      " UPDATE counted SET n = n + 1 WHERE k = 'all'; END;"
      "CREATE TRIGGER adds AFTER UPDATE OF v ON t BEGIN INSERT INTO log VALUES ('i' || new.i, new.v); END;"
      "CREATE TRIGGER reads BEFORE DELETE ON t BEGIN"
      " SELECT RAISE(ABORT, 'no') WHERE EXISTS (SELECT 1 FROM other WHERE i = old.v + 100); END;"
      "CREATE TABLE conditional(i INTEGER PRIMARY KEY); INSERT INTO conditional VALUES (9);"
      "CREATE TRIGGER if_other AFTER INSERT ON conditional WHEN (SELECT count(*) FROM other) > 5 BEGIN"
      " INSERT INTO log VALUES (new.i, 1); END;"
      "CREATE TABLE selecting(i INTEGER PRIMARY KEY); INSERT INTO selecting VALUES (9);"
      "CREATE TRIGGER from_other AFTER INSERT ON selecting BEGIN INSERT INTO log SELECT i, v FROM other; END;"
      "CREATE TABLE upserting(i INTEGER PRIMARY KEY); INSERT INTO upserting VALUES (9);"
      "CREATE TRIGGER upsert AFTER INSERT ON upserting BEGIN"
      " INSERT INTO counted VALUES ('all', 1) ON CONFLICT (k) DO UPDATE SET n = n + 1; END;"
      "CREATE TABLE replacing(i INTEGER PRIMARY KEY); INSERT INTO replacing VALUES (9);"
      "CREATE TRIGGER replace AFTER INSERT ON replacing BEGIN INSERT INTO insisting VALUES ('k', new.i); END;"
      "CREATE TABLE audited(i INTEGER PRIMARY KEY); INSERT INTO audited VALUES (1), (9);"
      "CREATE TRIGGER Audit AFTER INSERT ON audited BEGIN INSERT INTO log VALUES ('a' || new.i, 1); END;"
      "CREATE TRIGGER \"for get\" AFTER DELETE ON audited BEGIN DELETE FROM log WHERE k = 'a' || old.i; END;"
      "CREATE TABLE family(i INTEGER PRIMARY KEY); INSERT INTO family VALUES (1), (9);"
      "CREATE TABLE member(i INTEGER PRIMARY KEY, f REFERENCES family ON DELETE CASCADE);"
      "INSERT INTO member VALUES (1, 1), (9, 9);"
      "CREATE TRIGGER leave AFTER DELETE ON member BEGIN UPDATE counted SET n = n - 1 WHERE k = 'all'; END;"
      "CREATE TABLE chained(i INTEGER PRIMARY KEY); INSERT INTO chained VALUES (9);"
      "CREATE TRIGGER chain AFTER INSERT ON chained BEGIN UPDATE t SET v = 2 WHERE i = new.i; END");
  expect_locks({
      {"a search", "INSERT INTO t VALUES (5, 'search')", {}, "counted S, counted('all') X, t(5) X"},
      {"one that does not come to it", "INSERT INTO t VALUES (5, 5)", {}, "counted S, t(5) X"},
      {"a row that is added", "UPDATE t SET v = 7 WHERE i = 1", {}, "log('i1') X, t(1) X"},
      {"one that the statement tells to be ignored",
       "UPDATE OR IGNORE t SET v = 7 WHERE i = 1",
       {},
       "log S, log('i1') X, t S, t(1) X"},
      {"a read", "DELETE FROM t WHERE i = 1", {}, "other S, t(1) X"},
      {"a read in WHEN", "INSERT INTO conditional VALUES (5)", {}, "conditional(5) X, other S"},
      {"rows of a SELECT",
       "INSERT INTO selecting VALUES (5)",
       {},
       "log S, log('1') X, log('9') X, other S, selecting(5) X"},
      {"an upsert", "INSERT INTO upserting VALUES (5)", {}, "counted S, counted('all') X, upserting(5) X"},
      {"a table that replaces",
       "INSERT INTO replacing VALUES (5)",
       {},
       "insisting S, insisting('k') X, replacing(5) X"},
      {"an event that another trigger searches for", "INSERT INTO audited VALUES (5)", {}, "audited(5) X, log('a5') X"},
      {"that event", "DELETE FROM audited WHERE i = 1", {}, "audited(1) X, log S"},
      {"a trigger of a foreign key's action",
       "DELETE FROM family WHERE i = 1",
       {},
       "counted S, counted('all') X, family(1) X, member S, member(1) X"},
      {"a trigger of a trigger", "INSERT INTO chained VALUES (1)", {}, "chained(1) X, log('i1') X, t S, t(1) X"},
  });
}

constexpr const char* kReplaced =
    "CREATE TABLE replaced(i INTEGER PRIMARY KEY, v); INSERT INTO replaced VALUES (1, 1), (9, 9);"
    "CREATE TABLE gone(k TEXT PRIMARY KEY);"
    "CREATE TRIGGER forget AFTER DELETE ON replaced BEGIN DELETE FROM gone WHERE k = 'x'; END;";

TEST_F(ReachFootprint, ATriggerThatDoesNotFireWhenARowIsReplacedTakesNothing) {
  create(kReplaced);
  expect_locks({{"replaced", "REPLACE INTO replaced VALUES (1, 2)", {}, "replaced S, replaced(1) X"},
                {"removed", "DELETE FROM replaced WHERE i = 1", {}, "gone S, replaced(1) X"}});
}

TEST_F(ReachFootprint, ARecursiveTriggerTakesTheRowsOfEachRound) {
  options_.recursive_triggers = true;
  create(kReplaced +
         std::string(
             "CREATE TABLE t(i INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (9, 9);"
             "CREATE TRIGGER down AFTER INSERT ON t WHEN new.i > 1 BEGIN INSERT INTO t VALUES (new.i - 1, 1); END;"
             "CREATE TABLE tree(i INTEGER PRIMARY KEY, up); INSERT INTO tree VALUES (1, 0), (2, 1), (3, 2), (9, 9);"
             "CREATE TRIGGER fell AFTER DELETE ON tree BEGIN DELETE FROM tree WHERE up = old.i; END"));
  expect_locks({
      {"a row that is replaced", "REPLACE INTO replaced VALUES (1, 2)", {}, "gone S, replaced S, replaced(1) X"},
      {"rows that are added", "INSERT INTO t VALUES (3, 1)", {}, "t(1) X, t(2) X, t(3) X"},
      {"rows that are searched", "DELETE FROM tree WHERE i = 1", {}, "tree S, tree(1) X, tree(2) X, tree(3) X"},
  });
}

TEST_F(ReachFootprint, AViewTakesItsTablesAndWhatItsTriggersDo) {
  create(
      "CREATE TABLE t(i INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 1), (9, 9);"
      "CREATE TABLE u(i INTEGER PRIMARY KEY, v); INSERT INTO u VALUES (1, 1), (9, 9);"
      "CREATE VIEW both AS SELECT t.i AS i, t.v AS v, u.v AS w FROM t JOIN u ON u.i = t.i;"
      "CREATE VIEW outer_one AS SELECT i FROM both;"
      "CREATE TRIGGER bi INSTEAD OF INSERT ON both BEGIN INSERT INTO t VALUES (new.i, new.v); END;"
      "CREATE TRIGGER bu INSTEAD OF UPDATE ON both BEGIN UPDATE u SET v = new.w WHERE i = old.i; END;"
      "CREATE TRIGGER bd INSTEAD OF DELETE ON both BEGIN DELETE FROM t WHERE i = old.i; END");
  expect_locks({
      {"a read by what is a key below", "SELECT * FROM both WHERE i = 1", {}, "t S, u S"},
      {"a view of a view", "SELECT * FROM outer_one", {}, "t S, u S"},
      {"an insert", "INSERT INTO both VALUES (5, 5, 5)", {}, "t(5) X"},
      {"an update", "UPDATE both SET w = 2 WHERE i = 1", {}, "t S, u S, u(1) X"},
      {"a delete", "DELETE FROM both WHERE v = 1", {}, "t S, t(1) X, u S"},
  });
}

TEST_F(ReachFootprint, EachClauseThatReadsOrSearchesTakesItsTable) {
  create(
      "CREATE TABLE t(i INTEGER PRIMARY KEY, v, n DEFAULT 0); INSERT INTO t VALUES (1, 1, 0), (9, 9, 0);"
      "CREATE TABLE u(k TEXT PRIMARY KEY, v); INSERT INTO u VALUES ('a', 1);"
      "CREATE TABLE g(i INTEGER PRIMARY KEY, v, w AS (v * 2) STORED, x AS (v + 1)); INSERT INTO g VALUES (1, 1), (9, "
      "9)");
  expect_locks({
      {"an upsert that inserts",
       "INSERT INTO t VALUES (5, 5, 5) ON CONFLICT (i) DO UPDATE SET n = n + 1",
       {},
       "t S, t(5) X"},
      {"an upsert that updates",
       "INSERT INTO t VALUES (1, 5, 5) ON CONFLICT (i) DO UPDATE SET n = n + 1 RETURNING n",
       {},
       "t S, t(1) X"},
      {"INSERT … SELECT", "INSERT INTO t SELECT 5, v, v FROM u", {}, "t S, t(5) X, u S"},
      {"RETURNING of its own row", "INSERT INTO t VALUES (5, 5, 5) RETURNING i + n, v", {}, "t(5) X"},
      {"RETURNING of another table",
       "INSERT INTO t VALUES (5, 5, 5) RETURNING (SELECT v FROM u)",
       {},
       "t S, t(5) X, u S"},
      {"RETURNING of an update by key", "UPDATE t SET v = 2 WHERE i = 1 RETURNING *", {}, "t(1) X"},
      {"a common table expression of another table",
       "WITH c AS (SELECT v FROM u) UPDATE t SET v = 2 WHERE i IN (SELECT v FROM c)",
       {},
       "t S, t(1) X, u S"},
      {"a recursive one",
       "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 4) INSERT INTO t(i) SELECT i FROM n",
       {},
       "t S, t(2) X, t(3) X, t(4) X"},
      {"a generated column, by key", "UPDATE g SET v = 2 WHERE i = 1 AND w = 2 AND x = 2", {}, "g(1) X"},
      {"a generated column, searched", "UPDATE g SET v = 2 WHERE w = 2", {}, "g S, g(1) X"},
      {"a generated column, read by key", "SELECT w, x FROM g WHERE i = 1", {}, "g(1) S"},
  });
}

TEST_F(ReachFootprint, AVirtualTableTakesTheStore) {
  create(
      "CREATE TABLE t(i INTEGER PRIMARY KEY, note TEXT); INSERT INTO t VALUES (1, 'one'), (9, 'nine');"
      "CREATE VIRTUAL TABLE words USING fts5(note, content='t', content_rowid='i')");
  expect_locks({
      {"a row", "SELECT note FROM words WHERE rowid = 1", {}, " S"},
      {"a search", "SELECT rowid FROM words WHERE words MATCH 'one'", {}, " S"},
      {"one within a write", "UPDATE t SET note = (SELECT count(*) FROM words) WHERE i = 5", {}, " S, t S"},
  });
}

TEST_F(ReachFootprint, AFailureTakesWhatItLookedAtShared) {
  create(
      "CREATE TABLE t(i INTEGER PRIMARY KEY, u UNIQUE, n CHECK (n > 0)); INSERT INTO t VALUES (1, 10, 1), (2, 20, 2);"
      "CREATE TABLE other(i INTEGER PRIMARY KEY);"
      "CREATE TABLE p(i INTEGER PRIMARY KEY); INSERT INTO p VALUES (1), (9);"
      "CREATE TABLE c(i INTEGER PRIMARY KEY, p INTEGER REFERENCES p, n CHECK (n > 0));"
      "INSERT INTO c VALUES (1, 1, 1), (9, NULL, 1);"
      "CREATE TABLE guarded(i INTEGER PRIMARY KEY);"
      "CREATE TRIGGER guard BEFORE INSERT ON guarded BEGIN"
      " SELECT RAISE(ABORT, 'no') FROM p WHERE i = new.i; END");
  expect_locks_of_failures({
      {"a key that is there", "INSERT INTO t(i) VALUES (1)", {}, "t S"},
      {"a unique key that is there", "UPDATE t SET u = 20 WHERE i = 1", {}, "t S"},
      {"a check", "UPDATE t SET n = -1 WHERE i = 1", {}, "t S"},
      {"at run time", "UPDATE t SET n = abs(-9223372036854775808) WHERE i = 1", {}, "t S"},
      {"at run time, reading", "SELECT abs(-9223372036854775808) FROM t, p", {}, "p S, t S"},
      {"a type that cannot be", "INSERT INTO t(i) VALUES ('abc')", {}, "t S"},
      {"no parent", "INSERT INTO c VALUES (5, 77, 1)", {}, "c S, p S"},
      {"another parent that is not there", "UPDATE c SET p = 77 WHERE i = 9", {}, "c S, p S"},
      {"a check of a child whose parent stays", "UPDATE c SET n = -1 WHERE i = 1", {}, "c S"},
      {"children that are left", "DELETE FROM p WHERE i = 1", {}, "c S, p S"},
      {"by a trigger", "INSERT INTO guarded VALUES (1)", {}, "guarded S, p S"},
      {"syntax", "SELECT FROM t", {}, "sqlite_schema S"},
      {"no such table", "SELECT * FROM nowhere", {}, "sqlite_schema S"},
  });
  const Execution unexpected =
      execute({{.sql = "UPDATE t SET u = 30 WHERE i = 7", .parameters = {}, .expected_rows = 1}});
  EXPECT_NE(unexpected.failure.reason, AbortReason::kNone);
  EXPECT_EQ(text_of(unexpected.locks), "t(7) X") << "that it found nothing is an answer";
}

TEST_F(ReachFootprint, ReadCommittedTakesWhatItWritesAndNothingElse) {
  create(
      "CREATE TABLE p(i INTEGER PRIMARY KEY, u UNIQUE); INSERT INTO p VALUES (1, 'a'), (9, 'z');"
      "CREATE TABLE c(i INTEGER PRIMARY KEY, p INTEGER REFERENCES p, v); INSERT INTO c VALUES (1, 1, 1), (9, 1, 9);"
      "CREATE TABLE bare(a); INSERT INTO bare VALUES (1);"
      "CREATE TABLE t(i INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 1);"
      "CREATE TRIGGER search AFTER UPDATE ON t BEGIN UPDATE bare SET a = a WHERE a > 5; END;"
      "CREATE VIRTUAL TABLE words USING fts5(v, content='t', content_rowid='i')");
  const auto level = IsolationLevel::kReadCommitted;
  expect_locks(
      {
          {"a read", "SELECT * FROM c", {}, ""},
          {"a read by key", "SELECT * FROM c WHERE i = 1", {}, ""},
          {"a read by a key that is not certain", "SELECT * FROM c WHERE i = '1'", {}, ""},
          {"a virtual table", "SELECT v FROM words WHERE rowid = 1", {}, ""},
          {"a searched write", "UPDATE c SET v = 2 WHERE v = 1", {}, "c(1) X"},
          {"a write by key", "UPDATE c SET v = 2 WHERE i = 1", {}, "c(1) X"},
          {"a write by a key that is not there", "UPDATE c SET v = 2 WHERE i = 5", {}, "c(5) X"},
          {"the rows of a trigger", "UPDATE t SET v = 2 WHERE i = 1", {}, "t(1) X"},
          {"unique keys", "INSERT INTO p VALUES (5, 'e')", {}, "p(5) X, p sqlite_autoindex_p_1('e') X"},
          {"a parent's key", "INSERT INTO c VALUES (5, 1, 1)", {}, "c(5) X, p(1) S"},
          {"the children of a key",
           "DELETE FROM p WHERE i = 9",
           {},
           "c S, p S, p(9) X, p append S, p sqlite_autoindex_p_1('z') X"},
          {"the end of a table", "INSERT INTO c(v) VALUES (5)", {}, "c(10) X, c append X"},
          {"the end of a table, from a search", "INSERT INTO c(v) SELECT a FROM bare", {}, "c(10) X, c append X"},
          {"the end of a table, or a conflict", "INSERT OR IGNORE INTO c(v) VALUES (5)", {}, "c(10) X, c append X"},
          {"a table without a key", "INSERT INTO bare VALUES (2)", {}, "bare X"},
      },
      level);
  expect_locks_of_failures({{"an error shows what is committed", "INSERT INTO c VALUES (1, 1, 1)", {}, ""}}, level);
}

}  // namespace
}  // namespace assent::participant
