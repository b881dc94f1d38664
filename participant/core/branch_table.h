// BranchTable: every branch of one store, and the locks they hold.
//
// Takes one event and the time, and appends effects; the service performs them in order. It does no I/O, reads no
// clock, draws no random number, logs nothing. Not thread-safe: one thread owns it, the store's.
//
// The service's loop: step every event at hand; perform what was ordered by RunStatements, as much as there is time for
// and in that order, and step each StatementsRan before anything else is done to the store, for its locks are asked for
// then; step BatchEnded; perform WriteJournal and step its JournalDurable; deliver the answers.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "assent/time.h"
#include "participant/core/branch.h"
#include "participant/core/coordinators_seen.h"
#include "participant/core/events.h"
#include "participant/core/journal.h"
#include "participant/core/journal_queue.h"
#include "participant/core/lock_table.h"
#include "participant/core/remembered_ends.h"
#include "participant/core/store_work.h"
#include "participant/core/timers.h"

namespace assent::participant {

using namespace std::chrono_literals;

struct Settings {
  Duration transaction_timeout = 30s;  // the longest life of an unprepared branch
  Duration statement_timeout = 10s;    // a statement with all its waiting, until its last run begins
  Duration lock_wait = 10s;            // one wait for a lock
  Duration wound_after = 10ms;         // behind a younger prepared holder, until its coordinator is asked to wound it
  Duration inquiry_first = 2s;         // in doubt, or committed and not released
  Duration inquiry_ceiling = 60s;      // doubles up to here
  Duration decision_ride = 4ms;        // a decision waits this long for a journal transaction to ride on
  Duration idle_journal = 1s;          // deletions and coordinators' words wait this long
  std::uint32_t branches = 65536;      // most live branches, prepared ones included
  std::uint64_t changes_bytes = 64U << 20U;  // most captured bytes of one branch
  std::uint64_t lock_bytes = 64U << 20U;     // most memory for the locks of one branch
  std::uint32_t statements_per_branch = 65536;
  std::uint32_t remembered_ends = 65536;  // ended branches whose reason is kept, to name it to late callers
};

// Why these settings cannot work together, or nothing.
std::optional<std::string> check(const Settings& settings);

struct Counters {
  std::uint64_t prepared = 0;
  std::uint64_t committed = 0;
  std::uint64_t aborted = 0;
  std::uint64_t wounded = 0;
  std::uint64_t lock_waits = 0;
  std::uint64_t resolved_in_doubt = 0;  // in doubt (after a restart or an inquiry), then ended by a decision
  std::uint64_t alarms = 0;
};

struct LockSummary {
  LockName name;
  std::string mode;     // `exclusive`, `shared, intend exclusive`, …
  TransactionId id;     // kStoreItself: a change of the schema
  bool granted = true;  // else waiting
  Duration age{};
};

struct Totals {
  std::size_t active = 0;
  std::size_t prepared = 0;
  std::size_t committed = 0;  // applied, not yet released
  std::size_t operator_resolved = 0;
  std::size_t locks = 0;
  std::size_t waiting = 0;
  Duration oldest_doubt{};  // zero: nothing is in doubt
};

class BranchTable {
 public:
  // Takes over every row and all its locks: prepared branches hold theirs before the first event.
  // `opening` is drawn at random by whoever opened the store. REQUIRES: !check(settings), and an opening.
  BranchTable(Settings settings, const RecoveredStore& recovered, Opening opening, Time now);
  BranchTable(const BranchTable&) = delete;
  BranchTable& operator=(const BranchTable&) = delete;

  void step(const Event& event, Time now, Effects& effects);

  // When TimePassed is due next; nothing if no timer runs.
  std::optional<Time> next_deadline() const;

  // Whether the branch that ordered this run still waits for it. A run that nobody waits for need not be performed: a
  // StatementsRan of nothing is enough.
  bool awaits(RunId run) const;

  // Whether the branch may still go on with statements.
  bool may_go_on(const TransactionId& id) const;

  // What this store has seen of a log: for registrations and inquiries.
  CoordinatorLine seen(LogIdentity log) const;
  std::vector<CoordinatorLine> seen() const;

  const Counters& counters() const;
  Totals totals(Time now) const;
  // At most `limit`: first those that wait for a decision or for the end of a resolution by hand.
  std::vector<BranchSummary> branches(std::size_t limit, Time now) const;
  std::optional<BranchSummary> branch(const TransactionId& id, Time now) const;
  std::vector<LockSummary> locks(std::size_t limit, Time now) const;

 private:
  BranchSummary summary(const Branch& branch, Time now) const;

  // ---- branch_table.cc: dispatch, time, the journal, answers ----
  void handle(const RegistrationAccepted& event);
  void handle(const JournalDurable& event);
  void handle(const TimePassed& event);
  void handle(const BatchEnded& event);
  void handle(const DrainRequested& event);
  void end_overdue(Branch& branch);

  // Whether this opening is the one that a coordinator speaks to. If it is not, the call is refused, and nothing else
  // may happen: this may be a copy of the store, and the coordinator does not know it.
  bool is_meant(Opening opening, CallId call);

