// What operators and crash tests say to Assent's daemons, over the same connections and rules as assent.thrift.

include "assent.thrift"

namespace cpp assent.wire
namespace py assent_operators

// ---- operators ----------------------------------------------------------------------------------------------

struct Empty {
}

struct CoordinatorStatus {
  1: i64 log,
  2: i64 epoch,
  3: i64 durable_position,
  4: i64 log_bytes,
  5: i32 active,          // undecided
  6: i32 committing,      // decided, acknowledgements missing
  7: i64 committed,       // since the start
  8: i64 aborted,         // since the start
  9: i64 forces,          // forced writes since the start
  10: map<string, i64> aborted_by_reason,
  11: i64 uptime_ms,
  12: bool draining,
  13: i64 unended_records,  // commit records without a durable end record
  14: string program,
  15: bool insecure,            // listens beyond its machine without TLS
  16: i64 alarms,               // since the start: what must not happen, and did; the coordinator's log says what
  17: string log_out_of_space,  // why the log has no room for what is to come, and new commits are refused; empty: it has
}

struct StoreStatus {
  1: string store,
  2: i64 identity,
  3: string address,
  4: i64 last_seen_ms,  // since it last registered; -1: not since this start
  5: i64 owed,          // decisions it has not acknowledged
  6: string refused,    // why it is refused; empty if it is not
}

struct StoreStatuses {
  1: list<StoreStatus> stores,
}

struct TransactionBranch {
  1: string store,
  2: assent.BranchNumber branch,
  3: string state,
}

struct TransactionStatus {
  1: assent.TransactionId id,
  2: string state,
  3: i64 age_ms,  // since commit or submit arrived, or since recovery
  4: list<TransactionBranch> branches,
  5: string note,  // contradictions by operators, alarms
}

struct TransactionStatuses {
  1: list<TransactionStatus> transactions,
  2: bool more,  // the list was cut at the limit
}

struct ShowRequest {
  1: assent.TransactionId id,
}

service CoordinatorOperator {
  CoordinatorStatus coordinator_status(1: Empty request) throws (1: assent.Fault fault),
  StoreStatuses stores(1: Empty request) throws (1: assent.Fault fault),
  TransactionStatuses transactions(1: Empty request) throws (1: assent.Fault fault),
  TransactionStatus show(1: ShowRequest request) throws (1: assent.Fault fault),
}

struct ParticipantStoreStatus {
  1: string store,
  2: i64 identity,
  3: string file,
  4: i64 start_number,
  5: i64 position,
  6: i32 active,
  7: i32 prepared,
  8: i32 committed,        // applied, not yet released
  9: i32 locks,
  10: i32 waiting,
  11: i64 forces,          // journal transactions since the start
  12: i64 oldest_doubt_ms,  // age of the oldest branch in doubt; 0: none
  13: string offline,      // why it is offline; empty if it is online
  14: i64 resolved_in_doubt,  // branches in doubt that were ended since the start
  15: i64 alarms,
  16: i32 operator_resolved,  // branches an operator resolved, not yet confirmed
}

struct ParticipantStatus {
  1: list<ParticipantStoreStatus> stores,
  2: i64 uptime_ms,
  3: bool draining,
  4: string program,
  5: bool insecure,        // listens beyond its machine without TLS
}

struct StoreRequest {
  1: string store,
}

struct BranchStatus {
  1: assent.TransactionId id,
  2: assent.BranchNumber branch,
  3: string state,
  4: i64 age_ms,
  5: list<string> stores,
  6: string coordinator,   // identity and address
  7: i32 inquiries,        // sent so far
  8: i64 changes,          // rows changed
  9: list<assent.TransactionId> blocks,  // who waits for its locks
}

struct BranchStatuses {
  1: list<BranchStatus> branches,
}

struct LockStatus {
  1: string table,
  2: string key,          // printable; empty for the table
  3: string mode,
  4: assent.TransactionId id,
  5: bool granted,        // else waiting
  6: i64 age_ms,
}

struct LockStatuses {
  1: list<LockStatus> locks,
  2: bool more,  // the list was cut at the limit
}

struct ResolveRequest {
  1: string store,
  2: assent.TransactionId id,
  3: assent.DecisionKind decision,
  4: string reason,    // by whom and why; not empty
}

service ParticipantOperator {
  ParticipantStatus participant_status(1: Empty request) throws (1: assent.Fault fault),
  BranchStatuses branches(1: StoreRequest request) throws (1: assent.Fault fault),
  LockStatuses locks(1: StoreRequest request) throws (1: assent.Fault fault),
  // Ends a prepared branch by hand. Refused while its coordinator can still answer.
  BranchStatus resolve(1: ResolveRequest request) throws (1: assent.Fault fault),
}

// ---- crash injection, in builds that carry failpoints ----------------------------------------------------------

enum FailpointAction {
  OFF = 0,
  CRASH = 1,  // the process kills itself with SIGKILL
  PAUSE = 2,  // the thread stops there until the failpoint is armed otherwise
  ERROR = 3,  // the operation reports an error
}

struct FailpointRequest {
  1: string name,
  2: FailpointAction action,
  3: i32 skip,  // how many passes go by before it acts
}

struct FailpointStatus {
  1: string name,
  2: FailpointAction action,
  3: i64 passes,  // how often it was passed or acted since the start
}

struct FailpointStatuses {
  1: list<FailpointStatus> failpoints,
}

service Failpoints {
  FailpointStatuses arm(1: FailpointRequest request) throws (1: assent.Fault fault),
  FailpointStatuses failpoints(1: Empty request) throws (1: assent.Fault fault),
}
