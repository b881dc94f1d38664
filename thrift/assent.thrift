// Assent's protocol: what clients, stores and operators say to a coordinator and to participants.
//
// Transport: framed, TBinaryProtocol (strict). One connection carries many outstanding calls; answers are
// matched by seqid and come in any order. The first call of a connection is `hello`.
// Durations are in milliseconds. Times never travel: only durations, and stamps that one coordinator gave out.
// Unsigned 64-bit numbers travel as the i64 of the same bits.
// Expected ends (a no vote, an abort) are results; a Fault says that the call itself could not be served.

namespace cpp assent.wire
namespace py assent

// Raised whenever a message changes its meaning; peers with another version are refused at `hello`.
const i32 PROTOCOL_VERSION = 2

// ---- faults -------------------------------------------------------------------------------------------------

enum FaultCode {
  INVALID_ARGUMENT = 1,  // the request is wrong and will never succeed; nothing happened
  NOT_FOUND = 2,         // the store or transaction named does not exist here; nothing happened
  OVERLOADED = 3,        // a queue or a limit is full; nothing happened, try again later
  UNAVAILABLE = 4,       // this process cannot serve it now (starting, draining, store offline); nothing happened
  WRONG_VERSION = 5,     // `hello` named another protocol version
  FENCED = 6,            // a coordinator with a higher epoch, or another nonce of this epoch, was seen
  CONFLICT = 7,          // refused because of the state the thing is in; the message names it
}

exception Fault {
  1: FaultCode code,   // what went wrong
  2: string message,  // names the thing and the remedy
}

// ---- common -------------------------------------------------------------------------------------------------

struct HelloRequest {
  1: i32 protocol_version,  // PROTOCOL_VERSION of the caller
  2: string program,        // who calls, for logs: `assent-participant 1.0.0`
}

struct HelloAnswer {
  1: i32 protocol_version,  // PROTOCOL_VERSION of the answerer
  2: string program,  // who answers, for logs: `assent-coordinator 1.0.0`
  3: i64 log_identity,      // of a coordinator's decision log; 0 from a participant
  4: i64 epoch,             // of this start of a coordinator, from 1; 0 from a participant
}

struct TransactionId {
  1: i64 log,     // identity of the decision log
  2: i64 epoch,   // of the coordinator's start that leased it
  3: i64 number,  // from 0 in each epoch
}

// Tells one coming-into-being of a branch from another.
struct BranchNumber {
  1: i64 start,    // the store's start number
  2: i64 counter,  // counted on in each start, from a number that its opening drew
}

// Exactly one field is set; none stands for NULL.
union Value {
  1: i64 integer,  // 64-bit, signed
  2: double real,  // IEEE 754 double, never NaN
  3: string text,   // UTF-8
  4: binary blob,  // any bytes
}

struct Statement {
  1: string sql,                  // one statement
  2: list<Value> parameters,      // bound to ?1, ?2, …
  3: optional i64 expected_rows,  // changed, or returned by a query; any other number fails the branch
}

struct Row {
  1: list<Value> values,  // one per column, in their order
}

struct StatementResult {
  1: list<string> columns,  // empty if the statement returns no rows
  2: list<Row> rows,  // in the order SQLite returned them
  3: i64 changed_rows,  // inserted, updated and deleted by the statement itself; 0 for a query
}

enum AbortReason {
  NONE = 0,  // not aborted
  APPLICATION = 1,  // the client asked for it
  WOUNDED = 2,  // an older transaction needed a lock that it held
  LOCK_TIMEOUT = 3,  // a lock did not come within the lock timeout
  CONSTRAINT = 4,  // a constraint of a schema, or a number of rows that was not the expected one
  STATEMENT_FAILED = 5,  // SQLite or Assent refused a statement
  VOTE_NO = 6,  // a store could not prepare
  TRANSACTION_TIMEOUT = 7,  // the transaction's time was over before all votes were there
  STORE_UNAVAILABLE = 8,  // a store could not be reached, or forgot the branch in a restart
  OVERLOADED = 9,  // a queue, or the disk of a log or store, is full
  PRESUMED = 10,  // no commit is known of it: the coordinator restarted, or its outcome was asked before it began
  UNKNOWN_STORE = 11,  // no store of this name has ever registered
}

struct AbortCause {
  1: AbortReason reason,  // NONE only where there is no cause
  2: string store,              // where it happened; empty if nowhere in particular
  3: string detail,             // a sentence for a person
  4: i32 sqlite_extended_code,  // of a failed statement, else 0
  5: i32 statement_index,       // of a failed statement within its branch, from 0; else -1
}

