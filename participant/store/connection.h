// Connection: one SQLite connection and the statements of the store's own, as objects that clean up after themselves.
//
// Used by the store's thread only. Failures are thrown as ResultError; SqliteStore catches them all.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "assent/result.h"
#include "assent/value.h"

namespace assent::participant {

// An extended result code has the primary one in its low byte (https://www.sqlite.org/rescode.html).
constexpr int kPrimaryCode = 0xff;

struct CloseConnection {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using ConnectionHandle = std::unique_ptr<sqlite3, CloseConnection>;
using StatementHandle = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

// Binds without copying: `value` must live until the bindings are cleared.
void bind_value(sqlite3_stmt* statement, int parameter, const Value& value);

// Nothing: SQLite had no memory to show it.
std::optional<Value> read_value(sqlite3_value* value);
std::optional<Value> read_column(sqlite3_stmt* statement, int column);

// A statement of the store's own, ready to be bound and stepped. Resets the statement when it ends.
class Query {
 public:
  Query(sqlite3* database, sqlite3_stmt* statement) : database_(database), statement_(statement) {}
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  // Parameters count from 1. The text and the value must live until the query ends.
  Query& bind(int parameter, std::int64_t number);
  Query& bind(int parameter, std::uint64_t number) { return bind(parameter, static_cast<std::int64_t>(number)); }
  Query& bind(int parameter, std::string_view text);
  Query& bind_blob(int parameter, std::string_view bytes);
  Query& bind(int parameter, const Value& value);

  bool step();  // true: a row is there
  void run();   // to the end

  // Columns count from 0.
  bool is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const { return sqlite3_column_int64(statement_, column); }
  std::uint64_t number(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  std::string text(int column) const;  // text or blob, byte for byte; throws std::bad_alloc if SQLite has no memory
  int type(int column) const { return sqlite3_column_type(statement_, column); }

 private:
  sqlite3* database_;
  sqlite3_stmt* statement_;
};

class Connection {
 public:
  // `flags` and `vfs` as of sqlite3_open_v2(). `path` is absolute: other names could be read as URIs.
  Connection(const std::string& path, int flags, const char* vfs = nullptr);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  sqlite3* handle() const { return database_.get(); }
  const std::string& path() const { return path_; }

  // Prepared once and kept. One query of a text at a time.
  Query query(std::string_view sql);

  // Runs one statement, or several, without results; they are not kept.
  void run_once(const std::string& sql);

  bool in_transaction() const { return sqlite3_get_autocommit(database_.get()) == 0; }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };

  std::string path_;
  ConnectionHandle database_;
  std::unordered_map<std::string, StatementHandle, TextHash, std::equal_to<>> statements_;
};

// What SQLite says about its last failure on this connection, as an error that names the file and the remedy.
Error sqlite_error(sqlite3* database, std::string_view doing);

// About one that is not the last any more.
Error sqlite_error(sqlite3* database, int code, std::string_view doing);

// Whether an extended result code says something of the store's file, of its log or of its disk, and so of everybody's
// work: there are no other files, for what SQLite spills stays in memory.
bool is_of_the_store(int code);

}  // namespace assent::participant
