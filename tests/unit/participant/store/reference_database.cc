#include "tests/unit/participant/store/reference_database.h"

#include <algorithm>
#include <sstream>

namespace assent::participant {

namespace {

std::string to_text(const Value& value) {
  std::ostringstream text;
  std::visit(
      [&](const auto& content) {
        using Content = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<Content, std::nullptr_t>) {
          text << "NULL";
        } else if constexpr (std::is_same_v<Content, Blob>) {
          text << "blob of " << content.bytes.size();
        } else if constexpr (std::is_same_v<Content, std::string>) {
          text << '\'' << content << '\'';
        } else if constexpr (std::is_same_v<Content, double>) {
          text << "real " << content;
        } else {
          text << content;
        }
      },
      value);
  return text.str();
}

}  // namespace

Rows sorted(Rows rows) {
  std::sort(rows.begin(), rows.end(), [](const auto& one, const auto& other) {
    return std::lexicographical_compare(one.begin(), one.end(), other.begin(), other.end(),
                                        [](const Value& a, const Value& b) {
                                          if (a.index() != b.index()) return a.index() < b.index();
                                          if (const auto* blob = std::get_if<Blob>(&a)) {
                                            return blob->bytes < std::get<Blob>(b).bytes;
                                          }
                                          if (const auto* text = std::get_if<std::string>(&a)) {
                                            return *text < std::get<std::string>(b);
                                          }
                                          if (const auto* real = std::get_if<double>(&a)) {
                                            return *real < std::get<double>(b);
                                          }
                                          if (const auto* integer = std::get_if<std::int64_t>(&a)) {
                                            return *integer < std::get<std::int64_t>(b);
                                          }
                                          return false;
                                        });
  });
  return rows;
}

ReferenceDatabase::ReferenceDatabase(const std::vector<std::string>& schema, bool recursive_triggers)
    : connection_(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) {
  for (const std::string& sql : schema) {
    run(sql);
  }
  run("PRAGMA foreign_keys = ON");
  run(std::string("PRAGMA recursive_triggers = ") + (recursive_triggers ? "ON" : "OFF"));
}

void ReferenceDatabase::run(const std::string& sql) {
  char* message = nullptr;
  const int code = sqlite3_exec(connection_.handle(), sql.c_str(), nullptr, nullptr, &message);
  EXPECT_EQ(code, SQLITE_OK) << sql << ": " << (message == nullptr ? "" : message);
  sqlite3_free(message);
}

int ReferenceDatabase::commit() {
  if (sqlite3_exec(connection_.handle(), "COMMIT", nullptr, nullptr, nullptr) == SQLITE_OK) {
    return SQLITE_OK;
  }
  const int code = sqlite3_extended_errcode(connection_.handle());
  roll_back();
  return code;
}

void ReferenceDatabase::roll_back() {
  if (connection_.in_transaction()) {
    run("ROLLBACK");
  }
}

std::map<std::string, std::int64_t> smallest_numbers(const std::vector<Change>& changes) {
  std::map<std::string, std::int64_t> smallest;
  for (const Change& change : changes) {
    if (change.kind == ChangeKind::kInsert && std::holds_alternative<std::int64_t>(change.new_row.front())) {
      const std::int64_t number = std::get<std::int64_t>(change.new_row.front());
      const auto place = smallest.emplace(change.table, number).first;
      place->second = std::min(place->second, number);
    }
  }
  return smallest;
}

bool ReferenceDatabase::is_numbered(const std::string& table) {
  Query query = connection_.query("SELECT 1 FROM sqlite_schema WHERE name = ?1 AND sql LIKE '%AUTOINCREMENT%'");
  return query.bind(1, std::string_view(table)).step();
}

bool ReferenceDatabase::can_draw(const std::map<std::string, std::int64_t>& numbers) {
  return std::all_of(numbers.begin(), numbers.end(), [&](const auto& number) {
    if (!is_numbered(number.first)) {
      return true;
    }
    Query query = connection_.query("SELECT max(i) FROM " + number.first);
    query.step();
    return query.is_null(0) || query.integer(0) < number.second;
  });
}

