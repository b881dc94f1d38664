#include "tests/unit/participant/store/random_sql.h"

#include <cstdlib>
#include <utility>

namespace assent::participant {

namespace {

std::string joined(const std::vector<std::string>& parts, const std::string& between = ", ") {
  std::string text;
  for (const std::string& part : parts) {
    text += (text.empty() ? "" : between) + part;
  }
  return text;
}

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

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

RandomSql::RandomSql(std::uint64_t seed) : random_(seed) {
  create_tables();
  add_family();
  fill();
  add_view();
  add_triggers();
}

std::string RandomSql::integer() {
  return std::to_string(below(7));
}

std::string RandomSql::text() {
  return pick({"'a'", "'A'", "'a '", "'b'", "'B '", "'it''s'", "''", "'1'", "'1.0'"});
}

std::string RandomSql::value() {
  switch (below(12)) {
    case 0: return "NULL";
    case 1: return text();
    case 2: return pick({"1.0", "0.5", "-2.5e3", "9e999", "-9e999"});
    case 3: return pick({"x''", "x'00ff'", "zeroblob(3)"});
    case 4: return pick({"9223372036854775807", "-9223372036854775808", "9007199254740993"});
    case 5: parameters_.emplace_back(std::string("n\0ul", 4)); return "?" + std::to_string(parameters_.size());
    case 6:
      parameters_.emplace_back(static_cast<std::int64_t>(below(7)));
      return "?" + std::to_string(parameters_.size());
    case 7: parameters_.emplace_back(nullptr); return "?" + std::to_string(parameters_.size());
    default: return integer();
  }
}

std::string RandomSql::key_value(const Table& table, std::size_t column) {
  // Behind the largest number there is none that AUTOINCREMENT could give, and else one at random.
  if (chance(4) && !table.chooses_key) {
    return value();
  }
  if (table.key[column].front() == 't') {
    return text();
  }
  return chance(20) ? std::to_string(below(30)) : integer();
}

// ---- the schema ----

void RandomSql::create_tables() {
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"i INTEGER PRIMARY KEY", "i"},
      {"i INTEGER PRIMARY KEY AUTOINCREMENT", "i"},
      {"t TEXT PRIMARY KEY", "t"},
      {"t TEXT NOT NULL COLLATE NOCASE PRIMARY KEY", "t"},
      {"t TEXT COLLATE RTRIM PRIMARY KEY", "t"},
      {"t TEXT, i INTEGER, PRIMARY KEY (i, t)", "it"},
      {"", ""},
      {"r REAL PRIMARY KEY", "r"},
      {"n PRIMARY KEY", "n"},
  };
  for (int number = 0; number < 3; ++number) {
    const auto& [columns, key] = kinds[below(kinds.size())];
    Table table{.name = "t" + std::to_string(number), .key = {}, .values = {}};
    for (const char letter : key) {
      table.key.emplace_back(1, letter);
    }
    table.is_numbered = columns.find("AUTOINCREMENT") != std::string::npos;
    table.chooses_key = key == "i" && columns.find("INTEGER PRIMARY KEY") != std::string::npos;
    const bool without_rowid = !key.empty() && !table.is_numbered && chance(30);
    table.chooses_key = table.chooses_key && !without_rowid;
    // Constraints with columns come behind all columns.
    const bool is_composite = columns.find(", PRIMARY") != std::string::npos;
    const std::string first = is_composite ? "t TEXT, i INTEGER" : columns;
    add_table(first, std::move(table), is_composite ? ", PRIMARY KEY (i, t)" : "",
              without_rowid ? " WITHOUT ROWID" : "");
  }
}

void RandomSql::add_table(std::string kind, Table table, const std::string& key_columns, const std::string& suffix) {
  std::vector<std::string> columns;
  if (!kind.empty()) {
    columns.push_back(std::move(kind));
  }
  const bool is_strict = table.is_strict = chance(15) && table.key != std::vector<std::string>{"n"};
  for (const std::string name : {"a", "b"}) {
    table.values.push_back(name);
    const std::string type =
        is_strict ? pick({"INTEGER", "TEXT", "ANY", "REAL"}) : pick({"INTEGER", "TEXT", "", "REAL", "NUMERIC", "BLOB"});
    columns.push_back(name + " " + type +
                      pick({"", "", "", " UNIQUE", " DEFAULT 3", " NOT NULL DEFAULT 'x'", " COLLATE NOCASE",
                            " CHECK (typeof(" + name + ") <> 'blob')", " UNIQUE ON CONFLICT REPLACE",
                            " UNIQUE COLLATE NOCASE", table.is_numbered ? "" : " NOT NULL ON CONFLICT IGNORE"}));
  }
  if (chance(30)) {
    columns.push_back(
        std::string(is_strict ? "g ANY" : "g") +
        pick({" AS (a || '!')", " AS (a + 1) STORED", " AS (length(b)) UNIQUE", " AS (a || b) STORED UNIQUE"}));
  }
  if (chance(15)) {
    columns.push_back(std::string(is_strict ? "rowid ANY" : "rowid"));
    table.values.emplace_back("rowid");
  }
  schema_.push_back("CREATE TABLE " + table.name + "(" + joined(columns) + key_columns + ")" +
                    (is_strict ? (suffix.empty() ? " STRICT" : suffix + ", STRICT") : suffix));
  names_.push_back(table.name);
  add_indexes(table, false);
  writable_.push_back(std::move(table));
}

