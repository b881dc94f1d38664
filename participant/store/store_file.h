// The store's file: how it is created, and brought to rest before it is used.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "participant/store/connection.h"
#include "participant/store/sqlite_store.h"

namespace assent::participant {

// The one name of the file, however it was spelled. Throws ResultError: kNotFound if it is missing (or, when it shall
// be created, its folder is), kConflict if it exists and shall be created.
std::string resolve_store_path(const std::string& path, bool create);

// Makes the whole store under another name, forces it, and renames it: there is never half a store under `path`.
// REQUIRES: the caller has the claim.
void create_store_file(const std::string& path, const SqliteStoreOptions& options);

// WAL, every commit forced; one that leaves so many pages in the log, or more, moves them into the file. The number
// outlives the connection. Throws kIo if the file cannot be written, kCorrupt if it is not a database.
void configure_store_connection(Connection& connection, int& checkpoint_pages);

// A close moves the log into the file only if it is told to. Throws ResultError.
void keep_log_at_close(Connection& connection, bool keeps);

// Writes the log over itself, and forces it. Behind a force that failed the page cache shows what the disk may not
// have, and takes it for clean: no later force brings it there, and SQLite would copy it into the file page by page,
// which a failure in between leaves there without the rest. Meanwhile nobody else writes to the store. Throws
// ResultError: kConflict if somebody does. REQUIRES: no connection of the caller's has read the store yet, for SQLite
// shall read the log that is on disk then.
void write_log_again(const std::string& path);

// Moves everything that was committed into the database file, forces it, and begins the log anew. False if a reader is
// in the way.
bool empty_log(Connection& connection);

// The same. Needed after a write or a force that may have failed: SQLite would read back from the page cache what never
// reached the disk. Throws kUnavailable if a reader is in the way.
void force_what_was_committed(Connection& connection);

}  // namespace assent::participant
