#include "participant/store/foreign_writes.h"

#include <new>

#include "participant/store/file_at_rest.h"
#include "participant/store/store_file.h"

namespace assent::participant {

std::int64_t ForeignWrites::data_version() {
  Query query = connection_.query("PRAGMA data_version");
  query.step();
  return query.integer(0);
}

void ForeignWrites::accept() {
  accepted_ = data_version();
}

// The index of the log is shared memory, which every commit counts in its header, at this offset, in the processor's
// byte order (https://www.sqlite.org/walformat.html#the_wal_index_header). Its first copy is written last: SQLite has
// seen both alike when it began the transaction.
std::uint32_t ForeignWrites::commits_in_log() {
  constexpr int kRegionBytes = 32768;
  constexpr std::size_t kCommits = 8;
  sqlite3_file* file = nullptr;
  sqlite3_file_control(connection_.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  void volatile* region = nullptr;
  if (file == nullptr || file->pMethods->xShmMap(file, 0, kRegionBytes, 0, &region) != SQLITE_OK || region == nullptr) {
    throw ResultError(
        {ErrorKind::kIo, connection_.path() + ": the index of its log cannot be mapped; see to the disk"});
  }
  return *reinterpret_cast<const volatile std::uint32_t*>(static_cast<const volatile char*>(region) + kCommits);
}

void ForeignWrites::about_to_commit() {
  commits_ = commits_in_log() + 1;
}

void ForeignWrites::check() {
  int has_moved = 0;
  sqlite3_file_control(connection_.handle(), "main", SQLITE_FCNTL_HAS_MOVED, &has_moved);
  if (has_moved != 0) {
    throw ResultError({ErrorKind::kConflict,
                       connection_.path() + ": another file has taken the place of this store's, or none; stop the "
                                            "participant before a store's file is moved or replaced"});
  }
  const std::int64_t version = data_version();
  if (version == accepted_) return;
  if (commits_in_log() != commits_) {
    throw ResultError({ErrorKind::kConflict,
                       connection_.path() + ": another program has written to this store; find it and stop it: other "
                                            "programs may open a store read-only"});
  }
  // SQLite has only forgotten its pages: it raises the version, too, where the disk is full or a page cannot be read
  // again while it rolls back, and where another program empties the log.
  accepted_ = version;
}

// Of a COMMIT that failed nobody knows whether it is counted.
bool ForeignWrites::has_somebody_committed() {
  if (!commits_) return false;
  const std::uint32_t commits = commits_in_log();
  return commits != *commits_ && commits != *commits_ - 1;
}

void ForeignWrites::note_after(Error& error) {
  bool is_written = error.kind == ErrorKind::kConflict;
  try {
    is_written = is_written || has_somebody_committed();
  } catch (const ResultError&) {
    return;  // no index that tells it
  }
  if (is_written) note_while_open(error);
}

void ForeignWrites::note_while_open(Error& error) {
  try {
    claim_.note_foreign_write("noticed " + clock_() + " while the store was served");
  } catch (const ResultError& failure) {
    error.message += "; and it will be forgotten, for " + failure.error().message;
  } catch (const std::bad_alloc&) {
    // There is no memory to say more: the error that stands is told.
  }
}

void ForeignWrites::compare_with_rest() {
  if (!claim_.at_rest()) return;
  const FileAtRest left = *claim_.at_rest();
  const FileAtRest found = look_at_file(connection_.path());
  const bool is_logged = has_log(connection_.path());
  if (found == left && !is_logged) return;
  claim_.note_foreign_write("noticed " + clock_() + " when the store was opened: since it was closed, " +
                            (is_logged                   ? "something was written to its write-ahead log"
                             : found.bytes != left.bytes ? "its file has gone from " + std::to_string(left.bytes) +
                                                               " to " + std::to_string(found.bytes) + " bytes"
                                                         : "its file was changed or replaced"));
}

std::string ForeignWrites::all_noticed(const std::string& kept) const {
  constexpr std::size_t kLong = 2000;
  const std::string& noticed = claim_.foreign_write();
  if (kept.empty() || noticed.empty()) return kept + noticed;
  const bool is_kept = kept.find(noticed) != std::string::npos;
  return is_kept || kept.size() > kLong ? kept : kept + "; " + noticed;
}

void ForeignWrites::leave_at_rest() {
  constexpr int kPatienceMilliseconds = 100;
  sqlite3_busy_timeout(connection_.handle(), kPatienceMilliseconds);
  const bool is_emptied = empty_log(connection_);
  connection_.query("BEGIN IMMEDIATE").run();
  check();
  if (is_emptied && !has_log(connection_.path())) {
    set_time_of_file(connection_.path());
    claim_.leave_at_rest(look_at_file(connection_.path()));
  }
  connection_.query("ROLLBACK").run();
  if (is_emptied) keep_log_at_close(connection_, false);  // SQLite removes it
}

}  // namespace assent::participant
