// SqliteStore: a Store in an SQLite file.
//
// One thread, one connection, WAL, every COMMIT forced. README.md tells its two transactions, its tables and its locks.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "assent/result.h"
#include "assent/transaction_id.h"
#include "participant/store/file_access.h"
#include "participant/store/store.h"
#include "thrift/daemon/clock.h"

namespace assent::participant {

// On the disk of this file; 0 also if it cannot be told.
std::uint64_t free_bytes_beside(const std::string& path);

// What lies in the folder of this file keeps its name when the power fails. Throws ResultError (kIo).
void force_names_beside(const std::string& path);

struct SqliteStoreOptions {
  // Set: the file must not exist, and becomes a store of this identity, drawn at random by the caller. Else it must.
  std::optional<StoreIdentity> create;

  // A schema file, as of apply_schema(): applied at the opening unless it was applied before. If it cannot be, the
  // store is not opened.
  std::optional<std::string> schema;

  StatementLimits limits;

  std::uint64_t reserve_bytes = 64U << 20U;  // less free space than this on the disk: is_short_of_space()

  // What SQLite does not do: a simulated disk has its own.
  std::function<std::uint64_t(const std::string& path)> free_bytes = free_bytes_beside;
  std::function<void(const std::string& path)> force_names = force_names_beside;

  int checkpoint_pages = 1000;  // a commit that leaves as many in the log moves them into the file

  // Triggers fire on what they do themselves, and REPLACE fires those of DELETE
  // (https://www.sqlite.org/pragma.html#pragma_recursive_triggers).
  bool recursive_triggers = false;

  // Before its vote, what a branch has changed is done again under a savepoint, and the branch votes no if that does
  // anything else. It costs a replay.
  bool validate_replay = false;

  FileAccess access = {};

  // The time of day, in UTC, as it is kept for people.
  std::function<std::string()> clock = daemon::utc_now;
};

// Claims the file, creates it if it shall, forces what an earlier process may have left unforced, raises the start
// number and forces it. Errors, each naming the file and the remedy: kNotFound (no such file), kConflict (it exists and
// shall be created; another participant serves it; another program writes it), kCorrupt (not a database, or a row that
// cannot be read), kInvalidInput (not a store; a schema that fails), kWrongVersion, kIo (also: read-only),
// kUnavailable (a reader keeps it from being forced, or another program has the file for itself: try again).
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, const SqliteStoreOptions& options);

}  // namespace assent::participant