// What a coordinator says of itself on every message and every answer to a store. What is released only grows: a message
// that says less takes nothing back, and a request for a vote says nothing of it (released_through 0).
struct CoordinatorView {
  1: i64 log,  // identity of its decision log; never 0
  2: i64 epoch,  // of this start of the coordinator, from 1; a higher one fences all lower ones
  3: i64 nonce,  // random, drawn by this start: tells two starts of one epoch apart
  4: i64 durable_position,  // number of the last record of its log that is forced; 0: none
  5: string address,              // host:port, where inquiries go
  6: i64 released_through,  // position: commits up to it have ended, durably …
  7: list<i64> released_except,   // … but these
}

// ---- clients to coordinator ---------------------------------------------------------------------------------

struct LeaseRequest {
  1: i32 count,  // how many ids are wanted; the answer may hold fewer
}

// A block of transaction ids. Each begins at most once, within use_for_ms of the call.
struct Lease {
  1: TransactionId first,  // the first id of the block
  2: i32 count,                   // ids first.number … first.number + count - 1
  3: i64 begin_stamp,             // µs; a transaction's stamp is this plus the µs since the answer arrived
  4: i64 use_for_ms,  // from the call that asked for it; later, its ids cannot begin
  5: i64 transaction_timeout_ms,  // the coordinator's transaction timeout, for interactive transactions
}

struct LocateRequest {
  1: string store,  // its name
}

struct StoreLocation {
  1: string store,  // its name
  2: i64 identity,  // of its file, drawn when it was created
  3: string address,  // host:port of its participant
}

// When the answer to a commit is sent.
enum ReturnWhen {
  DECIDED = 1,  // the decision is durable
  APPLIED = 2,  // every store has applied it
}

// How much of other transactions a transaction may see. A transaction has one level, from its first statement on.
// Left out, or 0, it is SERIALIZABLE; a number that does not stand here is refused.
enum IsolationLevel {
  SERIALIZABLE = 1,  // as if transactions ran one after the other
  READ_COMMITTED = 2,  // reads lock nothing, and see what was committed when they ran, and the transaction's own writes
}

struct BatchBranch {
  1: string store,  // its name
  2: list<Statement> statements,  // run in this order
}

// A whole transaction in one request.
struct SubmitRequest {
  1: TransactionId id,  // one of a lease of this coordinator
  2: i64 begin_stamp,           // µs; kept when the transaction is run again under a new id
  3: list<BatchBranch> branches,  // each store at most once
  4: ReturnWhen return_when,  // when the answer is sent
  5: i64 timeout_ms,            // 0: the coordinator's transaction timeout
  6: IsolationLevel level,  // of the transaction
}

struct TouchedBranch {
  1: string store,  // its name
  2: BranchNumber branch,    // from the store's first answer; {0, 0} where no answer came (abort only)
  3: i32 statement_count,    // statements that were answered
}

struct CommitRequest {
  1: TransactionId id,  // of the transaction
  2: list<TouchedBranch> branches,  // every store the transaction touched
  3: ReturnWhen return_when,  // when the answer is sent
}

struct AbortRequest {
  1: TransactionId id,  // of the transaction
  2: list<TouchedBranch> branches,  // every store the transaction touched
}

struct OutcomeRequest {
  1: TransactionId id,  // of the transaction
}

enum OutcomeKind {
  IN_PROGRESS = 1,  // not decided yet, or the coordinator cannot tell yet: ask again
  COMMITTED = 2,  // the decision is durable; stores apply it, or have
  ABORTED = 3,  // finally; nothing of it remains
  FORGOTTEN = 4,  // ended longer ago than outcomes are kept
}

struct StoreResults {
  1: string store,  // its name
  2: list<StatementResult> results,  // one per statement of its branch, in order
}

struct Outcome {
  1: TransactionId id,  // of the transaction
  2: OutcomeKind kind,  // what is known of it
  3: AbortCause cause,               // of ABORTED
  4: list<StoreResults> results,     // of a submit that committed, in the first answer only
}

// ---- stores to coordinator ----------------------------------------------------------------------------------

// One opening of a store: the time from one open of its file to its close. A copy of the file is another opening, with
// the same name and the same identity.
struct StoreRegistration {
  1: string store,          // its name
  2: i64 identity,          // random, drawn when the store was created; never 0
  3: i64 start_number,      // how often it has been opened, from 1; raised and forced by this opening
  4: i64 position,          // of its journal now: how many transactions it has taken
  // What the store has seen of the log that the registration names; zeros if it has seen nothing.
  5: i64 seen_epoch,        // the highest
  6: i64 seen_nonce,        // of that epoch
  7: i64 seen_position,     // the highest that was durable
  8: i64 opening,           // random, drawn by this opening; never 0
}

