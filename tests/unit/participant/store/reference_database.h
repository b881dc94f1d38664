// Plain SQLite, in memory, that does what branches did, one after the other.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "participant/store/change.h"
#include "participant/store/connection.h"
#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {

// What a statement showed, comparable: rows in no order.
struct Shown {
  int code = 0;  // extended, of SQLite
  Rows rows;
  std::uint64_t changed = 0;

  friend bool operator==(const Shown&, const Shown&) = default;
};

// In an order that means nothing, so that they can be compared.
Rows sorted(Rows rows);

// The smallest number that begins a row that was inserted, by table.
std::map<std::string, std::int64_t> smallest_numbers(const std::vector<Change>& changes);

class ReferenceDatabase {
 public:
  explicit ReferenceDatabase(const std::vector<std::string>& schema, bool recursive_triggers = false);

  void begin() { run("BEGIN"); }
  // 0, or why it could not: then it is rolled back.
  int commit();
  void roll_back();

  // Whether AUTOINCREMENT tables still give these numbers.
  bool can_draw(const std::map<std::string, std::int64_t>& numbers);
  // Numbers that AUTOINCREMENT draws come from the store: the smallest that each table got is the next one here.
  void draw_from(const std::vector<Change>& changes);
  // One that fails leaves nothing, whatever of it SQLite keeps: of OR IGNORE with a failure that is no constraint, of
  // violations that it has counted.
  Shown show(const Statement& statement);

  bool in_transaction() const { return connection_.in_transaction(); }
  sqlite3* handle() const { return connection_.handle(); }

 private:
  bool is_numbered(const std::string& table);
  void run(const std::string& sql);

  Connection connection_;
};

// Those of the statements that SQLite runs without an error, in their order.
std::vector<std::string> runnable(const std::vector<std::string>& schema);

// Every row of a table, sorted; of one without a primary key, with their rowids.
Rows dump(sqlite3* database, const std::string& table);

// For messages.
std::string to_text(const Shown& shown);

}  // namespace assent::participant
