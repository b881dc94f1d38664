// What operators and crash tests say to Assent's daemons, over the same connections and rules as assent.thrift.

include "assent.thrift"

namespace cpp assent.wire
namespace py assent_operators

// ---- operators ----------------------------------------------------------------------------------------------

struct Empty {
}

// How values are distributed.
struct Distribution {
  1: i64 count,  // of the values
  2: i64 sum,  // of the values
  3: i64 max,  // the largest value; 0: there is none
  4: list<i64> by_bits,  // element n: how many values have n bits, and so are less than 2^n; the last one is not 0
}

// The calls of one method, and what they were answered, as messages.
struct MethodCounters {
  1: string method,  // its name
  2: i64 requests,  // messages
  3: i64 request_bytes,  // of them, with the lengths of their frames
  4: i64 answers,  // messages, also those that are Faults; a call that was cut off has none
  5: i64 answer_bytes,  // of them, with the lengths of their frames
}

// What a daemon does on its connections of one kind: those that it accepts, or those that it makes. Since its start.
struct ConnectionCounters {
  1: i64 connections,  // accepted, or made
  2: i64 reads,  // system calls that brought bytes
  3: i64 writes,  // system calls that took bytes
  4: i64 bytes_in,  // that reads brought
  5: i64 bytes_out,  // that writes took
  6: list<MethodCounters> methods,  // by name: what the reads and writes were for
  7: i64 bad_frames,  // each closed its connection
  8: i64 slow_peers,  // closed: slow to read, to end a frame or to say hello, or idle too long
  9: i64 refused_connections,  // closed at once: there were too many
  10: i64 evicted_connections,  // closed for one that came later: no other had been idle for longer
}

// Of a decision log, since the start. A block is what one force makes durable.
struct LogCounters {
  1: map<string, i64> forces,  // what it was forced for to blocks: commit, else store, else end
  2: i64 syncs,  // calls of fdatasync and fsync: one for each block, and what new segments take, that of the start too
  3: i64 written_bytes,  // by calls of pwrite, also into new segments
  4: Distribution records,  // of each block
  5: Distribution block_bytes,  // of each block
  6: Distribution wait_us,  // µs of each block: from when its force was asked for until the log's thread began with it
  7: Distribution force_us,  // µs of each block: to write it and to force it
  8: i64 cpu_us,  // µs of the processor, of the log's thread, until the last block
}

// Of a coordinator, since its start.
struct CoordinatorCounters {
  1: ConnectionCounters callers,  // clients, participants and operators, who call it
  2: ConnectionCounters stores,  // participants, whom it calls
  3: LogCounters log,  // its decision log
  4: Distribution turn_events,  // taken together by one turn of the core
  5: Distribution turn_wait_us,  // µs of each turn: from when the first of its events came until it began
  6: i64 network_cpu_us,  // µs of the processor, of the thread that has the network and the core
}

struct CoordinatorStatus {
  1: i64 log,  // identity of its decision log
  2: i64 epoch,  // of this start
  3: i64 durable_position,  // number of the last forced record
  4: i64 log_bytes,  // size of the segments on disk
  5: i32 active,  // transactions undecided
  6: i32 committing,  // transactions decided, acknowledgements missing
  7: i64 committed,  // transactions, since the start
  8: i64 aborted,  // transactions, since the start
  9: i64 forces,  // forced writes of the log since the start
  10: map<string, i64> aborted_by_reason,  // name of the reason to transactions since the start
  11: i64 uptime_ms,  // since the start
  12: bool draining,  // takes no new transactions, ends when the last is done
  13: i64 unended_records,  // commit records without a durable end record
  14: string program,  // name and version
  15: bool insecure,            // listens beyond its machine without TLS
  16: i64 alarms,               // since the start: what must not happen, and did; the coordinator's log says what
  17: string log_out_of_space,  // why the log has no room, and new commits are refused; empty: it has room
  18: bool proven,              // a store has shown that the log is the newest; before, ids and aborted outcomes are held back
  19: CoordinatorCounters counters,  // what it does, counted
}