// Sent at a participant's start, again every second as a sign of life, and as soon as it is wanted.
struct Registration {
  1: string address,                  // host:port where the participant listens
  2: list<StoreRegistration> stores,  // those that are online
  // What `hello` said: another log, or another start, answers CONFLICT, and nothing happens.
  3: i64 log,    // identity of the decision log
  4: i64 epoch,  // of the coordinator's start
}

struct RefusedStore {
  1: string store,   // its name
  2: string reason,  // a sentence for a person: what is wrong, and what to do
}

// Stores that are not named as refused are accepted: from now on their openings are those that messages are meant for.
struct RegistrationAnswer {
  1: CoordinatorView coordinator,  // who answers
  2: list<RefusedStore> refused,  // of the stores that registered
}

struct Inquiry {
  1: TransactionId id,  // of the transaction in doubt
  2: BranchNumber branch,  // the one that is prepared
}

struct InquiryRequest {
  1: string store,             // the one that asks
  2: i64 opening,              // its own: another one than the coordinator has accepted learns nothing
  // What the store has seen of the log that the ids name; zeros if it has seen nothing.
  3: i64 seen_epoch,           // the highest
  4: i64 seen_nonce,           // of that epoch
  6: i64 seen_position,        // the highest that was durable
  5: list<Inquiry> inquiries,  // every branch that the store is in doubt of, in parts where they are many
}

enum InquiryResult {
  UNDECIDED = 1,  // ask again later
  COMMIT = 2,  // the branch must commit
  ABORT = 3,  // the branch must abort: by its record, or presumed
  NOT_MINE = 4,  // another log, or another line of starts of this log: it proves nothing
  NOT_ACCEPTED = 5,  // the store has not registered its opening, or was refused: register, then ask again
  ENDED = 6,  // no store owes an acknowledgement of it: a branch that has heard of a commit waits for its release, another aborts
}

struct InquiryAnswer {
  1: TransactionId id,  // of the inquiry
  2: BranchNumber branch,  // of the inquiry
  3: InquiryResult result,  // what the coordinator knows
  4: i64 commit_position,  // of COMMIT: number of its commit record; else 0
}

struct InquiryAnswers {
  1: CoordinatorView coordinator,  // who answers
  2: list<InquiryAnswer> answers,  // in the order of the inquiries
}

// An older transaction waits behind the prepared branch of `id`.
struct WoundRequest {
  1: string store,      // the one that asks
  2: TransactionId id,  // of the prepared branch
  3: i64 opening,       // of the store: what another one asks than the coordinator has accepted, is ignored
}

struct WoundAnswer {
  1: CoordinatorView coordinator,  // who answers
}

service Coordinator {
  // The first call of a connection; any other one closes it.
  HelloAnswer hello(1: HelloRequest request) throws (1: Fault fault),

  // Ids for transactions to come.
  Lease lease(1: LeaseRequest request) throws (1: Fault fault),
  // Which participant serves a store.
  StoreLocation locate(1: LocateRequest request) throws (1: Fault fault),
  // Runs and commits a whole transaction. Repeated, it answers with the outcome and runs nothing again. Like commit and
  // abort it may answer IN_PROGRESS about an id of an earlier start: ask for the outcome then.
  Outcome submit(1: SubmitRequest request) throws (1: Fault fault),
  // Commits what ran at the stores. Repeated, it answers with the outcome.
  Outcome commit(1: CommitRequest request) throws (1: Fault fault),
  // Ends what ran at the stores. Answers with the outcome, which is COMMITTED if the commit came first.
  Outcome abort(1: AbortRequest request) throws (1: Fault fault),
  // What became of a transaction. Makes an id that has not begun aborted, finally.
  Outcome outcome(1: OutcomeRequest request) throws (1: Fault fault),

  // Says where stores are, that they live, and how far they are.
  RegistrationAnswer register_stores(1: Registration request) throws (1: Fault fault),
  // What became of the transactions that a store is in doubt of.
  InquiryAnswers inquire(1: InquiryRequest request) throws (1: Fault fault),
  // Asks for the abort of a transaction that is not decided; one that is decided takes no harm.
  WoundAnswer wound(1: WoundRequest request) throws (1: Fault fault),
}

// ---- to participants ----------------------------------------------------------------------------------------

// Messages of a coordinator name the opening of the store that they are meant for: the one that it accepted. Any other
// one answers UNAVAILABLE, and nothing happens: a copy of a store's file never votes, and learns no decision.

