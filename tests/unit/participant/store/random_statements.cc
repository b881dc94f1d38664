#include "tests/unit/participant/store/random_sql.h"

namespace assent::participant {

namespace {

// Of the values that were drawn for parameters, those that the statement came to use, numbered in their order.
Statement with_used_parameters(const std::string& sql, const std::vector<Value>& drawn) {
  Statement statement{.sql = {}, .parameters = {}, .expected_rows = {}};
  for (std::size_t at = 0; at < sql.size();) {
    if (sql[at] != '?') {
      statement.sql += sql[at++];
      continue;
    }
    std::size_t digits = 0;
    statement.parameters.push_back(drawn.at(std::stoul(sql.substr(at + 1), &digits) - 1));
    statement.sql += '?' + std::to_string(statement.parameters.size());
    at += 1 + digits;
  }
  return statement;
}

}  // namespace

Statement RandomSql::statement_on(std::uint64_t number) {
  parameters_.clear();
  const Table& table = writable_[number % writable_.size()];
  std::string sql;
  switch (below(10)) {
    case 0:
    case 1:
    case 2:
    case 3: sql = insert(table); break;
    case 4:
    case 5:
    case 6: sql = update(table); break;
    case 7: sql = erase(table); break;
    default: sql = select(table); break;
  }
  return with_used_parameters(sql, parameters_);
}

std::string RandomSql::row(const Table& table, const std::vector<std::string>& columns) {
  std::vector<std::string> values;
  for (const std::string& column : columns) {
    bool is_key = false;
    for (std::size_t place = 0; place < table.key.size(); ++place) {
      if (table.key[place] == column) {
        values.push_back(key_value(table, place));
        is_key = true;
      }
    }
    if (!is_key) {
      values.push_back(value());
    }
  }
  return joined(values);
}

std::vector<std::string> RandomSql::some_columns(const Table& table) {
  std::vector<std::string> columns;
  if (!table.chooses_key || chance(60)) {
    columns = table.key;
  }
  for (const std::string& column : table.values) {
    if (chance(80) || columns.empty()) {
      columns.push_back(column);
    }
  }
  return columns;
}

std::string RandomSql::key_condition(const Table& table, const std::string& prefix) {
  std::vector<std::string> terms;
  for (std::size_t place = 0; place < table.key.size(); ++place) {
    terms.push_back(prefix + table.key[place] + " = " + searched_key(table, place));
  }
  if (terms.empty()) {
    const bool has_rowid = table.name.front() == 't' && prefix.empty();
    return has_rowid && chance(50) ? "_rowid_ = " + integer() : "a = " + value();
  }
  return joined(terms, " AND ");
}

std::string RandomSql::condition(const Table& table) {
  switch (below(9)) {
    case 0:
    case 1:
    case 2:
    case 3: return key_condition(table);
    case 4: return key_condition(table) + " AND b > " + value();
    case 5: return "a " + pick({"=", ">", "<>", "IS"}) + " " + value();
    case 6: return "b IN (SELECT a FROM " + pick(names_) + ")";
    case 7: return "b " + pick({"=", "<", "IS NOT"}) + " " + value() + " OR " + key_condition(table);
    default: return "1";
  }
}

std::string RandomSql::assignments(const Table& table) {
  const bool is_key = !table.key.empty() && chance(20);
  if (is_key) {
    const std::size_t place = below(table.key.size());
    return table.key[place] + " = " + (table.chooses_key ? pick({integer(), "i + 1"}) : key_value(table, place));
  }
  return pick(table.values) + " = " + pick({value(), value(), value(), "a", "b", "b + 1", "a || 'x'"}) +
         (chance(30) ? ", b = " + value() : "");
}

std::string RandomSql::insert(const Table& table) {
  const std::vector<std::string> columns = some_columns(table);
  const std::string into = " INTO " + table.name + "(" + joined(columns) + ")";
  const std::string values = " VALUES (" + row(table, columns) + ")";
  const std::string more = table.is_numbered ? "" : ", (" + row(table, columns) + ")";
  // A row that is skipped takes a number, and does not show it: of numbered tables one row at a time.
  switch (below(table.is_numbered ? 9 : 14)) {
    case 0: return "INSERT OR IGNORE" + into + values;
    case 1: return "INSERT OR REPLACE" + into + values;
    case 2: return "REPLACE" + into + values;
    // One row: where STRICT types fail within several, SQLite 3.40 keeps those before.
    case 3: return "INSERT OR " + pick({"ROLLBACK", "ABORT"}) + into + values;
    case 4:
    case 5: return "INSERT" + into + values + conflict_clauses(table);
    case 6: return "INSERT" + into + values + more + " RETURNING a, b";
    case 7: return "INSERT INTO " + table.name + " DEFAULT VALUES";
    case 9:
    case 10: return insert_from_query(table);
    default: return "INSERT" + into + values + (chance(20) ? more : "");
  }
}

std::string RandomSql::conflict_clauses(const Table& table) {
  const std::string target = table.key.empty() ? "(a)" : "(" + joined(table.key) + ")";
  switch (below(6)) {
    case 0: return " ON CONFLICT DO NOTHING";
    case 1: return " ON CONFLICT DO UPDATE SET " + assignments(table);
    case 2: return " ON CONFLICT DO UPDATE SET b = excluded.b WHERE " + condition(table);
    case 3: return " ON CONFLICT " + target + " DO UPDATE SET " + assignments(table);
    case 4: return " ON CONFLICT " + target + " DO NOTHING ON CONFLICT DO UPDATE SET " + assignments(table);
    default: return " ON CONFLICT " + target + " DO UPDATE SET a = excluded.a ON CONFLICT DO NOTHING";
  }
}

std::string RandomSql::insert_from_query(const Table& table) {
  const std::vector<std::string> columns = some_columns(table);
  const std::string into = "INSERT INTO " + table.name;
  const std::string insert = into + "(" + joined(columns) + ") SELECT " + row(table, columns);
  const std::string numbers =
      "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < " + integer() + ") ";
  const std::string other = pick(names_);
  switch (below(5)) {
    case 0: return numbers + insert + " FROM n";
    // Rows that differ, also in the keys that they are given, or that SQLite chooses.
    case 1: return numbers + into + "(a, b) SELECT x, " + value() + " FROM n";
    case 2:
      return numbers + into + "(" + pick(table.key.empty() ? table.values : table.key) + ", " + table.values.front() +
             ") SELECT x + " + integer() + ", x FROM n WHERE x <> " + integer();
    case 3: return "WITH c AS (SELECT a FROM " + other + ") " + insert + " FROM c WHERE a > 2";
    default: return insert + " FROM " + other + " WHERE " + pick({"1", "a > 2"});
  }
}

// Two values of a column change places: a UNIQUE index is in the way half-way, whichever row comes first.
std::string RandomSql::swap(const Table& table) {
  const bool is_key = chance(40) && !table.key.empty() && table.key.front() == "i";
  const std::string column = is_key ? "i" : "a";
  return "UPDATE " + pick({"", "OR IGNORE "}) + table.name + " SET " + column + " = CASE " + column +
         " WHEN 1 THEN 2 ELSE 1 END WHERE " + column + " IN (1, 2)";
}

std::string RandomSql::update(const Table& table) {
  if (chance(8)) {
    return swap(table);
  }
  const std::string other = pick(names_);
  if (chance(8)) {
    return "UPDATE " + table.name + " SET b = y.m FROM (SELECT count(*) AS m FROM " + other + ") AS y WHERE " +
           condition(table);
  }
  if (chance(8)) {
    return "WITH c(x) AS (SELECT b FROM " + other + ") UPDATE " + table.name + " SET " + assignments(table) +
           " WHERE a IN (SELECT x FROM c)";
  }
  const std::string verb = "UPDATE " + pick({"", "", "", "", "OR IGNORE ", "OR REPLACE ", "OR ABORT ", "OR ROLLBACK "});
  const std::string what = table.name + " SET " + assignments(table) + " WHERE " + condition(table);
  return verb + what + (chance(15) ? " RETURNING *" : "");
}

std::string RandomSql::erase(const Table& table) {
  if (chance(5)) {
    return "DELETE FROM " + table.name;
  }
  if (chance(10)) {
    return "WITH c(x) AS (SELECT b FROM " + pick(names_) + ") DELETE FROM " + table.name +
           " WHERE a IN (SELECT x FROM c)";
  }
  return "DELETE FROM " + table.name + " WHERE " + condition(table) + (chance(10) ? " RETURNING b" : "");
}

std::string RandomSql::select(const Table& table) {
  switch (below(8)) {
    case 7:
      return "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 3) SELECT x, q.b FROM n JOIN " +
             table.name + " AS q ON q.a = x";
    case 0: return "SELECT count(*), max(b) FROM " + table.name;
    case 1:
      return "WITH c AS (SELECT a, b FROM " + table.name + ") SELECT * FROM c WHERE " +
             condition({.name = "c", .key = {}, .values = {"a"}});
    case 2: return "SELECT x.a, y.b FROM " + table.name + " AS x JOIN " + pick(names_) + " AS y ON x.a = y.a";
    case 3: return "SELECT * FROM " + table.name + " WHERE " + condition(table);
    default: return "SELECT * FROM " + table.name + " AS q WHERE " + key_condition(table, "q.");
  }
}

}  // namespace assent::participant