  // Takes the coordinator's word. False if it is fenced, or speaks for another log than the transaction's; then the
  // call, if there is one, is refused.
  bool hear(const CoordinatorView& view, LogIdentity log, std::optional<CallId> call);
  void end_active_of_earlier_epochs(const CoordinatorLine& line);
  void ask_when_accepted(LogIdentity log);
  void delete_released(LogIdentity log);
  void end_released(Branch& branch);  // REQUIRES: its commit is released; the reference is invalid afterwards

  void journaled(Branch& branch);
  std::optional<Time> journal_due() const;

  Branch* find(const TransactionId& id);
  Branch* find(const TransactionId& id, BranchNumber number);  // null also if its number is another

  void move(Branch& branch, BranchState next);
  void schedule(const Branch& branch);
  void release_locks(const Priority& owner);
  void granted(const Priority& owner);

  // The branch is gone: its call is answered, its locks are released, its row is deleted with the next journal
  // transaction. The reference is invalid afterwards.
  void end(Branch& branch, EndKind kind, AbortCause cause);

  static AbortCause ended_with_its_coordinator();
  void refuse(CallId call, RefusalKind kind, std::string message);
  void alarm(std::string text);
  void deliver(Effects& effects);

  // ---- branch_table_statements.cc: from the first statement to held locks and an answer ----
  void handle(const ExecuteRequested& event);
  void handle(const ExecuteAndPrepareRequested& event);
  void handle(const StatementsRan& event);

  void execute_first(const ExecuteRequested& event);
  void execute_next(Branch& branch, const ExecuteRequested& event);
  Branch* begin(CallId call, const TransactionId& id, std::uint64_t begin_stamp, bool one_shot, Duration timeout);
  void start(Branch& branch, CallId call, Statements statements);
  void run(Branch& branch);
  void wait(Branch& branch, const LockTable::Answer& answer);
  // Ends those that yield to a request, because of `why`, and hurries the others.
  void make_way(const Priority& waiting, const LockTable::Answer& answer, const std::string& why);
  void keep(Branch& branch, const StatementsRan& event);
  void answer_statement(const Branch& branch, CallId call);
  void answer_ended(CallId call, BranchNumber branch, AbortCause cause);

  // ---- branch_table_votes.cc: from held locks to a vote ----
  void handle(const PrepareRequested& event);
  void prepare(Branch& branch);
  void repeat_vote(Branch& branch, CallId call);
  void vote_from_memory(CallId call, BranchNumber branch, const End* end);
  void vote(CallId call, const Branch& branch, Vote vote);
  void vote_no(CallId call, BranchNumber branch, AbortCause cause);
  void vote_committed(CallId call, BranchNumber branch);

  // ---- branch_table_decisions.cc: from a vote to the end ----
  void handle(const DecisionReceived& event);
  void handle(const InquiryAnswered& event);
  void handle(const ResolveRequested& event);

  // `call`: nothing if it is the answer to an inquiry.
  void commit(const TransactionId& id, BranchNumber number, Position position, std::optional<CallId> call);
  void abort(const TransactionId& id, BranchNumber number, AbortCause cause, std::optional<CallId> call);
  void apply(Branch& branch, Position position);
  void settle(Branch& branch, Position position);
  void acknowledge(std::optional<CallId> call, const TransactionId& id, AcknowledgementKind kind, std::string detail);
  void refuse_decision(std::optional<CallId> call, const TransactionId& id, std::string detail);  // with an alarm
  std::string address_of_coordinator(const Branch& branch) const;
  void ask(Branch& branch);
  void wound_through_coordinator(Branch& branch);

  // ---- branch_table_testimony.cc: what is known of a log whose end was lost ----
  void handle(const TestimonyRequested& event);

  // ---- branch_table_store.cc: what operators order of the whole store ----
  void handle(const SchemaChangeRequested& event);
  void handle(const SchemaApplied& event);
  void handle(const HealthChanged& event);
  void handle(const AcknowledgeWriteRequested& event);

  void refuse_overdue_schema();
  void apply_schema_when_ready();
  void end_schema_change();
  bool is_applying_schema() const;
  void acknowledged_write();
  std::string why_no_promises() const;  // empty: nothing is wrong

  const Settings settings_;
  const StoreIdentity identity_;
  const std::uint64_t start_number_;
  const Opening opening_;

  std::map<TransactionId, Branch> branches_;
  LockTable locks_;
  JournalQueue journal_;
  CoordinatorsSeen coordinators_;
  RememberedEnds ends_;
  Timers timers_;
  Counters counters_;

  std::map<RunId, TransactionId> runs_;                                             // under way
  std::map<LogIdentity, std::set<std::pair<Position, TransactionId>>> unreleased_;  // rows with a known commit
  std::optional<Time> words_due_;                                                   // what coordinators_ has news of
  StorePosition position_{};
  std::string short_of_space_;         // as in HealthChanged
  std::string foreign_write_;          // as there
  std::vector<CallId> acknowledging_;  // they wait for one AcknowledgeWrite
  std::optional<SchemaWork> schema_;
  bool draining_ = false;
  std::uint64_t last_branch_;  // not from 0: a copy of the file that is opened as often shall not count alike
  std::uint64_t last_run_ = 0;

  // F2: these calls came from lines that were not durable; their answers wait for that.
  std::map<CallId, LogIdentity> calls_of_new_lines_;
  std::vector<std::pair<LogIdentity, Effect>> held_answers_;

  // The step under way.
  Time now_;
  Effects made_;
};

}  // namespace assent::participant
