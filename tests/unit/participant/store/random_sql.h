// Random schemas of every kind of table, and random statements on them, for tests that compare.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "assent/value.h"

namespace assent::participant {

// Calls `run` with a seed for each of so many worlds until a check fails, and says which seeds. The environment
// variable ASSENT_SEED begins elsewhere than at 1, ASSENT_WORLDS runs more of them. Returns how many.
std::uint64_t run_worlds(std::uint64_t usual, const std::function<void(std::uint64_t seed)>& run);

class RandomSql {
 public:
  explicit RandomSql(std::uint64_t seed);

  // CREATE …, INSERT …, ALTER …: statements that SQLite runs in their order.
  const std::vector<std::string>& schema() const { return schema_; }
  // All tables, those of triggers too.
  const std::vector<std::string>& tables() const { return names_; }
  // Whether triggers fire on what they do themselves, in this world.
  bool recursive_triggers() const { return recursive_triggers_; }

  // Of a small world, so that statements meet: they may fail, but SQLite knows what they mean.
  Statement statement() { return statement_on(below(writable_.size())); }
  // On one table, or view: their number is taken around.
  Statement statement_on(std::uint64_t number);

  // Uniform, below `end`.
  std::uint64_t below(std::uint64_t end) { return random_() % end; }

 private:
  struct Table {
    std::string name;
    std::vector<std::string> key;     // empty: it has none
    std::vector<std::string> values;  // columns that can be written
    bool chooses_key = false;         // the key may be left out
    bool is_numbered = false;         // AUTOINCREMENT
    bool is_strict = false;
  };

  bool chance(int percent) { return below(100) < static_cast<std::uint64_t>(percent); }
  std::string pick(const std::vector<std::string>& from) { return from[below(from.size())]; }
  static std::string joined(const std::vector<std::string>& parts, const std::string& between = ", ");

  // Values: as literals, or as parameters.
  std::string integer();
  std::string text();
  std::string bound(Value value);
  std::string bound_text();
  std::string bound_value();
  std::string value();
  std::string unusual_key(const Table& table);
  std::string key_value(const Table& table, std::size_t column);     // that may be inserted
  std::string searched_key(const Table& table, std::size_t column);  // that may be looked for

  // The schema.
  void create_tables();
  void add_table(std::string kind, Table table, const std::string& key_columns, const std::string& suffix);
  void add_indexes(const Table& table, bool has_rows);
  void add_family();
  void add_triggers();
  void add_view();
  void fill();

  // Statements.
  std::string row(const Table& table, const std::vector<std::string>& columns);
  std::vector<std::string> some_columns(const Table& table);
  std::string key_condition(const Table& table, const std::string& prefix = "");
  std::string condition(const Table& table);
  std::string assignments(const Table& table);
  std::string insert(const Table& table);
  std::string conflict_clauses(const Table& table);
  std::string insert_from_query(const Table& table);
  std::string update(const Table& table);
  std::string swap(const Table& table);
  std::string erase(const Table& table);
  std::string select(const Table& table);

  std::mt19937_64 random_;
  bool recursive_triggers_ = false;
  bool binds_ = false;  // a schema has no parameters
  std::vector<std::string> schema_;
  std::vector<std::string> names_;
  std::vector<Table> writable_;  // also views
  std::vector<Value> parameters_;
};

}  // namespace assent::participant
