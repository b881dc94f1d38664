// The generator of random SQL against its own promise: what it may draw, it draws, and SQLite can run it.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "participant/store/connection.h"
#include "tests/unit/participant/store/random_sql.h"
#include "tests/unit/participant/store/reference_database.h"

namespace assent::participant {
namespace {

constexpr std::size_t kPage = 4096;

// Of a parameter, as it stands in the list of features.
std::string feature_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    return text->size() > kPage ? "a bound text beyond a page" : "a bound text";
  }
  if (const auto* real = std::get_if<double>(&value)) {
    return std::isnan(*real) ? "a bound NaN" : "a bound real";
  }
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    return *integer < 0 ? "a bound limit of 64 bits" : "a bound integer";
  }
  return std::holds_alternative<Blob>(value) ? "a bound blob" : "a bound NULL";
}

// Every feature, and how often it was met: a piece of text, or what feature_of() calls a value.
std::map<std::string, int> features() {
  return {
      {"recursive triggers", 0},
      {"PRIMARY KEY ON CONFLICT REPLACE", 0},
      {"PRIMARY KEY ON CONFLICT IGNORE", 0},
      {"PRIMARY KEY ON CONFLICT ABORT", 0},
      {"PRIMARY KEY ON CONFLICT FAIL", 0},
      {"PRIMARY KEY ON CONFLICT ROLLBACK", 0},
      {"UNIQUE ON CONFLICT ABORT", 0},
      {"UNIQUE ON CONFLICT FAIL", 0},
      {"UNIQUE ON CONFLICT ROLLBACK", 0},
      {"ON UPDATE SET DEFAULT", 0},
      {"ON UPDATE RESTRICT", 0},
      {"FOREIGN KEY (a, b) REFERENCES pair(i, t)", 0},
      {", oid", 0},
      {", rowid", 0},
      {", _rowid_", 0},
      {"_added_p", 0},
      {"_added_e", 0},
      {"_added_n", 0},
      {"_added_ab", 0},
      {"ON CONFLICT (t) DO UPDATE", 0},
      {"DO UPDATE SET b = excluded.b WHERE", 0},
      {"DO NOTHING ON CONFLICT DO UPDATE", 0},
      {"SET a = excluded.a ON CONFLICT DO NOTHING", 0},
      {"INSERT OR ABORT", 0},
      {"INSERT OR ROLLBACK", 0},
      {"UPDATE OR ROLLBACK", 0},
      {"DEFAULT VALUES", 0},
      {" FROM (SELECT count(*) AS m", 0},
      {"WITH c AS (SELECT a FROM parent) INSERT", 0},
      {"WITH c(x) AS (SELECT b FROM parent) UPDATE", 0},
      {"WITH c(x) AS (SELECT b FROM parent) DELETE", 0},
      {"FROM n WHERE x < 3) SELECT", 0},
      {"FROM n WHERE x < 3) INSERT", 0},
      {"(a, b) SELECT x,", 0},
      {"SET a = CASE a WHEN 1 THEN 2", 0},
      {"SET i = CASE i WHEN 1 THEN 2", 0},
      {"zeroblob(5000)", 0},
      {"a = ?1", 0},
      {"i = ?1", 0},
      {"t = ?1", 0},
      {"r = ?1", 0},
      {"n = ?1", 0},
      {"i = NULL", 0},
      {"i = 9223372036854775807", 0},
      {"a bound text", 0},
      {"a bound text beyond a page", 0},
      {"a bound real", 0},
      {"a bound NaN", 0},
      {"a bound blob", 0},
      {"a bound NULL", 0},
      {"a bound integer", 0},
      {"a bound limit of 64 bits", 0},
  };
}

void look_at(const std::string& sql, std::map<std::string, int>& met) {
  for (auto& [feature, count] : met) {
    count += sql.find(feature) == std::string::npos ? 0 : 1;
  }
}

TEST(RandomSql, DrawsEveryFeature) {
  constexpr std::uint64_t kSeeds = 150;
  constexpr int kStatements = 200;
  std::map<std::string, int> met = features();
  int drawn = 0;
  int compiled = 0;
  for (std::uint64_t seed = 1; seed <= kSeeds && !HasFailure(); ++seed) {
    RandomSql sql(seed);
    const std::vector<std::string> schema = runnable(sql.schema());
    for (const std::string& text : schema) {
      look_at(text, met);
    }
    met["recursive triggers"] += sql.recursive_triggers() ? 1 : 0;
    const ReferenceDatabase database(schema, sql.recursive_triggers());
    for (int count = 0; count < kStatements; ++count) {
      const Statement statement = sql.statement();
      sqlite3_stmt* prepared = nullptr;
      ++drawn;
      if (sqlite3_prepare_v2(database.handle(), statement.sql.c_str(), -1, &prepared, nullptr) != SQLITE_OK) {
        continue;
      }
      const StatementHandle handle(prepared);
      ++compiled;
      look_at(statement.sql, met);
      for (const Value& value : statement.parameters) {
        ++met[feature_of(value)];
      }
    }
  }
  for (const auto& [feature, count] : met) {
    EXPECT_GT(count, 0) << feature;
  }
  EXPECT_GT(compiled, drawn * 9 / 10);
}

}  // namespace
}  // namespace assent::participant
