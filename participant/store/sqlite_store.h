// SqliteStore: a Store in an SQLite file.
//
// One thread, one connection, WAL, every COMMIT forced. README.md tells its two transactions, its tables and its locks.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "assent/result.h"
#include "assent/transaction_id.h"
#include "participant/store/store.h"

namespace assent::participant {

struct SqliteStoreOptions {
  // Set: the file must not exist, and becomes a store of this identity, drawn at random by the caller. Else it must.
  std::optional<StoreIdentity> create;

  // SQL that makes the user's tables. Applied once, in one transaction: at creation, or when a store that never had a
  // schema is opened with one. A store that has another schema is not opened.
  std::optional<std::string> schema;

  StatementLimits limits;

  std::uint64_t reserve_bytes = 64U << 20U;  // less free space than this on the disk: is_short_of_space()

  // Triggers fire on what they do themselves, and REPLACE fires those of DELETE
  // (https://www.sqlite.org/pragma.html#pragma_recursive_triggers).
  bool recursive_triggers = false;

  // Before its vote, what a branch has changed is done again under a savepoint, and the branch votes no if that does
  // anything else. It costs a replay.
  bool validate_replay = false;
};

// Claims the file, creates it if it shall, forces what an earlier process may have left unforced, raises the start
// number and forces it. Errors, each naming the file and the remedy: kNotFound (no such file), kConflict (it exists and
// shall be created; another participant serves it; it has another schema), kCorrupt (not a database, or a row that
// cannot be read), kInvalidInput (not a store; a schema that fails), kWrongVersion, kIo (also: read-only),
// kUnavailable (a reader keeps it from being forced: try again).
Result<std::unique_ptr<Store>> open_sqlite_store(const std::string& path, const SqliteStoreOptions& options);

}  // namespace assent::participant
