// The lock of the largest INTEGER PRIMARY KEY, which SQLite reads to choose the next.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

using testing::Contains;
using testing::Not;

class AppendLock : public SqliteStoreTest {
 protected:
  void SetUp() override {
    create("CREATE TABLE t(id INTEGER PRIMARY KEY, v); INSERT INTO t(id) VALUES (1), (9), (10)");
  }

  Locks locks(const std::string& sql, const Value& parameter) { return execute(sql, {parameter}).locks; }

  const Lock table_{{"t", ""}, LockMode::kShared};
  const Lock chosen_{{"t", "append"}, LockMode::kExclusive};
};

// Else 9 could be removed, or 5 inserted, by a branch that did not touch the end then, and is undecided when 10 is gone
// and the next key is chosen by what is below it.
TEST_F(AppendLock, WhoRemovesTheLargestKeyHasTheTableToItself) {
  const std::string erase = "DELETE FROM t WHERE id = ?1";
  const std::string change = "UPDATE t SET id = 5 WHERE id = ?1";
  EXPECT_THAT(locks(erase, std::int64_t{10}), Contains(table_));
  EXPECT_THAT(locks(change, std::int64_t{10}), Contains(table_));
  EXPECT_THAT(locks(erase, std::int64_t{9}), Not(Contains(table_)));
  EXPECT_THAT(locks(change, std::int64_t{9}), Not(Contains(table_)));
}

TEST_F(AppendLock, NotANumberIsNullForWhichAKeyIsChosen) {
  const std::string insert = "INSERT INTO t(id) VALUES (?1)";
  EXPECT_THAT(locks(insert, nullptr), Contains(chosen_));
  EXPECT_THAT(locks(insert, std::numeric_limits<double>::quiet_NaN()), Contains(chosen_));
  EXPECT_THAT(locks(insert, 11.0), Not(Contains(chosen_)));
}

}  // namespace
}  // namespace assent::participant
