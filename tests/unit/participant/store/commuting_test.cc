// Footprints against their meaning: two statements whose locks do not conflict do the same in either order.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

bool is_table(const LockName& name) {
  return name.key.empty();
}

// As the lock table holds it, with intentions above keys.
bool conflict(const Lock& one, const Lock& other) {
  if (one.name.table != other.name.table || (one.mode == LockMode::kShared && other.mode == LockMode::kShared)) {
    return false;
  }
  return one.name == other.name || is_table(one.name) || is_table(other.name);
}

bool conflict(const Locks& some, const Locks& others) {
  return std::any_of(some.begin(), some.end(), [&](const Lock& one) {
    return std::any_of(others.begin(), others.end(), [&](const Lock& other) { return conflict(one, other); });
  });
}

class Commuting : public SqliteStoreTest {
 protected:
  using Random = std::mt19937_64;

  static std::string number(Random& random) { return std::to_string(random() % 6); }

  static std::string condition(Random& random) {
    switch (random() % 9) {
      case 0: return "id = " + number(random);
      case 1: return "id = " + number(random) + " AND u > " + number(random);
      case 2: return number(random) + " = id AND (u = 1 OR v = 'x')";
      case 3: return "id = " + number(random) + " OR u = " + number(random);
      case 4: return "u = " + number(random);
      case 5: return "id > " + number(random);
      case 6: return "id = " + number(random) + " AND NOT id = " + number(random);
      case 7: return "id = " + number(random) + " AND u IN (SELECT id FROM b)";
      default: return "v = 'x'";
    }
  }

  static Statement random_statement(Random& random) {
    const std::string table = random() % 4 == 0 ? "b" : "a";
    switch (random() % 12) {
      case 0:
        return statement("INSERT INTO " + table + " VALUES (" + number(random) + ", " + number(random) + ", 'x')");
      case 8:
        return statement("INSERT INTO " + table + " VALUES (" + number(random) + ", " + number(random) +
                         ", 'x') RETURNING " + number(random) + " IN " + table + "_numbers");
      case 9:
        return statement("INSERT INTO " + table + "('v', 'u', \"id\") VALUES (" + number(random) + " IN b_numbers, " +
                         number(random) + ", " + number(random) + ")");
      case 10:
        return statement("UPDATE " + table + " SET v = $v::new WHERE id = @id AND u <> ?",
                         {"named", static_cast<std::int64_t>(random() % 6), static_cast<std::int64_t>(random() % 6)});
      case 1: return statement("INSERT OR IGNORE INTO " + table + " VALUES (" + number(random) + ", NULL, 'y')");
      case 2:
        return statement("REPLACE INTO " + table + " VALUES (" + number(random) + ", " + number(random) + ", 'z')");
      case 3: return statement("DELETE FROM " + table + " WHERE " + condition(random));
      case 4: return statement("UPDATE " + table + " SET u = u + 1 WHERE " + condition(random));
      case 5: return statement("UPDATE " + table + " SET id = id + 1 WHERE " + condition(random));
      case 6: return statement("UPDATE " + table + " SET v = v || u WHERE " + condition(random) + " RETURNING id, v");
      case 7: return statement("SELECT * FROM " + table + " WHERE " + condition(random));
      default:
        return statement("INSERT INTO " + table + " SELECT id + 1, u + 1, 'from' FROM b WHERE " + condition(random));
    }
  }
};

TEST_F(Commuting, StatementsWithoutAConflictDoTheSameInEitherOrder) {
  create(
      "CREATE TABLE a(id INTEGER PRIMARY KEY, u INTEGER UNIQUE, v TEXT);"
      "CREATE TABLE b(id INTEGER, u INTEGER, v TEXT, PRIMARY KEY (id)) WITHOUT ROWID; CREATE UNIQUE INDEX bu ON b(u);"
      "CREATE VIEW a_numbers AS SELECT u FROM a; CREATE VIEW b_numbers AS SELECT u FROM b");
  const Statement all_a = statement("SELECT * FROM a ORDER BY id");
  const Statement all_b = statement("SELECT * FROM b ORDER BY id");
  Random random(20240607);
  int compared = 0;
  int conflicting = 0;
  for (int round = 0; round < 4000; ++round) {
    Changes rows;
    for (const Statement& fill :
         {random_statement(random), random_statement(random), random_statement(random), random_statement(random)}) {
      const auto filled = execute({fill}, rows);
      rows.bytes += filled.changes.bytes;
      rows.rows += filled.changes.rows;
    }
    const Statement first = random_statement(random);
    const Statement second = random_statement(random);
    SCOPED_TRACE("round " + std::to_string(round) + ": " + first.sql + " | " + second.sql);
    const auto alone = [&](const Statement& statement) { return execute({statement}, rows); };
    const Execution first_alone = alone(first);
    const Execution second_alone = alone(second);
    if (conflict(first_alone.locks, second_alone.locks)) {
      ++conflicting;
      continue;
    }
    ++compared;
    const Execution forth = execute({first, second, all_a, all_b}, rows);
    const Execution back = execute({second, first, all_a, all_b}, rows);
    if (first_alone.failure.reason != AbortReason::kNone || second_alone.failure.reason != AbortReason::kNone) {
      EXPECT_NE(forth.failure.reason, AbortReason::kNone);
      EXPECT_NE(back.failure.reason, AbortReason::kNone);
      continue;
    }
    ASSERT_EQ(forth.results.size(), 4U) << forth.failure.detail;
    ASSERT_EQ(back.results.size(), 4U) << back.failure.detail;
    EXPECT_EQ(forth.results[0], first_alone.results[0]);
    EXPECT_EQ(forth.results[1], second_alone.results[0]);
    EXPECT_EQ(back.results[0], second_alone.results[0]);
    EXPECT_EQ(back.results[1], first_alone.results[0]);
    EXPECT_EQ(forth.results[2], back.results[2]);
    EXPECT_EQ(forth.results[3], back.results[3]);
  }
  EXPECT_GT(compared, 500);
  EXPECT_GT(conflicting, 500);
}

}  // namespace
}  // namespace assent::participant
