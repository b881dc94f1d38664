// Joins by USING and NATURAL, which read tables of which SQLite does not tell the authorizer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

using testing::Contains;
using testing::HasSubstr;

using JoinByName = SqliteStoreTest;

TEST_F(JoinByName, BothTablesAreLocked) {
  create(
      "CREATE TABLE a(id INTEGER PRIMARY KEY, v); CREATE TABLE b(id INTEGER PRIMARY KEY, v); CREATE TABLE cause(v);"
      "CREATE VIEW joined AS SELECT a.v FROM a JOIN b USING (id);"
      "CREATE TRIGGER reading AFTER INSERT ON cause BEGIN DELETE FROM cause WHERE v IN (SELECT v FROM joined); END");
  for (const char* sql :
       {"SELECT a.v FROM a JOIN b USING (id)", "SELECT * FROM a NATURAL JOIN b", "SELECT v FROM joined",
        "INSERT INTO cause SELECT a.v FROM a JOIN 'b' USING (id)", "INSERT INTO cause VALUES (1)"}) {
    for (const char* table : {"a", "b"}) {
      EXPECT_THAT(execute(sql).locks, Contains(Lock{{table, ""}, LockMode::kShared})) << sql;
    }
  }
}

TEST_F(JoinByName, TablesOfAssentAreRefused) {
  create("CREATE TABLE a(id TEXT PRIMARY KEY)");
  EXPECT_THAT(execute("SELECT a.id FROM a JOIN assent_branches USING (id)").failure.detail,
              HasSubstr("`assent_branches` is not a table of transactions"));
}

}  // namespace
}  // namespace assent::participant