// A store, or an opening that is refused in its place: a copy of its file, or a stranger under its name.
struct StoreStatus {
  1: string store,  // its name
  2: i64 identity,  // of its file
  3: string address,  // host:port of its participant
  4: i64 last_seen_ms,  // since it last registered; -1: not since this start
  5: i64 owed,          // commits it has not acknowledged
  6: string refused,    // why this opening is refused; empty: this is the store
  7: i64 opening,       // the one that is accepted, or refused; 0: none has registered since this start
}

struct StoreStatuses {
  1: list<StoreStatus> stores,  // by name, each before what is refused under its name
}

struct TransactionBranch {
  1: string store,  // its name
  2: assent.BranchNumber branch,  // its number; {0, 0}: not known
  3: string state,  // a word: preparing, prepared, acknowledged, …
}

struct TransactionStatus {
  1: assent.TransactionId id,  // of the transaction
  2: string state,  // a word: preparing, committing, ended, …
  3: i64 age_ms,  // since commit or submit arrived, or since recovery; if it has ended: at least that long ago
  4: list<TransactionBranch> branches,  // one per store; none if it has ended
  5: string note,  // contradictions by operators, alarms
}

struct TransactionStatuses {
  1: list<TransactionStatus> transactions,  // undecided and unended, oldest first
  2: bool more,  // the list was cut at the limit
}

struct ShowRequest {
  1: assent.TransactionId id,  // of the transaction
}

service CoordinatorOperator {
  // How the coordinator is, in numbers.
  CoordinatorStatus coordinator_status(1: Empty request) throws (1: assent.Fault fault),
  // Every store that has ever registered, and every opening that is refused and still tries.
  StoreStatuses stores(1: Empty request) throws (1: assent.Fault fault),
  // Every transaction that is undecided or unended, up to a limit.
  TransactionStatuses transactions(1: Empty request) throws (1: assent.Fault fault),
  // One transaction, also an ended one while its outcome is kept.
  TransactionStatus show(1: ShowRequest request) throws (1: assent.Fault fault),
}

// What a store has seen of a decision log.
struct SeenLog {
  1: i64 log,  // its identity
  2: i64 epoch,  // the highest that has spoken to the store: lower ones are fenced
  3: i64 position,  // the highest that was durable
}

// Of a store, since it was opened. A journal transaction is what one force makes durable.
struct StoreCounters {
  1: i64 prepared,  // branches that voted yes
  2: i64 committed,  // branches that were applied by a decision
  3: i64 aborted,  // branches
  4: map<string, i64> aborted_by_reason,  // name of the reason to branches
  5: i64 wounded,  // of the aborted ones: here, by an older one that needed their locks
  // What it was forced for to journal transactions: prepare, else commit, else operator, else end, else word, else schema.
  6: map<string, i64> forces,
  7: i64 syncs,  // of SQLite, with the opening's: one for each force, and those of checkpoints
  8: i64 writes,  // system calls of SQLite that wrote, with the opening's
  9: i64 written_bytes,  // by them
  10: i64 reads,  // system calls of SQLite that read, with the opening's
  11: Distribution journal_operations,  // of each journal transaction
  12: Distribution journal_us,  // µs of each journal transaction, with its force
  13: Distribution batch_items,  // events and questions of operators that the store's thread took together
  14: Distribution batch_wait_us,  // µs of each batch: from when the first of its items came until it was taken
  15: Distribution run_us,  // µs of each run of the statements of a branch, also of those that were in vain
  16: i64 lock_waits,  // runs that were in vain: their locks were not free
  17: Distribution lock_wait_us,  // µs of each wait for locks that were granted
  18: i64 cpu_us,  // µs of the processor, of the store's thread, since the start
}

