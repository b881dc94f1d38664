#include <utility>

#include "tests/unit/participant/store/random_sql.h"

namespace assent::participant {

RandomSql::RandomSql(std::uint64_t seed) : random_(seed), recursive_triggers_(chance(25)) {
  create_tables();
  add_family();
  fill();
  add_view();
  add_triggers();
  binds_ = true;
}

void RandomSql::create_tables() {
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"i INTEGER PRIMARY KEY", "i"},
      {"i INTEGER PRIMARY KEY AUTOINCREMENT", "i"},
      {"i INTEGER PRIMARY KEY ON CONFLICT " + pick({"REPLACE", "IGNORE", "FAIL", "ROLLBACK"}), "i"},
      {"t TEXT PRIMARY KEY ON CONFLICT " + pick({"REPLACE", "IGNORE", "ABORT", "FAIL", "ROLLBACK"}), "t"},
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
                            " UNIQUE ON CONFLICT " + pick({"ABORT", "FAIL", "ROLLBACK"}), " UNIQUE COLLATE NOCASE",
                            table.is_numbered ? "" : " NOT NULL ON CONFLICT IGNORE"}));
  }
  if (chance(30)) {
    columns.push_back(
        std::string(is_strict ? "g ANY" : "g") +
        pick({" AS (a || '!')", " AS (a + 1) STORED", " AS (length(b)) UNIQUE", " AS (a || b) STORED UNIQUE"}));
  }
  if (chance(15)) {
    const std::string name = pick({"rowid", "oid", table.key.empty() ? "oid" : "_rowid_"});
    columns.push_back(name + (is_strict ? " ANY" : ""));
    table.values.push_back(name);
  }
  schema_.push_back("CREATE TABLE " + table.name + "(" + joined(columns) + key_columns + ")" +
                    (is_strict ? (suffix.empty() ? " STRICT" : suffix + ", STRICT") : suffix));
  names_.push_back(table.name);
  add_indexes(table, false);
  writable_.push_back(std::move(table));
}

// Over its own columns; or, once it has rows, over the one that was added, where a UNIQUE index may find it too late.
void RandomSql::add_indexes(const Table& table, bool has_rows) {
  const std::string name = table.name + (has_rows ? "_added" : "");
  const std::string on = " ON " + table.name;
  const std::string b = has_rows ? "d" : "b";
  switch (below(has_rows ? 4 : 7)) {
    case 0: schema_.push_back("CREATE UNIQUE INDEX " + name + "_p" + on + "(a) WHERE " + b + " > 2"); break;
    case 1: schema_.push_back("CREATE UNIQUE INDEX " + name + "_e" + on + "(lower(a), " + b + ")"); break;
    case 2: schema_.push_back("CREATE INDEX " + name + "_n" + on + "(" + b + " COLLATE NOCASE, a)"); break;
    case 3: schema_.push_back("CREATE UNIQUE INDEX " + name + "_ab" + on + "(a, " + b + " DESC)"); break;
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
                                            " ON UPDATE SET DEFAULT",
                                            " ON UPDATE RESTRICT",
                                            " ON DELETE CASCADE ON UPDATE SET NULL"};
  const std::vector<std::string> deferrals = {"", " DEFERRABLE INITIALLY DEFERRED"};
  schema_.push_back("CREATE TABLE child(i INTEGER PRIMARY KEY, a " + std::string(key == "i" ? "INTEGER" : "TEXT") +
                    " REFERENCES parent" + pick(actions) + pick(deferrals) +
                    ", b INTEGER DEFAULT 1 REFERENCES parent(a)" + pick(actions) + pick(deferrals) +
                    ", c INTEGER REFERENCES child" + pick(actions) + ")");
  names_.emplace_back("child");
  writable_.push_back(
      {.name = "child", .key = {"i"}, .values = {"a", "b", "c"}, .chooses_key = true, .is_numbered = false});
  if (chance(40)) {
    schema_.emplace_back("CREATE TABLE pair(i INTEGER, t TEXT, a, b, PRIMARY KEY (i, t))");
    schema_.push_back(
        "CREATE TABLE half(i INTEGER PRIMARY KEY, a INTEGER DEFAULT 1, b TEXT DEFAULT 'a', "
        "FOREIGN KEY (a, b) REFERENCES pair(i, t)" +
        pick(actions) + pick(deferrals) + ")");
    names_.insert(names_.end(), {"pair", "half"});
    writable_.push_back({.name = "pair", .key = {"i", "t"}, .values = {"a", "b"}});
    writable_.push_back({.name = "half", .key = {"i"}, .values = {"a", "b"}, .chooses_key = true});
  }
}

void RandomSql::fill() {
  for (int count = 0; count < 12; ++count) {
    const Table& table = writable_[below(4)];  // no child
    schema_.push_back("INSERT OR IGNORE INTO " + table.name + "(" +
                      joined(table.key.empty() ? table.values : table.key) + ") VALUES (" +
                      row(table, table.key.empty() ? table.values : table.key) + ")");
  }
  if (chance(40)) {
    Table& table = writable_[below(3)];
    schema_.push_back("ALTER TABLE " + table.name + " ADD COLUMN d" + (table.is_strict ? " ANY" : "") + " DEFAULT " +
                      pick({"4", "'d'", "NULL", "1.5"}));
    table.values.emplace_back("d");
    add_indexes(table, true);
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

}  // namespace assent::participant
