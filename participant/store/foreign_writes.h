// ForeignWrites: notices that another program has written to the store's file, while it is open and while it was not.
//
//   noticed                                   is kept
//   -------                                   -------
//   within a transaction, at a failure or the close   in the lock file, forced, before the store goes offline
//   at the opening, against the lock file             there, too
//   either                                            in `assent_store`, by the next opening that succeeds: until an
//                                                     operator acknowledges it
//
// Not noticed: what was written after a crash of the participant, or after the store failed, and before its next
// opening, for nobody knows how the file was left.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "participant/store/connection.h"
#include "participant/store/file_claim.h"

namespace assent::participant {

class ForeignWrites {
 public:
  using Clock = std::function<std::string()>;

  ForeignWrites(Connection& connection, FileClaim& claim, Clock clock)
      : connection_(connection), claim_(claim), clock_(std::move(clock)) {}

  // ---- while it is open (https://www.sqlite.org/pragma.html#pragma_data_version) ----

  // REQUIRES: within a transaction. What is there now is what this store has seen.
  void accept();

  // REQUIRES: within a transaction. Throws ResultError (kConflict) if somebody else has committed since, or if the file
  // is no longer the one at its path.
  void check();

  // REQUIRES: the write lock is held, something was changed, and COMMIT comes next. Throws ResultError (kIo) if the
  // log's index cannot be seen.
  void about_to_commit();

  // Notes it if another program has written, or has kept the write lock for long. Adds to the error if it cannot be
  // noted.
  void note_after(Error& error);

  // ---- across a close ----

  // At the opening, before anything is written: notes it if the file is not as it was left.
  void compare_with_rest();

  // What is to be kept in the store: `kept`, which is there already, and what was noticed since.
  std::string all_noticed(const std::string& kept) const;

  // REQUIRES: no transaction is open, and all that was executed has been journaled. Empties the log if no reader is in
  // the way, and lets the claim remember how the file looks then. The connection must be closed next.
  void leave_at_rest();

 private:
  std::int64_t data_version();
  // Commits since the index of the log was built, of anybody. A log that is started anew goes on counting; an index
  // that is built again begins at 0. Throws ResultError (kIo) if it cannot be seen.
  std::uint32_t commits_in_log();
  bool has_somebody_committed();
  void note_while_open(Error& error);

  Connection& connection_;
  FileClaim& claim_;
  Clock clock_;
  std::int64_t accepted_ = 0;
  std::optional<std::uint32_t> commits_;  // in the log, as our own last one leaves it
};

}  // namespace assent::participant
