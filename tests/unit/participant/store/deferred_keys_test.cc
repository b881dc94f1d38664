// Deferred foreign keys in the forms that SQLite takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

using testing::HasSubstr;

class DeferredKeysOfTables : public SqliteStoreTest {
 protected:
  Execution execute_last(std::string sql) {
    const std::vector<Statement> statements = {statement(std::move(sql))};
    auto execution = store_->execute({.id = transaction(1), .before = {}, .statements = statements, .is_last = true});
    EXPECT_TRUE(execution) << execution.error().message;
    return execution ? std::move(*execution) : Execution{};
  }
};

TEST_F(DeferredKeysOfTables, DeferrableBehindALaterColumnIsOfTheKeyBefore) {
  create(
      "CREATE TABLE p(i INTEGER PRIMARY KEY);"
      "CREATE TABLE c(i INTEGER PRIMARY KEY, p INTEGER REFERENCES p, v INTEGER DEFERRABLE INITIALLY DEFERRED)");
  EXPECT_EQ(execute_last("INSERT INTO c VALUES (1, 2, 3)").failure.sqlite_extended_code, SQLITE_CONSTRAINT_FOREIGNKEY);
}

TEST_F(DeferredKeysOfTables, AKeyOfAVirtualColumnIsRefused) {
  create(
      "CREATE TABLE p(i INTEGER PRIMARY KEY, v, g INTEGER AS (v + 1) UNIQUE); INSERT INTO p(i, v) VALUES (1, 1);"
      "CREATE TABLE c(i INTEGER PRIMARY KEY, p INTEGER REFERENCES p(g) DEFERRABLE INITIALLY DEFERRED)");
  for (const char* sql : {"INSERT INTO c VALUES (1, 2)", "DELETE FROM p"}) {
    EXPECT_THAT(execute_last(sql).failure.detail, HasSubstr("refers to no key of stored columns of `p`")) << sql;
  }
  EXPECT_EQ(execute_last("SELECT g FROM p").results.size(), 1U);
}

}  // namespace
}  // namespace assent::participant
