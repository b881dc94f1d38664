#include "participant/store/store_file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "participant/store/journal_tables.h"
#include "participant/store/tokens.h"
#include "thrift/daemon/failpoint.h"

namespace assent::participant {

namespace {

namespace filesystem = std::filesystem;

std::string reason(int error) {
  return std::generic_category().message(error);
}

void force_folder(const filesystem::path& folder) {
  const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool forced = descriptor >= 0 && ::fsync(descriptor) == 0;
  const int error = errno;
  if (descriptor >= 0) {
    ::close(descriptor);
  }
  if (!forced) {
    throw ResultError({ErrorKind::kIo, folder.string() + ": cannot force the folder: " + reason(error)});
  }
}

void remove_leftover(const std::string& path) {
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) {
    std::error_code ignored;  // what cannot be removed shows when SQLite opens it
    filesystem::remove(path + suffix, ignored);
  }
}

// Instead of SQLite's own, which does the same, but has no failpoints.
int checkpoint_long_log(void* /*store*/, sqlite3* database, const char* name, int pages) {
  constexpr int kLong = 1000;
  if (pages < kLong) return SQLITE_OK;
  daemon::failpoint("store.before_checkpoint");
  // If it fails, the commit has not: the next one tries again, and copies every page again.
  sqlite3_wal_checkpoint_v2(database, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  daemon::failpoint("store.after_checkpoint");
  return SQLITE_OK;
}

// While it is created, a store has this behind its name.
constexpr std::string_view kUnfinished = ".assent-new";

std::string name_of_store(const Connection& connection) {
  const std::string& path = connection.path();
  return path.ends_with(kUnfinished) ? path.substr(0, path.size() - kUnfinished.size()) : path;
}

[[noreturn]] void refuse_schema(const Connection& connection, const std::string& why) {
  throw ResultError({ErrorKind::kInvalidInput, name_of_store(connection) + ": the schema cannot be applied: " + why +
                                                   "; nothing of it was applied"});
}

std::size_t line_at(std::string_view text, std::size_t offset) {
  return 1 +
         static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

void run_schema(Connection& connection, Sandbox& sandbox, const std::string& schema) {
  std::string_view rest = schema;
  while (!rest.empty()) {
    Access access;
    const Sandbox::As operator_schema(sandbox, Sandbox::Trust::kSchema, &access);
    sqlite3_stmt* statement = nullptr;
    const char* tail = nullptr;
    int result =
        sqlite3_prepare_v3(connection.handle(), rest.data(), static_cast<int>(rest.size()), 0, &statement, &tail);
    const StatementHandle handle(statement);
    if (result == SQLITE_OK && statement != nullptr) {
      while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
      }
    }
    if (result != SQLITE_OK && result != SQLITE_DONE) {
      const std::string why = access.refusal.empty() ? sqlite3_errmsg(connection.handle()) : access.refusal;
      const auto token = static_cast<std::size_t>(std::max(0, sqlite3_error_offset(connection.handle())));
      const std::size_t begin = schema.size() - rest.size();
      const std::size_t place =
          std::min(schema.size(), std::max(begin + token, schema.find_first_not_of(" \t\r\n", begin)));
      refuse_schema(connection, why + " (line " + std::to_string(line_at(schema, place)) + "); correct its SQL");
    }
    if (tail == rest.data()) {
      refuse_schema(connection, "it holds a NUL byte, where SQL ends; take it out");
    }
    rest.remove_prefix(static_cast<std::size_t>(tail - rest.data()));
  }
}

}  // namespace

std::string resolve_store_path(const std::string& path, bool create) {
  std::error_code error;
  const bool exists = filesystem::exists(path, error);
  if (create && exists) {
    throw ResultError(
        {ErrorKind::kConflict, path + ": exists already; leave --create out to open it, or name a new file"});
  }
  if (!create && !exists) {
    throw ResultError({ErrorKind::kNotFound, path + ": no such store; check the path, or create it with --create"});
  }
  const filesystem::path folder = filesystem::absolute(path).parent_path();
  if (create && !filesystem::is_directory(folder, error)) {
    throw ResultError({ErrorKind::kNotFound, folder.string() + ": no such folder; make it first"});
  }
  if (!create && !filesystem::is_regular_file(path, error)) {
    throw ResultError({ErrorKind::kCorrupt, path + ": is not a file; name the file of an Assent store"});
  }
  const filesystem::path resolved = create ? filesystem::canonical(folder, error) / filesystem::path(path).filename()
                                           : filesystem::canonical(path, error);
  if (error) {
    throw ResultError({ErrorKind::kIo, path + ": cannot be resolved: " + error.message()});
  }
  return resolved.string();
}

void create_store_file(const std::string& path, const SqliteStoreOptions& options) {
  for (const char* suffix : {"-wal", "-journal"}) {
    std::error_code error;
    if (filesystem::exists(path + suffix, error)) {
      throw ResultError(
          {ErrorKind::kConflict, path + suffix +
                                     ": is left of a store that is gone, and would be read as part of the "
                                     "new one; move it away, or name a new file"});
    }
  }
  const std::string unfinished = path + std::string(kUnfinished);
  remove_leftover(unfinished);
  try {
    Connection connection(unfinished, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    connection.run_once("PRAGMA encoding = 'UTF-8'; PRAGMA synchronous = EXTRA");
    {
      Sandbox sandbox(connection);
      connection.run_once("BEGIN IMMEDIATE");
      JournalTables::create(connection, *options.create);
      if (options.schema) {
        apply_schema(connection, sandbox, *options.schema);
      }
      connection.run_once("COMMIT");
    }
    sqlite3_set_authorizer(connection.handle(), nullptr, nullptr);
  } catch (const ResultError&) {
    remove_leftover(unfinished);
    throw;
  }
  // Beside another process that made one meanwhile, ours is the one that fails.
  if (::syscall(SYS_renameat2, AT_FDCWD, unfinished.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0) {
    const int error = errno;
    remove_leftover(unfinished);
    throw ResultError(
        {error == EEXIST ? ErrorKind::kConflict : ErrorKind::kIo, path + ": cannot be created: " + reason(error)});
  }
  force_folder(filesystem::path(path).parent_path());
}

void configure_store_connection(Connection& connection) {
  if (sqlite3_db_readonly(connection.handle(), "main") != 0) {
    throw ResultError(
        {ErrorKind::kIo,
         connection.path() + ": is read-only; let the participant write the file, its folder and its disk"});
  }
  {
    Query encoding = connection.query("PRAGMA encoding");
    encoding.step();
    if (encoding.text(0) != "UTF-8") {
      throw ResultError({ErrorKind::kInvalidInput, connection.path() + ": its texts are " + encoding.text(0) +
                                                       "; a store keeps UTF-8: copy the data into a new one"});
    }
  }
  JournalTables::check_format(connection);
  {
    Query wal = connection.query("PRAGMA journal_mode = WAL");
    wal.step();
    if (wal.text(0) != "wal") {
      throw ResultError({ErrorKind::kIo, connection.path() + ": cannot use a write-ahead log here (" + wal.text(0) +
                                             "); put the store on a local disk"});
    }
  }
  sqlite3_wal_hook(connection.handle(), &checkpoint_long_log, nullptr);
  // What SQLite spills counts against the memory that it may take, and fails a statement alone: it needs no temporary
  // files, whose disk and folder would be one more thing that can fail, and leaves no rows behind in them.
  connection.run_once("PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY");
  // Virtual tables declare their columns when they are first used, which the sandbox would take for a schema change.
  connection.run_once("SELECT count(*) FROM json_each('0'), json_tree('0')");
  connection.run_once(
      "SELECT count(*) FROM sqlite_schema AS s, pragma_table_xinfo(s.name) WHERE s.sql LIKE 'create virtual%'");
}

// TRUNCATE, though FULL would not be in the way of a reader of the newest snapshot. A force of the log that failed may
// have left a hole in it on the disk which the page cache does not show. FULL forces the database file, but while
// somebody reads, the next commits go on behind the hole: after a power failure SQLite would replay the log up to the
// hole, old pages over new ones, and drop every commit behind it. Only a log that begins anew has no such hole.
void force_what_was_committed(Connection& connection) {
  Query query = connection.query("PRAGMA wal_checkpoint(TRUNCATE)");
  if (!query.step() || query.integer(0) != 0) {
    throw ResultError({ErrorKind::kUnavailable, connection.path() +
                                                    ": an earlier write may have failed, and a program that reads "
                                                    "the store keeps it from being forced; end its transaction"});
  }
}

void apply_schema(Connection& connection, Sandbox& sandbox, const std::string& schema) {
  {
    Query applied = connection.query("SELECT text FROM assent_schema");
    if (applied.step()) {
      if (applied.text(0) == schema) {
        return;
      }
      throw ResultError({ErrorKind::kConflict, connection.path() +
                                                   ": was given another schema before; leave --schema out, or name the "
                                                   "schema that it has (table assent_schema)"});
    }
  }
  {
    Query prepared = connection.query("SELECT id FROM assent_branches");
    if (prepared.step()) {
      refuse_schema(connection, "branch " + prepared.text(0) + " has not ended; wait for its coordinator");
    }
  }
  run_schema(connection, sandbox, schema);
  connection.query("INSERT INTO assent_schema VALUES(?1)").bind(1, std::string_view(schema)).run();
}

}  // namespace assent::participant
