// Footprints against their meaning: two statements whose locks do not conflict do the same in either order.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "participant/core/lock_table.h"
#include "tests/sanitized.h"
#include "tests/unit/participant/store/random_sql.h"
#include "tests/unit/participant/store/reference_database.h"
#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

bool conflict(const Locks& some, const Locks& others) {
  LockTable table;
  static_cast<void>(table.request({.begin_stamp = 1, .id = transaction(1)}, some));
  return !table.request({.begin_stamp = 2, .id = transaction(2)}, others).granted;
}

Changes joined(Changes changes, const Changes& more) {
  changes.rows += more.rows;
  changes.bytes += more.bytes;
  return changes;
}

class Commuting : public SqliteStoreTest {
 protected:
  // As a whole branch, behind others: what only a commit checks is checked too.
  Execution run(const Statement& statement, const Changes& before) {
    return store_->execute({.id = {}, .before = before, .statements = {&statement, 1}, .is_last = true}).value();
  }

  // A statement, and what it does if no other one comes before.
  struct Alone {
    Statement statement;
    Execution execution;
  };

  void compare(const Alone& one, const Alone& other, const Changes& before) {
    if (conflict(one.execution.locks, other.execution.locks)) {
      ++conflicting_;
      return;
    }
    ++compared_;
    writing_ += one.execution.changes.empty() || other.execution.changes.empty() ? 0 : 1;
    SCOPED_TRACE(one.statement.sql + "\n" + other.statement.sql);
    const Changes after_one = joined(before, one.execution.changes);
    const Changes after_other = joined(before, other.execution.changes);
    expect_same(run(other.statement, after_one), other.execution, "the second behind the first");
    expect_same(run(one.statement, after_other), one.execution, "the first behind the second");
    EXPECT_EQ(all_rows(joined(after_one, other.execution.changes)),
              all_rows(joined(after_other, one.execution.changes)));
  }

  static void expect_same(const Execution& execution, const Execution& alone, const char* which) {
    EXPECT_EQ(execution.results, alone.results) << which;
    EXPECT_EQ(execution.changes, alone.changes) << which;
    EXPECT_EQ(execution.failure.reason, alone.failure.reason) << which;
    EXPECT_EQ(execution.failure.sqlite_extended_code, alone.failure.sqlite_extended_code) << which;
    EXPECT_EQ(execution.failure.detail, alone.failure.detail) << which;
  }

  std::vector<Rows> all_rows(const Changes& before) {
    std::vector<Statement> selects;
    for (const std::string& table : tables_) {
      selects.push_back(statement("SELECT * FROM " + table));
    }
    std::vector<Rows> all;
    for (StatementResult& result : execute(selects, before).results) {
      all.push_back(sorted(std::move(result.rows)));
    }
    return all;
  }

  void expect_plenty() const {
    const auto wanted = static_cast<int>(unless_sanitized(500));
    std::printf("%d pairs without a conflict, of %d both wrote; %d pairs with one\n", compared_, writing_,
                conflicting_);
    EXPECT_GT(compared_, wanted);
    EXPECT_GT(writing_, wanted / 4);
    EXPECT_GT(conflicting_, wanted);
  }

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

  // Some statements at a time on the same rows, each with each.
  void run_world(std::uint64_t seed) {
    constexpr int kRounds = 8;
    constexpr std::size_t kStatements = 12;
    RandomSql sql(seed);
    std::string schema;
    for (const std::string& text : runnable(sql.schema())) {
      schema += text + ";\n";
    }
    SCOPED_TRACE("ASSENT_SEED=" + std::to_string(seed) + "\n" + schema);
    store_.reset();
    folder_.clear();
    options_.recursive_triggers = sql.recursive_triggers();
    create(schema);
    tables_ = sql.tables();
    for (int round = 0; round < kRounds && !HasFailure(); ++round) {
      std::vector<Alone> drawn;
      const std::uint64_t table = sql.below(sql.tables().size());
      while (drawn.size() < kStatements) {
        // Most of them on one table, so that they meet.
        Alone alone{sql.below(4) == 0 ? sql.statement() : sql.statement_on(table), {}};
        alone.execution = run(alone.statement, {});
        const bool is_refused =
            alone.execution.failure.reason != AbortReason::kNone && alone.execution.failure.sqlite_extended_code == 0;
        // Whoever draws a number does something else each time.
        if (!is_refused && run(alone.statement, {}).changes == alone.execution.changes) {
          drawn.push_back(std::move(alone));
        }
      }
      for (auto one = drawn.begin(); one != drawn.end(); ++one) {
        for (auto other = drawn.begin(); other != one; ++other) {
          if (!one->execution.changes.empty() || !other->execution.changes.empty()) {
            compare(*one, *other, {});
          }
        }
      }
      const auto next =
          std::find_if(drawn.begin(), drawn.end(), [](const Alone& alone) { return !alone.execution.changes.empty(); });
      if (next != drawn.end()) {
        commit({next->statement});
      }
    }
  }

  std::vector<std::string> tables_;
  int compared_ = 0;
  int writing_ = 0;
  int conflicting_ = 0;
};

TEST_F(Commuting, StatementsWithoutAConflictDoTheSameInEitherOrder) {
  create(
      "CREATE TABLE a(id INTEGER PRIMARY KEY, u INTEGER UNIQUE, v TEXT);"
      "CREATE TABLE b(id INTEGER, u INTEGER, v TEXT, PRIMARY KEY (id)) WITHOUT ROWID; CREATE UNIQUE INDEX bu ON b(u);"
      "CREATE VIEW a_numbers AS SELECT u FROM a; CREATE VIEW b_numbers AS SELECT u FROM b");
  tables_ = {"a", "b"};
  Random random(20240607);
  const auto rounds = unless_sanitized(4000);
  for (std::size_t round = 0; round < rounds && !HasFailure(); ++round) {
    Changes rows;
    for (const Statement& fill :
         {random_statement(random), random_statement(random), random_statement(random), random_statement(random)}) {
      rows = joined(rows, execute({fill}, rows).changes);
    }
    const auto alone = [&](const Statement& statement) { return Alone{statement, run(statement, rows)}; };
    SCOPED_TRACE("round " + std::to_string(round));
    compare(alone(random_statement(random)), alone(random_statement(random)), rows);
  }
  expect_plenty();
}

TEST_F(Commuting, StatementsOnRandomSchemasDoToo) {
  run_worlds(60, [&](std::uint64_t seed) { run_world(seed); });
  expect_plenty();
}

}  // namespace
}  // namespace assent::participant