struct ParticipantStoreStatus {
  1: string store,  // its name
  2: i64 identity,  // of its file
  3: string file,  // its path
  4: i64 start_number,  // how often it has been opened, from 1
  5: i64 position,  // transactions its journal has taken
  6: i32 active,  // branches that execute
  7: i32 prepared,  // branches in doubt
  8: i32 committed,        // applied, not yet released
  9: i32 locks,  // held
  10: i32 waiting,  // requests that wait for a lock
  11: i64 forces,  // journal transactions forced since the start
  12: i64 oldest_doubt_ms,  // age of the oldest branch in doubt; 0: none
  13: string offline,      // why it is offline; empty if it is online
  14: i64 resolved_in_doubt,  // branches in doubt that were ended since the start
  15: i64 alarms,  // since the start: what must not happen, and did; the log says what
  16: i32 operator_resolved,  // branches an operator resolved, not yet confirmed
  17: i64 opening,         // random, drawn when it was opened: the one that coordinators must name; 0: it is offline
  18: string foreign_write,  // what another program did to it, for which it votes no until that is acknowledged; empty: nothing
  19: i64 wal_bytes,  // size of its write-ahead log: it shrinks to nothing at each opening only, and is used anew meanwhile
  20: i64 reapplied_rows,  // since it was opened: rows of interactive branches that were changed again behind another branch
  21: list<SeenLog> seen,  // what it has seen of decision logs
  22: StoreCounters counters,  // what it does, counted
}

// Of a participant, since its start.
struct ParticipantCounters {
  1: ConnectionCounters callers,  // clients, coordinators and operators, who call it
  2: ConnectionCounters coordinators,  // whom it calls
  3: i64 network_cpu_us,  // µs of the processor, of the thread that has the network
}

struct ParticipantStatus {
  1: list<ParticipantStoreStatus> stores,  // by name
  2: i64 uptime_ms,  // since the start
  3: bool draining,  // takes no new branches, ends when the last is done
  4: string program,  // name and version
  5: bool insecure,        // listens beyond its machine without TLS
  6: ParticipantCounters counters,  // what it does, counted
}

struct StoreRequest {
  1: string store,  // its name
}

struct BranchStatus {
  1: assent.TransactionId id,  // of the transaction
  2: assent.BranchNumber branch,  // its number
  3: string state,  // a word: executing, prepared, committed, …
  4: i64 age_ms,  // since it began, or was found at the opening
  5: list<string> stores,  // names of all stores of the transaction
  6: string coordinator,   // identity and address
  7: i32 inquiries,        // sent since the opening was accepted
  8: i64 changes,          // rows changed
  9: list<assent.TransactionId> blocks,  // transactions that wait for its locks; zeros: a change of the schema
}

struct BranchStatuses {
  1: list<BranchStatus> branches,  // first those in doubt, or resolved by hand
  2: bool more,                    // the list was cut at the limit
}

struct LockStatus {
  1: string table,  // its name
  2: string key,          // printable; empty for the table
  3: string mode,  // as the lock rules name them
  4: assent.TransactionId id,  // of the transaction that holds it or waits; zeros: a change of the schema
  5: bool granted,        // else waiting
  6: i64 age_ms,  // since it was asked for
}

struct LockStatuses {
  1: list<LockStatus> locks,  // by table and key, holders first
  2: bool more,  // the list was cut at the limit
}

struct ResolveRequest {
  1: string store,  // its name
  2: assent.TransactionId id,  // of the prepared branch
  3: assent.DecisionKind decision,  // what it shall do
  4: string reason,    // by whom and why; not empty
}

struct ApplySchemaRequest {
  1: string store,  // its name
  2: string text,  // SQL, any number of statements, without transaction control
}

struct SchemaAnswer {
  1: i64 version,  // of the text in the store's table assent_schema, from 1
  2: bool applied_before,  // this very text was applied before: nothing was done now
}

