// INSERT INTO t SELECT * FROM a table like t, which SQLite could do without a look at the rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

using testing::Contains;
using testing::HasSubstr;

using RowCopy = SqliteStoreTest;

TEST_F(RowCopy, TheTableThatIsCopiedIsLocked) {
  create(
      "CREATE TABLE source(id INTEGER PRIMARY KEY, v); CREATE TABLE copy(id INTEGER PRIMARY KEY, v);"
      "CREATE TABLE cause(v); CREATE TRIGGER copying AFTER INSERT ON cause BEGIN INSERT INTO copy SELECT * FROM "
      "source; "
      "END");
  const Lock source{{"source", ""}, LockMode::kShared};
  for (const char* sql : {"INSERT INTO copy SELECT * FROM source", "REPLACE INTO copy SELECT ALL * FROM source",
                          "INSERT INTO cause VALUES (1)"}) {
    EXPECT_THAT(execute(sql).locks, Contains(source)) << sql;
  }
}

TEST_F(RowCopy, DefaultsOfColumnsThatWereAddedLaterAreCopied) {
  create(
      "CREATE TABLE source(id INTEGER PRIMARY KEY); INSERT INTO source VALUES (1);"
      "ALTER TABLE source ADD COLUMN v DEFAULT 'v'; CREATE TABLE copy(id INTEGER PRIMARY KEY, v DEFAULT 'v')");
  commit("INSERT INTO copy SELECT * FROM source");
  EXPECT_EQ(read_outside(path(), "SELECT v FROM copy"), (Rows{{"v"}}));
}

TEST_F(RowCopy, TablesOfAssentAreNotCopied) {
  create("");
  const Rows declared = read_outside(path(), "SELECT sql FROM sqlite_schema WHERE name = 'assent_schema'");
  const auto& sql = std::get<std::string>(declared[0][0]);
  const auto applied = store_->apply_schema("CREATE TABLE copy" + sql.substr(sql.find('(')));
  ASSERT_TRUE(applied && applied->failure.empty());
  const Execution execution = execute("INSERT INTO copy SELECT * FROM assent_schema");
  EXPECT_THAT(execution.failure.detail, HasSubstr("belongs to Assent"));
}

TEST_F(RowCopy, AWriteWithoutReturningAnswersWithoutRows) {
  create("CREATE TABLE t(id INTEGER PRIMARY KEY, v)");
  const Execution execution =
      execute({statement("INSERT INTO t VALUES (1, 1), (2, 2)"), statement("UPDATE t SET v = 3"),
               statement("DELETE FROM t WHERE id = 1 RETURNING v")});
  ASSERT_EQ(execution.results.size(), 3U) << execution.failure.detail;
  EXPECT_EQ(execution.results[0].changed_rows, 2U);
  EXPECT_TRUE(execution.results[0].rows.empty());
  EXPECT_TRUE(execution.results[0].columns.empty());
  EXPECT_TRUE(execution.results[1].rows.empty());
  EXPECT_EQ(execution.results[2].rows, (Rows{{std::int64_t{3}}}));
}

}  // namespace
}  // namespace assent::participant
