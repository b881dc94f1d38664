#include "participant/store/connection.h"

#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "participant/store/memory_limit.h"

namespace assent::participant {

namespace {

constexpr int kBusyMilliseconds = 2000;

// As SQLite shows it: nothing there, and yet of some size, is what it had no memory for.
std::optional<Value> copy_of(int type, const void* bytes, int size) {
  if (bytes == nullptr && size > 0) {
    return std::nullopt;
  }
  const auto* const begin = static_cast<const char*>(bytes);
  if (type == SQLITE_TEXT) {
    return std::string(begin, begin + size);
  }
  Blob blob;
  blob.bytes.resize(static_cast<std::size_t>(size));
  if (size > 0) {
    std::memcpy(blob.bytes.data(), begin, blob.bytes.size());
  }
  return blob;
}

int bind_bytes(sqlite3_stmt* statement, int parameter, const void* bytes, std::size_t size) {
  // A null pointer would bind NULL instead of the empty blob.
  return size == 0 ? sqlite3_bind_zeroblob(statement, parameter, 0)
                   : sqlite3_bind_blob64(statement, parameter, bytes, size, SQLITE_STATIC);
}

int bind_text(sqlite3_stmt* statement, int parameter, std::string_view text) {
  return sqlite3_bind_text64(statement, parameter, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC,
                             SQLITE_UTF8);
}

StatementHandle prepare(sqlite3* database, std::string_view sql, unsigned flags) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()), flags, &statement, nullptr) != SQLITE_OK) {
    throw ResultError(sqlite_error(database, "prepare `" + std::string(sql) + "`"));
  }
  return StatementHandle(statement);
}

}  // namespace

bool is_of_the_store(int code) {
  if (code == SQLITE_IOERR_NOMEM || code == SQLITE_CORRUPT_VTAB) {
    return false;
  }
  switch (code & kPrimaryCode) {
    case SQLITE_BUSY:
    case SQLITE_CANTOPEN:
    case SQLITE_CORRUPT:
    case SQLITE_IOERR:
    case SQLITE_NOTADB:
    case SQLITE_PROTOCOL:
    case SQLITE_READONLY: return true;
    default: return false;
  }
}

Error sqlite_error(sqlite3* database, std::string_view doing) {
  return sqlite_error(database, sqlite3_extended_errcode(database), doing);
}

Error sqlite_error(sqlite3* database, int code, std::string_view doing) {
  const bool is_latest = code == sqlite3_extended_errcode(database);
  const char* path = sqlite3_db_filename(database, "main");
  std::string message = std::string(path == nullptr ? "store" : path) + ": cannot " + std::string(doing) + ": " +
                        (is_latest ? sqlite3_errmsg(database) : sqlite3_errstr(code)) + " (SQLite code " +
                        std::to_string(code) + ")";
  if (code == SQLITE_BUSY_SNAPSHOT) {
    return {ErrorKind::kIo, message + "; another program has written, or emptied the log: open stores read-only"};
  }
  switch (code & kPrimaryCode) {
    case SQLITE_NOTADB:
      return {ErrorKind::kCorrupt, message + "; name the file of an Assent store, or create a new one with --create"};
    case SQLITE_CORRUPT:
      return {ErrorKind::kCorrupt, message + "; keep the file as evidence and restore the store from a backup"};
    case SQLITE_BUSY:
      return {ErrorKind::kConflict, message + "; another program writes to the file: end it, open stores read-only"};
    case SQLITE_CONSTRAINT:
      return {ErrorKind::kCorrupt, message + "; the data is not what the branch found: keep the file as evidence"};
    case SQLITE_NOMEM: return {ErrorKind::kIo, message + "; " + memory_remedy()};
    case SQLITE_FULL: return {ErrorKind::kIo, message + "; make room on the disk"};
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM: return {ErrorKind::kIo, message + "; let the participant write the file and its folder"};
    default: return {ErrorKind::kIo, message + "; see https://www.sqlite.org/rescode.html"};
  }
}