void RandomSql::add_indexes(const Table& table, bool has_rows) {
  const std::string on = " ON " + table.name;
  const std::string unique = has_rows ? "INDEX " : "UNIQUE INDEX ";
  switch (below(7)) {
    case 0: schema_.push_back("CREATE " + unique + table.name + "_p" + on + "(a) WHERE b > 2"); break;
    case 1: schema_.push_back("CREATE " + unique + table.name + "_e" + on + "(lower(a), b)"); break;
    case 2: schema_.push_back("CREATE INDEX " + table.name + "_n" + on + "(b COLLATE NOCASE, a)"); break;
    case 3: schema_.push_back("CREATE " + unique + table.name + "_ab" + on + "(a, b DESC)"); break;
    default: break;
  }
}

// Parents and children, by every kind of key and action.
void RandomSql::add_family() {
  const std::string parent_key =
      pick({"i INTEGER PRIMARY KEY", "t TEXT PRIMARY KEY NOT NULL", "i INTEGER PRIMARY KEY AUTOINCREMENT"});
  const std::string key(1, parent_key.front());
  schema_.push_back("CREATE TABLE parent(" + parent_key + ", a INTEGER UNIQUE, b)");
  names_.emplace_back("parent");
  writable_.push_back({.name = "parent",
                       .key = {key},
                       .values = {"a", "b"},
                       .chooses_key = key == "i",
                       .is_numbered = parent_key.find("AUTO") != std::string::npos});
  const std::vector<std::string> actions = {"",
                                            " ON DELETE CASCADE",
                                            " ON DELETE SET NULL",
                                            " ON UPDATE CASCADE",
                                            " ON DELETE SET DEFAULT",
                                            " ON DELETE RESTRICT",
                                            " ON DELETE CASCADE ON UPDATE SET NULL"};
  const std::vector<std::string> deferrals = {"", " DEFERRABLE INITIALLY DEFERRED"};
  schema_.push_back("CREATE TABLE child(i INTEGER PRIMARY KEY, a " + std::string(key == "i" ? "INTEGER" : "TEXT") +
                    " REFERENCES parent" + pick(actions) + pick(deferrals) +
                    ", b INTEGER DEFAULT 1 REFERENCES parent(a)" + pick(actions) + pick(deferrals) +
                    ", c INTEGER REFERENCES child" + pick(actions) + ")");
  names_.emplace_back("child");
  writable_.push_back(
      {.name = "child", .key = {"i"}, .values = {"a", "b", "c"}, .chooses_key = true, .is_numbered = false});
}

void RandomSql::fill() {
  for (int count = 0; count < 12; ++count) {
    const Table& table = writable_[below(writable_.size() - 1)];  // but the child
    schema_.push_back("INSERT OR IGNORE INTO " + table.name + "(" +
                      joined(table.key.empty() ? table.values : table.key) + ") VALUES (" +
                      row(table, table.key.empty() ? table.values : table.key) + ")");
  }
  if (chance(40)) {
    Table& table = writable_[below(3)];
    schema_.push_back("ALTER TABLE " + table.name + " ADD COLUMN d" + (table.is_strict ? " ANY" : "") + " DEFAULT " +
                      pick({"4", "'d'", "NULL", "1.5"}));
    table.values.emplace_back("d");
  }
}

void RandomSql::add_view() {
  if (!chance(40)) {
    return;
  }
  const Table table = writable_[below(3)];
  schema_.push_back("CREATE VIEW seen AS SELECT a, b FROM " + table.name);
  schema_.push_back("CREATE TRIGGER seen_insert INSTEAD OF INSERT ON seen BEGIN INSERT INTO " + table.name +
                    "(a, b) VALUES (new.a, new.b); END");
  schema_.push_back("CREATE TRIGGER seen_update INSTEAD OF UPDATE ON seen BEGIN UPDATE " + table.name +
                    " SET b = new.b WHERE a = old.a; END");
  schema_.push_back("CREATE TRIGGER seen_delete INSTEAD OF DELETE ON seen BEGIN DELETE FROM " + table.name +
                    " WHERE a = old.a; END");
  writable_.push_back(
      {.name = "seen", .key = {}, .values = {"a", "b"}, .chooses_key = false, .is_numbered = table.is_numbered});
}

