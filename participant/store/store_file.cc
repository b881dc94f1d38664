#include "participant/store/store_file.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>
#include <vector>

#include "participant/store/journal_tables.h"
#include "participant/store/sandbox.h"
#include "participant/store/schema_change.h"
#include "thrift/daemon/failpoint.h"

namespace assent::participant {

namespace {

namespace filesystem = std::filesystem;

std::string reason(int error) {
  return std::generic_category().message(error);
}

void remove_leftover(const std::string& path) {
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) {
    std::error_code ignored;  // what cannot be removed shows when SQLite opens it
    filesystem::remove(path + suffix, ignored);
  }
}

// Instead of SQLite's own, which does the same, but has no failpoints.
int checkpoint_long_log(void* least, sqlite3* database, const char* name, int pages) {
  if (pages < *static_cast<const int*>(least)) return SQLITE_OK;
  daemon::failpoint("store.before_checkpoint");
  // If it fails, the commit has not: the next one tries again, and copies every page again.
  sqlite3_wal_checkpoint_v2(database, name, SQLITE_CHECKPOINT_PASSIVE, nullptr, nullptr);
  daemon::failpoint("store.after_checkpoint");
  return SQLITE_OK;
}

// `INSERT INTO t SELECT * FROM s` may copy the rows of a table like t as the file holds them. Then the authorizer is
// not told that s is read, and the preupdate hook shows NULL for a column that was added to s with a default. SQLite
// does not copy so while it counts changes for old programs, for which a write answers with a row that holds their
// number.
void see_every_row(Connection& connection) {
  connection.run_once("PRAGMA count_changes = ON");
  Query counts = connection.query("PRAGMA count_changes");
  if (!counts.step() || counts.integer(0) == 0) {
    throw ResultError({ErrorKind::kInvalidInput, connection.path() +
                                                     ": this SQLite has no PRAGMA count_changes, without which "
                                                     "statements may read unseen; run Assent with SQLite 3.40"});
  }
}

// While it is created, a store has this behind its name.
constexpr std::string_view kUnfinished = ".assent-new";

}  // namespace

void force_names_beside(const std::string& path) {
  const filesystem::path folder = filesystem::path(path).parent_path();
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
        const SchemaChange change = apply_schema(connection, sandbox, *options.schema, options.clock());
        if (!change.failure.empty()) throw ResultError({ErrorKind::kInvalidInput, path + ": " + change.failure});
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
  options.force_names(path);
}

// The last connection that closes would move the log into the file. Behind a force that failed that would try the force
// again, and copy what the page cache shows, or shows no more, over pages that are good.
void keep_log_at_close(Connection& connection, bool keeps) {
  if (sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keeps ? 1 : 0, nullptr) != SQLITE_OK) {
    throw ResultError(sqlite_error(connection.handle(), "configure the connection"));
  }
}

void configure_store_connection(Connection& connection, int& checkpoint_pages) {
  keep_log_at_close(connection, true);
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
    wal.run();  // a new file is told behind the row only
  }
  see_every_row(connection);
  sqlite3_wal_hook(connection.handle(), &checkpoint_long_log, &checkpoint_pages);
  // What SQLite spills counts against the memory that it may take, and fails a statement alone: it needs no temporary
  // files, whose disk and folder would be one more thing that can fail, and leaves no rows behind in them.
  connection.run_once("PRAGMA synchronous = FULL; PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY");
  declare_virtual_tables(connection);
}

void write_log_again(const std::string& path) {
  const std::string name = path + "-wal" + std::string(2, '\0');  // SQLite looks for parameters behind it
  sqlite3_vfs* const vfs = sqlite3_vfs_find(nullptr);
  const auto check = [&](int code) {
    if (code != SQLITE_OK) {
      throw ResultError({ErrorKind::kIo, path + "-wal: cannot be written again after a write that may have failed: " +
                                             sqlite3_errstr(code) + " (SQLite code " + std::to_string(code) +
                                             "); see to the disk"});
    }
  };
  Connection connection(path, SQLITE_OPEN_READWRITE);
  keep_log_at_close(connection, true);
  connection.query("BEGIN IMMEDIATE").run();
  int is_there = 0;
  check(vfs->xAccess(vfs, name.c_str(), SQLITE_ACCESS_EXISTS, &is_there));
  if (is_there == 0) return;
  std::vector<std::max_align_t> memory(static_cast<std::size_t>(vfs->szOsFile) / sizeof(std::max_align_t) + 1);
  auto* const file = reinterpret_cast<sqlite3_file*>(memory.data());
  check(vfs->xOpen(vfs, name.c_str(), file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_WAL, nullptr));
  const std::unique_ptr<sqlite3_file, void (*)(sqlite3_file*)> open(
      file, [](sqlite3_file* each) { each->pMethods->xClose(each); });
  sqlite3_int64 size = 0;
  check(file->pMethods->xFileSize(file, &size));
  std::array<char, 65536> bytes{};
  for (sqlite3_int64 at = 0; at < size; at += static_cast<sqlite3_int64>(bytes.size())) {
    const auto count = static_cast<int>(std::min<sqlite3_int64>(size - at, bytes.size()));
    check(file->pMethods->xRead(file, bytes.data(), count, at));
    check(file->pMethods->xWrite(file, bytes.data(), count, at));
  }
  check(file->pMethods->xSync(file, SQLITE_SYNC_FULL));
}

// TRUNCATE, though FULL would not be in the way of a reader of the newest snapshot. A force of the log that failed may
// have left a hole in it on the disk which the page cache does not show. FULL forces the database file, but while
// somebody reads, the next commits go on behind the hole: after a power failure SQLite would replay the log up to the
// hole, old pages over new ones, and drop every commit behind it. Only a log that begins anew has no such hole.
bool empty_log(Connection& connection) {
  Query query = connection.query("PRAGMA wal_checkpoint(TRUNCATE)");
  return query.step() && query.integer(0) == 0;
}

void force_what_was_committed(Connection& connection) {
  if (!empty_log(connection)) {
    throw ResultError({ErrorKind::kUnavailable, connection.path() +
                                                    ": an earlier write may have failed, and a program that reads "
                                                    "the store keeps it from being forced; end its transaction"});
  }
}

}  // namespace assent::participant