void bind_value(sqlite3_stmt* statement, int parameter, const Value& value) {
  const int result = std::visit(
      [&](const auto& content) {
        using Content = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<Content, std::nullptr_t>) {
          return sqlite3_bind_null(statement, parameter);
        } else if constexpr (std::is_same_v<Content, std::int64_t>) {
          return sqlite3_bind_int64(statement, parameter, content);
        } else if constexpr (std::is_same_v<Content, double>) {
          return sqlite3_bind_double(statement, parameter, content);
        } else if constexpr (std::is_same_v<Content, std::string>) {
          return bind_text(statement, parameter, content);
        } else {
          return bind_bytes(statement, parameter, content.bytes.data(), content.bytes.size());
        }
      },
      value);
  if (result != SQLITE_OK) {
    throw ResultError(sqlite_error(sqlite3_db_handle(statement), "bind parameter " + std::to_string(parameter)));
  }
}

// The size first, for what could not be shown has none any more. Texts too are read as their bytes: SQLite need not put
// a NUL behind them, which may take memory.
std::optional<Value> read_value(sqlite3_value* value) {
  switch (const int type = sqlite3_value_type(value)) {
    case SQLITE_INTEGER: return static_cast<std::int64_t>(sqlite3_value_int64(value));
    case SQLITE_FLOAT: return sqlite3_value_double(value);
    case SQLITE_NULL: return nullptr;
    default: {
      const int size = sqlite3_value_bytes(value);
      return copy_of(type, sqlite3_value_blob(value), size);
    }
  }
}

std::optional<Value> read_column(sqlite3_stmt* statement, int column) {
  switch (const int type = sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER: return static_cast<std::int64_t>(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT: return sqlite3_column_double(statement, column);
    case SQLITE_NULL: return nullptr;
    default: {
      const int size = sqlite3_column_bytes(statement, column);
      return copy_of(type, sqlite3_column_blob(statement, column), size);
    }
  }
}

Query::~Query() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Query& Query::bind(int parameter, std::int64_t number) {
  sqlite3_bind_int64(statement_, parameter, number);
  return *this;
}

Query& Query::bind(int parameter, std::string_view text) {
  if (bind_text(statement_, parameter, text) != SQLITE_OK) {
    throw ResultError(sqlite_error(database_, "bind a text"));
  }
  return *this;
}

Query& Query::bind_blob(int parameter, std::string_view bytes) {
  if (bind_bytes(statement_, parameter, bytes.data(), bytes.size()) != SQLITE_OK) {
    throw ResultError(sqlite_error(database_, "bind a blob"));
  }
  return *this;
}

Query& Query::bind(int parameter, const Value& value) {
  bind_value(statement_, parameter, value);
  return *this;
}

bool Query::step() {
  switch (sqlite3_step(statement_)) {
    case SQLITE_ROW: return true;
    case SQLITE_DONE: return false;
    default: throw ResultError(sqlite_error(database_, std::string("run `") + sqlite3_sql(statement_) + "`"));
  }
}

void Query::run() {
  while (step()) {
  }
}

std::string Query::text(int column) const {
  const bool is_text = type(column) == SQLITE_TEXT;
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  const void* bytes = is_text ? sqlite3_column_text(statement_, column) : sqlite3_column_blob(statement_, column);
  if (bytes == nullptr && (is_text || size > 0)) {
    throw std::bad_alloc();
  }
  return size == 0 ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

Connection::Connection(const std::string& path, int flags, const char* vfs) : path_(path) {
  sqlite3* database = nullptr;
  const int result = sqlite3_open_v2(path.c_str(), &database, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, vfs);
  database_.reset(database);
  if (result != SQLITE_OK) {
    throw ResultError(database == nullptr ? Error{ErrorKind::kIo, path + ": no memory to open it"}
                                          : sqlite_error(database, "open it"));
  }
  sqlite3_busy_timeout(database, kBusyMilliseconds);
}

Query Connection::query(std::string_view sql) {
  auto found = statements_.find(sql);
  if (found == statements_.end()) {
    found = statements_.emplace(std::string(sql), prepare(database_.get(), sql, SQLITE_PREPARE_PERSISTENT)).first;
  }
  return {database_.get(), found->second.get()};
}

void Connection::run_once(const std::string& sql) {
  if (sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw ResultError(sqlite_error(database_.get(), "run `" + sql + "`"));
  }
}

}  // namespace assent::participant