void ReferenceDatabase::draw_from(const std::vector<Change>& changes) {
  for (const auto& [table, number] : smallest_numbers(changes)) {
    if (!is_numbered(table)) {
      continue;
    }
    connection_.query("UPDATE sqlite_sequence SET seq = ?2 WHERE name = ?1")
        .bind(1, std::string_view(table))
        .bind(2, number - 1)
        .run();
    if (sqlite3_changes(connection_.handle()) == 0) {
      connection_.query("INSERT INTO sqlite_sequence VALUES (?1, ?2)")
          .bind(1, std::string_view(table))
          .bind(2, number - 1)
          .run();
    }
  }
}

Shown ReferenceDatabase::show(const Statement& statement) {
  Shown shown;
  sqlite3* database = connection_.handle();
  run("SAVEPOINT statement");
  sqlite3_stmt* prepared = nullptr;
  int code = sqlite3_prepare_v2(database, statement.sql.c_str(), -1, &prepared, nullptr);
  const StatementHandle handle(prepared);
  if (code == SQLITE_OK) {
    for (std::size_t index = 0; index < statement.parameters.size(); ++index) {
      bind_value(prepared, static_cast<int>(index + 1), statement.parameters[index]);
    }
    while ((code = sqlite3_step(prepared)) == SQLITE_ROW) {
      auto& row = shown.rows.emplace_back();
      for (int column = 0; column < sqlite3_column_count(prepared); ++column) {
        row.push_back(read_column(prepared, column).value());
      }
    }
    sqlite3_reset(prepared);
    shown.changed = sqlite3_stmt_readonly(prepared) != 0 ? 0 : static_cast<std::uint64_t>(sqlite3_changes64(database));
  }
  if (code != SQLITE_DONE && code != SQLITE_OK) {
    const int failure = sqlite3_extended_errcode(database);
    if (connection_.in_transaction()) {
      run("ROLLBACK TO statement");
      run("RELEASE statement");
    }
    return {.code = failure, .rows = {}, .changed = 0};
  }
  run("RELEASE statement");
  shown.rows = sorted(std::move(shown.rows));
  return shown;
}

std::vector<std::string> runnable(const std::vector<std::string>& schema) {
  Connection connection(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  std::vector<std::string> run;
  for (const std::string& sql : schema) {
    if (sqlite3_exec(connection.handle(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK) {
      run.push_back(sql);
      continue;
    }
    // A row may not fit its table, nor a UNIQUE index the rows; without others the world would be poorer than it looks.
    EXPECT_TRUE(sql.starts_with("INSERT") || sql.starts_with("CREATE UNIQUE INDEX"))
        << sql << ": " << sqlite3_errmsg(connection.handle());
  }
  return run;
}

Rows dump(sqlite3* database, const std::string& table) {
  const auto read = [&](const std::string& sql) {
    sqlite3_stmt* prepared = nullptr;
    const int code = sqlite3_prepare_v2(database, sql.c_str(), -1, &prepared, nullptr);
    EXPECT_EQ(code, SQLITE_OK) << sqlite3_errmsg(database);
    const StatementHandle handle(prepared);
    Rows rows;
    while (sqlite3_step(prepared) == SQLITE_ROW) {
      auto& row = rows.emplace_back();
      for (int column = 0; column < sqlite3_column_count(prepared); ++column) {
        row.push_back(read_column(prepared, column).value());
      }
    }
    return rows;
  };
  const Rows key = read("SELECT count(*) FROM pragma_table_info('" + table + "') WHERE pk > 0");
  const bool has_key = std::get<std::int64_t>(key.at(0).at(0)) > 0;
  return sorted(read("SELECT " + std::string(has_key ? "" : "_rowid_, ") + "* FROM " + table));
}

std::string to_text(const Shown& shown) {
  std::string text = "code " + std::to_string(shown.code) + ", changed " + std::to_string(shown.changed) + ", rows";
  for (const auto& row : shown.rows) {
    text += " (";
    for (const Value& value : row) {
      text += to_text(value) + ",";
    }
    text += ")";
  }
  return text;
}

}  // namespace assent::participant
