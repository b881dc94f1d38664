// What a branch table is told (facts of the past) and what it orders (effects). Pure values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "assent/coordinator_view.h"
#include "assent/isolation_level.h"
#include "assent/outcome.h"
#include "assent/time.h"
#include "assent/transaction_id.h"
#include "assent/value.h"
#include "participant/core/journal.h"
#include "participant/core/locks.h"

namespace assent::participant {

// A call that waits for an answer. The service gives them out and never uses one twice. Each gets one answer.
enum class CallId : std::uint64_t {};

// One run of statements in the store. The core gives them out and never uses one twice.
enum class RunId : std::uint64_t {};

using Statements = std::shared_ptr<const std::vector<Statement>>;
using Results = std::shared_ptr<const std::vector<StatementResult>>;

// ---- events: requests ----

// One statement of an interactive transaction.
struct ExecuteRequested {
  CallId call{};
  TransactionId id;
  std::uint64_t begin_stamp = 0;
  BranchNumber branch;                 // kNoBranch with statement 0
  std::uint32_t statement_number = 0;  // from 0
  Statements statement;                // exactly one
  Duration timeout{};                  // what is left of the transaction's time
  std::string coordinator_address;
  IsolationLevel level = IsolationLevel::kSerializable;
};

// What coordinators say names the opening of the store that it is meant for (the one they accepted), and any other one
// refuses it. Statements of clients name none: a branch that begins at a copy of the store's file is never asked to
// prepare there, so it ends at its timeout, and no branch of the store is taken for it: their numbers differ.

struct ExecuteAndPrepareRequested {
  CallId call{};
  Opening opening{};
  CoordinatorView coordinator;
  TransactionId id;
  std::uint64_t begin_stamp = 0;
  Statements statements;
  Duration timeout{};
  std::vector<std::string> stores;
  IsolationLevel level = IsolationLevel::kSerializable;
};

struct PrepareRequested {
  CallId call{};
  Opening opening{};
  CoordinatorView coordinator;
  TransactionId id;
  BranchNumber branch;
  std::uint32_t statement_count = 0;
  std::vector<std::string> stores;
};

struct DecisionReceived {
  CallId call{};
  Opening opening{};
  std::shared_ptr<const CoordinatorView> coordinator;  // shared by decisions of one message; never null
  TransactionId id;
  BranchNumber branch;  // kNoBranch only in an abort
  Decision decision = Decision::kAbort;
  Position commit{};
};

struct ResolveRequested {
  CallId call{};
  TransactionId id;
  Decision decision = Decision::kAbort;
  std::string reason;
};

// An operator's. All of the text becomes part of the store at once, or nothing of it.
struct SchemaChangeRequested {
  CallId call{};
  std::shared_ptr<const std::string> text;  // SQL; never null
};

// An operator's, who answers for what another program wrote to the store.
struct AcknowledgeWriteRequested {
  CallId call{};
};

// An operator's, who restores the coordinator's log: `coordinator` is the line of starts that goes on with it. An
// answer has at most so many branches and names of their stores, but for one branch; `after` is where the one before
// ended.
struct TestimonyRequested {
  CallId call{};
  Opening opening{};
  CoordinatorView coordinator;
  std::optional<TransactionId> after;
  std::size_t most = 0;
};

// A coordinator has accepted a registration of this opening. Those that it refuses hear nothing of it.
struct RegistrationAccepted {
  CoordinatorView coordinator;
};

// kNotAccepted: the coordinator has not accepted this opening (yet). It says nothing about the branch.
enum class InquiryResult : std::uint8_t {
  kUndecided = 1,
  kCommit = 2,
  kAbort = 3,
  kNotMine = 4,
  kNotAccepted = 5,
  kEnded = 6,  // if there was a commit, no store owes its acknowledgement: a branch that has heard of none aborts
};

struct InquiryAnswered {
  std::shared_ptr<const CoordinatorView> coordinator;  // shared by answers of one message; never null
  TransactionId id;
  BranchNumber branch;
  InquiryResult result = InquiryResult::kUndecided;
  Position commit{};
};

// ---- events: from the store and the clock ----

// The statements of RunStatements ran, and were undone.
struct StatementsRan {
  RunId run{};
  Results results;              // one per statement, those before a failure only
  AbortCause failure;           // reason kNone: all of them succeeded
  Changes changes;              // what they changed, without what the branch had changed before; empty after a failure
  Locks locks;                  // the footprint, also of a failure: an error is an answer
  bool needs_last_run = false;  // before it votes, the branch must have a run that is the last
};

// Everything of the last WriteJournal is durable.
struct JournalDurable {
  StorePosition position{};
};

// What was ordered by ApplySchema was done, and is durable; or it was refused, and nothing was done.
struct SchemaApplied {
  SchemaChange change;
};

struct TimePassed {};

// The service has no more events at hand: what waits for a journal transaction may go into one now.
struct BatchEnded {};

// No new branches from now on; what is in flight goes on.
struct DrainRequested {};

// Whether the store can promise to apply what it prepares. While it cannot, branches that wrote get a vote of no.
struct HealthChanged {
  std::string short_of_space;  // `short of space …`; empty: there is room
  std::string foreign_write;   // what another program did that no operator has acknowledged; empty: nothing
};

using Event = std::variant<ExecuteRequested, ExecuteAndPrepareRequested, PrepareRequested, DecisionReceived,
                           ResolveRequested, SchemaChangeRequested, AcknowledgeWriteRequested, TestimonyRequested,
                           RegistrationAccepted, InquiryAnswered, StatementsRan, JournalDurable, SchemaApplied,
                           TimePassed, BatchEnded, DrainRequested, HealthChanged>;

// ---- effects: on the store ----

// Run the statements on top of what the branch has changed so far, keep nothing, answer with StatementsRan.
struct RunStatements {
  RunId run{};
  TransactionId id;  // for logs
  std::shared_ptr<const Changes> before;
  Statements statements;  // none if the branch has run, and only what a commit checks is left to be checked
  IsolationLevel level = IsolationLevel::kSerializable;
  bool is_last = false;                           // the branch votes next
  std::optional<Duration> waited = std::nullopt;  // for the locks of the run before, which was in vain; for metrics
};

// Do all of it in one transaction, force it, answer with JournalDurable. Never ordered again before that answer.
// If it fails, the store goes offline without answering anybody, opens again and starts from what the disk holds.
struct WriteJournal {
  std::vector<JournalOperation> operations;
};

// Apply the text in one forced transaction of its own, answer with SchemaApplied. No WriteJournal is ordered before
// that answer, nor this while one is under way. If the transaction fails, the same as there.
struct ApplySchema {
  std::shared_ptr<const std::string> text;
};

// ---- effects: answers ----

struct ExecuteAnswered {
  CallId call{};
  BranchNumber branch;
  std::shared_ptr<const StatementResult> result;  // null if it failed or ended
  AbortCause failure;                             // the statement failed, the branch lives on; else kNone
  AbortCause ended;                               // the branch has ended, or never was; else kNone
};

// What a store can say to a prepare: a vote, or that the branch has committed long since.
struct VoteAnswered {
  CallId call{};
  BranchNumber branch;
  Vote vote = Vote::kNo;
  bool already_committed = false;  // then `vote` means nothing
  AbortCause cause;                // of kNo
  Results results;                 // of a one-shot branch; null after a restart
};

enum class AcknowledgementKind : std::uint8_t { kDone = 1, kAgrees = 2, kContradicts = 3, kRefused = 4 };

struct DecisionAnswered {
  CallId call{};
  TransactionId id;
  AcknowledgementKind kind = AcknowledgementKind::kDone;
  StorePosition position{};
  std::string detail;  // of kContradicts and kRefused
};

enum class RefusalKind : std::uint8_t { kInvalidArgument, kNotFound, kOverloaded, kUnavailable, kFenced, kConflict };

// The call cannot be served; nothing happened.
struct CallRefused {
  CallId call{};
  RefusalKind kind = RefusalKind::kInvalidArgument;
  std::string message;
};

// What operators see of a branch.
struct BranchSummary {
  TransactionId id;
  BranchNumber branch;
  std::string_view state;
  Duration age{};
  std::vector<std::string> stores;
  LogIdentity coordinator{};
  std::string coordinator_address;
  std::uint32_t inquiries = 0;
  std::uint64_t changes = 0;
  std::vector<TransactionId> blocks;  // who waits for its locks
};

struct ResolveAnswered {
  CallId call{};
  BranchSummary branch;  // as it is after the resolution
};

struct SchemaAnswered {
  CallId call{};
  SchemaVersion version{};
  bool was_applied_before = false;
};

struct AcknowledgeWriteAnswered {
  CallId call{};
  std::string foreign_write;  // what was acknowledged
};

// A branch that is prepared, or further.
struct TestifiedBranch {
  TransactionId id;
  BranchNumber branch;
  std::string_view state;
  Position commit{};  // 0: it has not heard of a commit
  std::vector<std::string> stores;
};

// What a store knows of a decision log.
struct Testimony {
  StoreIdentity identity{};
  StorePosition position{};
  Position seen{};  // the highest position that was durable
  Released released;
  std::vector<TestifiedBranch> branches;
  bool more = false;  // there are more behind the last one
};

struct TestimonyGiven {
  CallId call{};
  Testimony testimony;
};

// ---- effects: to coordinators ----

// Ask what became of the branch, the coordinator found by identity (id.log), else at `address`.
struct SendInquiry {
  TransactionId id;
  BranchNumber branch;
  std::string address;
  CoordinatorLine seen;  // what this store has seen of id.log
  Opening opening{};     // this one
};

struct SendWound {
  TransactionId id;  // the prepared holder
  std::string address;
  Opening opening{};  // this one
};

// ---- effects: to people ----

// Something that must not happen did. The service logs it as an error and counts it.
struct Alarm {
  std::string text;
};

struct Transition {
  TransactionId id;
  std::string_view from;
  std::string_view to;
  AbortCause cause;  // of an end
};

using Effect = std::variant<RunStatements, WriteJournal, ApplySchema, ExecuteAnswered, VoteAnswered, DecisionAnswered,
                            CallRefused, ResolveAnswered, SchemaAnswered, AcknowledgeWriteAnswered, TestimonyGiven,
                            SendInquiry, SendWound, Alarm, Transition>;

using Effects = std::vector<Effect>;

}  // namespace assent::participant
