// What a coordinator core is told (facts of the past) and what it orders (effects). Pure values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "assent/coordinator_view.h"
#include "assent/isolation_level.h"
#include "assent/outcome.h"
#include "assent/time.h"
#include "assent/transaction_id.h"
#include "assent/value.h"
#include "coordinator/core/records.h"

namespace assent::coordinator {

// A call that waits for an answer. The service gives them out and never uses one twice. Each call gets exactly
// one answer; one whose caller is gone is answered all the same, and the service drops the answer.
enum class CallId : std::uint64_t {};

using Statements = std::shared_ptr<const std::vector<Statement>>;
using Results = std::shared_ptr<const std::vector<StatementResult>>;

enum class ReturnWhen : std::uint8_t { kDecided = 1, kApplied = 2 };

// ---- events: from clients ----

struct LeaseRequested {
  CallId call{};
  std::uint32_t count = 0;
};

struct SubmittedBranch {
  std::string store;
  Statements statements;
};

struct SubmitRequested {
  CallId call{};
  TransactionId id;
  std::uint64_t begin_stamp = 0;  // µs
  std::vector<SubmittedBranch> branches;
  ReturnWhen return_when = ReturnWhen::kDecided;
  std::optional<Duration> timeout;  // never longer than the transaction timeout of the settings
  IsolationLevel level = IsolationLevel::kSerializable;
};

struct TouchedBranch {
  std::string store;
  BranchNumber branch;  // kNoBranch: the client had no answer from this store (in an abort only)
  std::uint32_t statement_count = 0;
};

struct CommitRequested {
  CallId call{};
  TransactionId id;
  std::vector<TouchedBranch> branches;
  ReturnWhen return_when = ReturnWhen::kDecided;
};

struct AbortRequested {
  CallId call{};
  TransactionId id;
  std::vector<TouchedBranch> branches;
  AbortCause cause{AbortReason::kApplication, {}, "the application asked for it"};
};

struct OutcomeRequested {
  CallId call{};
  TransactionId id;
};

// ---- events: from stores ----

// A store registered, or gave its sign of life.
struct StoreRegistered {
  CallId call{};
  std::string store;
  StoreIdentity identity{};
  std::string address;
  StorePosition position{};        // of its journal, at the time it says so
  CoordinatorLine seen;            // what it has seen of this log; zeros if nothing
  std::uint64_t start_number = 0;  // how often the store has been opened; from 1
  Opening opening{};               // the present one
};

struct VoteReceived {
  std::string store;
  TransactionId id;
  BranchNumber branch;
  Vote vote = Vote::kNo;
  AbortCause cause;                // of kNo
  Results results;                 // of a one-shot branch, else null
  std::uint64_t result_bytes = 0;  // what the results take in an answer
};

// A repeated execute-and-prepare or prepare met a branch that has committed.
struct AlreadyCommitted {
  std::string store;
  TransactionId id;
  BranchNumber branch;
};

// A prepare or execute-and-prepare could not be delivered, or its answer did not come.
struct VoteLost {
  std::string store;
  TransactionId id;
  std::string detail;
  AbortReason reason = AbortReason::kStoreUnavailable;  // why the transaction aborts, if the vote was awaited
};

enum class AcknowledgementKind : std::uint8_t { kDone = 1, kAgrees = 2, kContradicts = 3, kRefused = 4 };

struct Acknowledged {
  std::string store;
  TransactionId id;
  BranchNumber branch;  // the one that the decision named
  Decision decision = Decision::kCommit;
  AcknowledgementKind kind = AcknowledgementKind::kDone;
  StorePosition position{};
  std::string detail;
};

struct Inquired {
  CallId call{};
  std::string store;
  TransactionId id;
  BranchNumber branch;
  CoordinatorLine seen;
  Opening opening{};  // of the store that asks
};

struct WoundRequested {
  std::string store;
  TransactionId id;
  Opening opening{};  // of the store that asks
};

// A store refused a message because it has seen a higher epoch, or another nonce of this epoch.
struct Fenced {
  std::string store;
  std::string detail;
};

// ---- events: from the log and the clock ----

struct DurableThrough {
  Position position{};
};

// While there is a reason, nothing is decided to commit: its record would wait for room, with its locks.
struct LogSpaceChanged {
  std::string out_of_space;  // why there is no room for what is to come; empty: there is
};

struct TimePassed {};

// No new transactions and leases from now on; what is in flight goes on.
struct DrainRequested {};

using Event = std::variant<LeaseRequested, SubmitRequested, CommitRequested, AbortRequested, OutcomeRequested,
                           StoreRegistered, VoteReceived, AlreadyCommitted, VoteLost, Acknowledged, Inquired,
                           WoundRequested, Fenced, DurableThrough, LogSpaceChanged, TimePassed, DrainRequested>;

// ---- effects: answers ----

struct LeaseGranted {
  CallId call{};
  TransactionId first;
  std::uint32_t count = 0;
  std::uint64_t begin_stamp = 0;  // µs
  Duration use_for{};
  Duration transaction_timeout{};
};

struct StoreResult {
  std::string store;
  Results results;
};

struct OutcomeAnswered {
  CallId call{};
  TransactionId id;
  OutcomeKind kind = OutcomeKind::kInProgress;
  AbortCause cause;                  // of kAborted
  std::vector<StoreResult> results;  // of a submit that committed
};

enum class RefusalKind : std::uint8_t { kInvalidArgument, kOverloaded, kUnavailable };

// The call cannot be served; nothing happened.
struct CallRefused {
  CallId call{};
  RefusalKind kind = RefusalKind::kInvalidArgument;
  std::string message;  // names the thing and the remedy
};

struct RegistrationAnswered {
  CallId call{};
  std::string store;
  std::string refused;  // why; empty: accepted
};

// kNotMine: another log, or another line of starts of this log. kNotAccepted: the store has not registered the opening
// that asks, or was refused. Neither says anything about the branch.
enum class InquiryResult : std::uint8_t {
  kUndecided = 1,
  kCommit = 2,
  kAbort = 3,
  kNotMine = 4,
  kNotAccepted = 5,
  kEnded = 6,  // if there was a commit, no store owes its acknowledgement: a branch that has heard of none aborts
};

struct InquiryAnswered {
  CallId call{};
  TransactionId id;
  BranchNumber branch;
  InquiryResult result = InquiryResult::kUndecided;
  Position commit{};  // of kCommit
};

// ---- effects: to stores ----
// Every one travels with the coordinator's view(), and names the opening of the store that it is meant for: any other
// one refuses it. Stores are named; their address is that of store_address().

struct SendExecuteAndPrepare {
  std::string store;
  Opening opening{};
  TransactionId id;
  std::uint64_t begin_stamp = 0;
  Statements statements;
  Duration timeout{};               // what is left of the transaction's time
  std::vector<std::string> stores;  // of the whole transaction
  IsolationLevel level = IsolationLevel::kSerializable;
};

struct SendPrepare {
  std::string store;
  Opening opening{};
  TransactionId id;
  BranchNumber branch;
  std::uint32_t statement_count = 0;
  Duration timeout{};  // how long the coordinator waits for the vote
  std::vector<std::string> stores;
};

struct SendDecision {
  std::string store;
  Opening opening{};
  TransactionId id;
  BranchNumber branch;  // kNoBranch only in an abort sent before any answer came
  Decision decision = Decision::kAbort;
  Position commit{};  // of kCommit
};

// ---- effects: on the log ----

// Positions are consecutive; the first is LogState::last + 1.
struct AppendRecord {
  Position position{};
  LogRecord record;
};

// Everything appended so far shall be durable: write one block, force it, answer with DurableThrough. Ask the
// log once for all the events that were drained together.
struct ForceLog {};

// ---- effects: to people ----

// Something that must not happen did, or an operator must know. The service logs it as an error and counts it.
struct Alarm {
  std::string text;
};

// This coordinator may not go on: another one has its log's name, or its log is an old copy. The service stops
// the process without sending anything more.
struct Halt {
  std::string reason;
};

// A transaction made a transition: for the log of the service, and for transcripts.
struct Transition {
  TransactionId id;
  std::string_view from;
  std::string_view to;
  AbortCause cause;  // of an abort
};

using Effect =
    std::variant<LeaseGranted, OutcomeAnswered, CallRefused, RegistrationAnswered, InquiryAnswered,
                 SendExecuteAndPrepare, SendPrepare, SendDecision, AppendRecord, ForceLog, Alarm, Halt, Transition>;

using Effects = std::vector<Effect>;

}  // namespace assent::coordinator