// One statement of an interactive transaction, from a client, who knows nothing of openings: a branch that begins at a
// copy ends there, because it can be prepared by a message of its coordinator only.
struct ExecuteRequest {
  1: string store,  // its name
  2: TransactionId id,  // of the transaction
  3: i64 begin_stamp,  // µs; the transaction's age, for wound-wait
  4: BranchNumber branch,         // {0, 0} with statement 0
  5: i32 statement_number,        // from 0, one outstanding at a time
  6: Statement statement,  // what is to run
  7: i64 timeout_ms,              // what is left of the transaction's time
  8: IsolationLevel level,        // of the transaction: the same in all its statements
}

struct ExecuteAnswer {
  1: BranchNumber branch,  // which every further message must name
  2: optional StatementResult result,  // of the statement; absent if it failed
  3: optional AbortCause failure,  // the statement failed and changed nothing; the branch lives on
  4: optional AbortCause ended,    // the branch has ended, or never was: the transaction must abort
}

// A whole branch of a submitted transaction, from its coordinator.
struct ExecuteAndPrepareRequest {
  1: CoordinatorView coordinator,  // who asks
  2: string store,  // its name
  3: TransactionId id,  // of the transaction
  4: i64 begin_stamp,  // µs; the transaction's age, for wound-wait
  5: list<Statement> statements,  // run in this order
  6: i64 timeout_ms,  // what is left of the transaction's time
  7: list<string> stores,  // names of all stores of the transaction, for operators
  8: i64 opening,          // of the store: the one this is meant for
  9: IsolationLevel level,  // of the transaction
}

struct PrepareRequest {
  1: CoordinatorView coordinator,  // who asks
  2: string store,  // its name
  3: TransactionId id,  // of the transaction
  4: BranchNumber branch,  // which is to be prepared
  5: i32 statement_count,  // that the client had answers to: the branch must have run as many
  6: list<string> stores,  // names of all stores of the transaction, for operators
  7: i64 opening,  // of the store: the one this is meant for
}

enum Vote {
  YES = 1,  // prepared: durable, and able to commit or abort
  NO = 2,  // aborted: the cause says why
  READ_ONLY = 3,  // wrote nothing and has ended: needs no decision
  EXECUTED = 4,   // one-shot only: ran, wrote nothing, keeps its locks until it is asked to prepare
  COMMITTED = 5,  // this branch has committed long since: a repeated request
}

struct VoteAnswer {
  1: BranchNumber branch,  // that voted
  2: Vote vote,  // what it promises
  3: AbortCause cause,               // of NO
  4: list<StatementResult> results,  // of a one-shot branch
}

enum DecisionKind {
  COMMIT = 1,  // the branch must commit
  ABORT = 2,  // the branch must abort
}

struct Decision {
  1: TransactionId id,  // of the transaction
  2: optional BranchNumber branch,  // absent only in an abort sent before any answer came
  3: DecisionKind kind,  // what was decided
  4: i64 commit_position,  // of COMMIT: number of its commit record; else 0
}

struct DecideRequest {
  1: CoordinatorView coordinator,  // who decided
  2: string store,  // its name
  3: list<Decision> decisions,  // of any transactions
  4: i64 opening,  // of the store: the one this is meant for
}

enum AcknowledgementKind {
  DONE = 1,         // applied, or gone, durably
  AGREES = 2,       // an operator had resolved the branch by hand, the same way
  CONTRADICTS = 3,  // an operator had resolved the branch by hand, the other way: heuristic-mixed
  REFUSED = 4,      // this store cannot have prepared it, or has done the opposite: an alarm
}

struct Acknowledgement {
  1: TransactionId id,  // of the decision
  2: AcknowledgementKind kind,  // what became of it
  3: string detail,  // of REFUSED and CONTRADICTS, for a person
}

struct DecideAnswer {
  1: i64 store_position,                      // of the store's journal: all that is acknowledged is durable up to it
  2: list<Acknowledgement> acknowledgements,  // in the order of the decisions
}

service Participant {
  // The first call of a connection; any other one closes it.
  HelloAnswer hello(1: HelloRequest request) throws (1: Fault fault),

  // Runs one statement of an interactive transaction; statement 0 begins the branch.
  ExecuteAnswer execute(1: ExecuteRequest request) throws (1: Fault fault),

  // Runs a branch and prepares it. Repeated, it answers with the vote that was given.
  VoteAnswer execute_and_prepare(1: ExecuteAndPrepareRequest request) throws (1: Fault fault),
  // Prepares a branch that clients have run. Repeated, it answers with the vote that was given.
  VoteAnswer prepare(1: PrepareRequest request) throws (1: Fault fault),
  // Commits or aborts branches. Answered when all of it is durable.
  DecideAnswer decide(1: DecideRequest request) throws (1: Fault fault),
}