struct AcknowledgeWriteRequest {
  1: string store,  // its name
  2: string reason,  // by whom, and what was found; not empty
}

struct AcknowledgeWriteAnswer {
  1: string foreign_write,  // what was acknowledged
}

// Asks a store what it knows of a decision log whose end was lost.
struct TestifyRequest {
  1: string store,  // its name
  2: i64 opening,  // of the store: the one this is meant for
  3: assent.CoordinatorView coordinator,  // the line of starts to follow from now on: all lower epochs of this log are fenced
  4: optional assent.TransactionId after,  // the last one of the answer before; absent: from the first
}

// A branch that is prepared, or further.
struct TestifiedBranch {
  1: assent.TransactionId id,  // of the transaction
  2: assent.BranchNumber branch,  // its number
  3: string state,  // a word: prepared, committing, committed, …
  4: i64 commit_position,  // of the commit that it has heard of: number of its commit record; 0: it has heard of none
  5: list<string> stores,  // names of all stores of the transaction
}

struct Testimony {
  1: i64 identity,  // of the store's file
  2: i64 position,  // its journal has reached it
  3: i64 seen_position,  // the highest position of the log that was durable, as far as the store knows
  4: i64 released_through,  // commits up to it have ended, as far as the store knows …
  5: list<i64> released_except,  // … but these
  6: list<TestifiedBranch> branches,  // of this log, in the order of their ids
  7: bool more,  // there are more branches behind the last one: ask again
}

service ParticipantOperator {
  // How the participant and each of its stores are, in numbers.
  ParticipantStatus participant_status(1: Empty request) throws (1: assent.Fault fault),
  // The branches of a store, up to a limit.
  BranchStatuses branches(1: StoreRequest request) throws (1: assent.Fault fault),
  // The locks of a store and who waits for them, up to a limit.
  LockStatuses locks(1: StoreRequest request) throws (1: assent.Fault fault),
  // Ends a prepared branch by hand. Refused while its coordinator can still answer.
  BranchStatus resolve(1: ResolveRequest request) throws (1: assent.Fault fault),
  // Changes the schema of a store, whole and forced, when no branch is prepared there. Waits for those that are at most
  // as long as any wait for locks. Active branches are aborted, to be run again. Repeating it does no harm.
  SchemaAnswer apply_schema(1: ApplySchemaRequest request) throws (1: assent.Fault fault),
  // Lets a store vote yes again after another program has written to it.
  AcknowledgeWriteAnswer acknowledge_write(1: AcknowledgeWriteRequest request) throws (1: assent.Fault fault),
  // What a store knows of a decision log, after it has fenced all earlier starts of it off, durably. Nothing else is
  // changed but what every new start changes: unprepared branches of earlier epochs are aborted.
  Testimony testify(1: TestifyRequest request) throws (1: assent.Fault fault),
}

// ---- crash injection, in builds that carry failpoints ----------------------------------------------------------

enum FailpointAction {
  OFF = 0,  // it does nothing
  CRASH = 1,  // the process kills itself with SIGKILL
  PAUSE = 2,  // the thread stops there until the failpoint is armed otherwise
  ERROR = 3,  // the operation reports an error
}

struct FailpointRequest {
  1: string name,  // as `failpoints` lists it
  2: FailpointAction action,  // what it does
  3: i32 skip,  // how many passes go by before it acts
}

struct FailpointStatus {
  1: string name,  // folder.place
  2: FailpointAction action,  // what it is armed to do
  3: i64 passes,  // how often it was passed or acted since the start
}

struct FailpointStatuses {
  1: list<FailpointStatus> failpoints,  // by name
}

service Failpoints {
  // Arms a failpoint, or disarms it. Answers with all of them.
  FailpointStatuses arm(1: FailpointRequest request) throws (1: assent.Fault fault),
  // Every failpoint that has been armed or passed.
  FailpointStatuses failpoints(1: Empty request) throws (1: assent.Fault fault),
}
