// How transactions end, and why.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace assent {

enum class AbortReason : std::uint8_t {
  kNone = 0,
  kApplication = 1,         // the application asked for it
  kWounded = 2,             // an older transaction needed its locks: run it again
  kLockTimeout = 3,         // waited too long for a lock: run it again
  kConstraint = 4,          // a constraint of a store, or an expected number of rows, was not met
  kStatementFailed = 5,     // SQL error, or a statement that is not supported or exceeds a limit
  kVoteNo = 6,              // a store refused to prepare: see the detail
  kTransactionTimeout = 7,  // not committed in time
  kStoreUnavailable = 8,    // a store could not be reached, or lost the branch in a restart: run it again
  kOverloaded = 9,          // a queue or a limit was full: run it again later
  kPresumed = 10,           // no commit is on record; the reason is not kept
  kUnknownStore = 11,       // no store of this name is registered
};

// `wounded`, `lock timeout`, …: as it stands in logs, tables and messages.
std::string_view to_string(AbortReason reason);

// Running the transaction again may succeed without any change to it.
bool is_worth_another_run(AbortReason reason);

struct AbortCause {
  AbortReason reason = AbortReason::kNone;
  std::string store;                      // where it happened; empty if nowhere in particular
  std::string detail;                     // a sentence for a person
  std::int32_t sqlite_extended_code = 0;  // of a failed statement (https://www.sqlite.org/rescode.html), else 0
  std::int32_t statement_index = -1;      // of a failed statement within its branch, from 0; else -1

  friend bool operator==(const AbortCause&, const AbortCause&) = default;
};

// What a coordinator can say about a transaction.
enum class OutcomeKind : std::uint8_t {
  kInProgress = 1,
  kCommitted = 2,
  kAborted = 3,
  kForgotten = 4,  // ended longer ago than outcomes are kept
};

std::string_view to_string(OutcomeKind kind);

enum class Vote : std::uint8_t {
  kYes = 1,       // prepared: survives any crash, and waits for the decision
  kNo = 2,        // aborted at this store
  kReadOnly = 3,  // wrote nothing, has let go of its locks, and needs no decision
  kExecuted = 4,  // one-shot only: ran, wrote nothing, holds its locks until it is asked to prepare
};

std::string_view to_string(Vote vote);

enum class Decision : std::uint8_t { kCommit = 1, kAbort = 2 };

std::string_view to_string(Decision decision);

}  // namespace assent