void RandomSql::add_triggers() {
  schema_.push_back(std::string("CREATE TABLE log(i INTEGER PRIMARY KEY") + (chance(50) ? " AUTOINCREMENT" : "") +
                    ", what, a, b)");
  schema_.emplace_back("CREATE TABLE counted(t TEXT PRIMARY KEY, n INTEGER DEFAULT 0)");
  schema_.emplace_back("INSERT INTO counted VALUES ('all', 0)");
  names_.insert(names_.end(), {"log", "counted"});
  const std::vector<std::string> events = {"INSERT", "UPDATE", "UPDATE OF a", "DELETE"};
  for (int number = 0; number < 3; ++number) {
    if (!chance(60)) {
      continue;
    }
    const std::string event = pick(events);
    const std::string row = event == "DELETE" ? "old" : "new";
    const std::string other = writable_[below(3)].name;
    const std::vector<std::string> bodies = {
        "INSERT INTO log(what, a) VALUES ('x', " + row + ".a)",
        "UPDATE counted SET n = n + 1 WHERE t = 'all'",
        "INSERT INTO log(a, b) SELECT a, b FROM " + other + " WHERE a = " + row + ".a",
        "INSERT INTO counted VALUES (" + row + ".a, 1) ON CONFLICT (t) DO UPDATE SET n = n + 1",
        "SELECT RAISE(IGNORE) WHERE " + row + ".a = 3",
        "SELECT RAISE(ABORT, 'no threes') WHERE " + row + ".b = 3",
        "SELECT RAISE(ROLLBACK, 'no fours') WHERE " + row + ".b = 4",
        "DELETE FROM " + other + " WHERE b = " + row + ".a AND " + row + ".a > 4",
        "UPDATE " + other + " SET b = " + row + ".b WHERE a = " + row + ".b",
        "INSERT INTO log VALUES (NULL, '" + event + "', (SELECT count(*) FROM " + other + "), " + row + ".b)",
    };
    schema_.push_back("CREATE TRIGGER tr" + std::to_string(number) + pick({" BEFORE ", " AFTER "}) + event + " ON " +
                      writable_[below(5)].name + pick({"", " WHEN " + row + ".a > 1"}) + " BEGIN " + pick(bodies) +
                      "; " + pick(bodies) + "; END");
  }
}

// ---- statements ----

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
    terms.push_back(prefix + table.key[place] + " = " + key_value(table, place));
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
  return pick(table.values) + " = " + pick({value(), value(), "a", "b", "b + 1", "a || 'x'"}) +
         (chance(30) ? ", b = " + value() : "");
}

std::string RandomSql::insert(const Table& table) {
  const std::vector<std::string> columns = some_columns(table);
  const std::string into = " INTO " + table.name + "(" + joined(columns) + ")";
  const std::string values = " VALUES (" + row(table, columns) + ")";
  const std::string more = table.is_numbered ? "" : ", (" + row(table, columns) + ")";
  // A row that is skipped takes a number, and does not show it: of numbered tables one row at a time.
  switch (below(table.is_numbered ? 7 : 11)) {
    case 0: return "INSERT OR IGNORE" + into + values;
    case 1: return "INSERT OR REPLACE" + into + values;
    case 2: return "REPLACE" + into + values;
    // One row: where STRICT types fail within several, SQLite 3.40 keeps those before.
    case 3: return "INSERT OR ROLLBACK" + into + values;
    case 4: return "INSERT" + into + values + " ON CONFLICT DO UPDATE SET " + assignments(table);
    case 5: return "INSERT" + into + values + " ON CONFLICT DO NOTHING";
    case 6: return "INSERT" + into + values + more + " RETURNING a, b";
    case 7:
      return "INSERT" + into + " SELECT " + row(table, columns) + " FROM " + pick(names_) + " WHERE " +
             pick({"1", "a > 2"});
    default: return "INSERT" + into + values + (chance(20) ? more : "");
  }
}

std::string RandomSql::update(const Table& table) {
  const std::string verb = "UPDATE " + pick({"", "", "", "", "OR IGNORE ", "OR REPLACE ", "OR ABORT "});
  const std::string what = table.name + " SET " + assignments(table) + " WHERE " + condition(table);
  return verb + what + (chance(15) ? " RETURNING *" : "");
}

std::string RandomSql::erase(const Table& table) {
  if (chance(5)) {
    return "DELETE FROM " + table.name;
  }
  return "DELETE FROM " + table.name + " WHERE " + condition(table) + (chance(10) ? " RETURNING b" : "");
}

std::string RandomSql::select(const Table& table) {
  switch (below(7)) {
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
