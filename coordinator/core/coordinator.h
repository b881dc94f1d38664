// Coordinator: every transaction of one decision log, decided by one owner.
//
// Takes one event and the time, and appends effects; the service performs them in order. It does no I/O, reads no
// clock, draws no random number, takes no lock, logs nothing. Not thread-safe: one thread owns it.
//
// A transaction is one CommitProtocol; this class is the table of them, and what spans transactions:
//
//   K1  Each call gets exactly one answer.
//   K2  An id begins once: it is marked used in the same step that begins it, or that answers *aborted* for it.
//   K3  Time passes first: what is due by an event's time happens before the event, so that nothing begins, and nobody
//       is waited for, on a lease or a deadline that has passed.
//   K4  *Aborted* is said only of an id of this log that can no longer begin, and has no commit record.
//   K5  After Halt there are no more effects.
//   K6  Until a store has shown that this log is the newest, clients get no ids, and do not hear *aborted*: such calls
//       wait, or hear that it is not known. Nor is a new store taken in. The first start of a log needs no proof.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "assent/coordinator_view.h"
#include "assent/time.h"
#include "coordinator/core/commit_protocol.h"
#include "coordinator/core/events.h"
#include "coordinator/core/held_calls.h"
#include "coordinator/core/leases.h"
#include "coordinator/core/lineage.h"
#include "coordinator/core/log_tail.h"
#include "coordinator/core/outcomes.h"
#include "coordinator/core/records.h"
#include "coordinator/core/release.h"
#include "coordinator/core/settings.h"
#include "coordinator/core/store_registry.h"
#include "coordinator/core/turn.h"

namespace assent::coordinator {

struct Counters {
  std::uint64_t committed = 0;  // decided since the start, the read-only ones included
  std::uint64_t aborted = 0;
  std::map<AbortReason, std::uint64_t> aborted_by_reason;
  std::uint64_t alarms = 0;
};

struct BranchSummary {
  std::string store;
  BranchNumber branch;
  std::string_view state;
};

struct TransactionSummary {
  TransactionId id;
  std::string_view state;
  Duration age{};
  std::vector<BranchSummary> branches;
  std::string note;
};

// A store, or an opening that is refused in its place.
struct StoreSummary {
  StoreRecord record;
  Opening opening{};                  // the one that is accepted, or refused; 0: none has registered in this epoch
  std::optional<Duration> last_seen;  // since it last registered in this epoch
  std::uint64_t owed = 0;             // commits it has not acknowledged
  std::string refused;                // why this opening is refused; empty: this is the store
};

class Coordinator {
 public:
  // `recovered` is what the log holds after it was opened: its last epoch is this start's.
  // `address` is where stores send inquiries. REQUIRES: !check(settings).
  Coordinator(Settings settings, const LogState& recovered, std::string address, Time now);
  Coordinator(const Coordinator&) = delete;
  Coordinator& operator=(const Coordinator&) = delete;

  // Must be called once before any other event: sends what recovery owes.
  void start(Time now, Effects& effects);

  void step(const Event& event, Time now, Effects& effects);

  // When TimePassed is due next; nothing if no timer runs.
  std::optional<Time> next_deadline() const;

  // What every message and answer to a store carries. A request for a vote says nothing of what is released: there is
  // one for each transaction. Decisions, which leave many together, name few exceptions; the answers to registrations
  // and inquiries, which every store hears every second, name as many as one store may owe: so one that is away does
  // not keep the others from forgetting theirs.
  CoordinatorView line_view() const;
  CoordinatorView view() const;
  CoordinatorView full_view() const;

  // Where the store's participant listens; nothing if the store is unknown.
  std::optional<std::string> store_address(const std::string& store) const;
  std::optional<StoreRecord> store(const std::string& name) const;

  // For operators.
  const Counters& counters() const { return counters_; }
  std::vector<TransactionSummary> transactions(std::size_t limit, Time now) const;
  std::optional<TransactionSummary> transaction(const TransactionId& id, Time now) const;
  std::vector<StoreSummary> stores(Time now) const;  // by name, each before what is refused under its name
  std::size_t active() const;                        // undecided
  std::size_t committing() const;                    // decided, acknowledgements missing
  std::size_t unended_records() const;               // commit records without a durable end record
  bool draining() const { return draining_; }
  bool is_proven() const { return is_proven_; }  // K6

 private:
  using State = CommitProtocol::State;

  struct Waiter {
    CallId call{};
    ReturnWhen return_when = ReturnWhen::kDecided;
  };

  struct Transaction {
    CommitProtocol protocol;
    Time began;
    State followed = State::kActive;  // the state that follow() has seen it in last
    std::optional<Time> scheduled;    // where it stands in deadlines_
    std::vector<Waiter> waiters;
  };
  using Table = std::map<TransactionId, Transaction>;

  // What waits for a record to be durable.
  struct CommitAwaited {
    TransactionId id;
  };
  struct EndAwaited {
    TransactionId id;
  };
  struct RegistrationAwaited {
    std::string store;
  };
  using Awaited = std::variant<CommitAwaited, EndAwaited, RegistrationAwaited>;

  // ---- coordinator.cc: the table, time and durability ----
  void pass_time(Turn& turn);
  void handle(const DurableThrough& event, Turn& turn);
  void handle(const TimePassed& event, Turn& turn);
  void handle(const LogSpaceChanged& event, Turn& turn);
  void handle(const DrainRequested& event, Turn& turn);
  void became_durable(const CommitAwaited& awaited, Turn& turn);
  void became_durable(const EndAwaited& awaited, Turn& turn);
  Standing standing(const TransactionId& id, Time now) const;
  // The commit on record of this id; null if there is none, it is not durable yet, or its end is.
  const CommitRecord* durable_commit(const TransactionId& id) const;
  // Whether a commit of this id has ended, or may have: of an id below what was forgotten nobody knows.
  bool may_have_ended(const TransactionId& id) const;
  StoreRegistry::DecidedBy decided_by(const TransactionId& id) const;
  Table::iterator add(CommitProtocol protocol, Turn& turn);
  // After each step of a transaction: does what follows from it.
  void follow(Table::iterator entry, Turn& turn);
  void schedule(Table::iterator entry);
  void answer_waiters(Transaction& transaction, bool applied, Turn& turn);
  void halt(std::string reason, Turn& turn);
  void alarm(std::string text, Turn& turn);

  // ---- client_requests.cc ----
  void handle(const LeaseRequested& event, Turn& turn);
  void handle(const SubmitRequested& event, Turn& turn);
  void handle(const CommitRequested& event, Turn& turn);
  void handle(const AbortRequested& event, Turn& turn);
  void handle(const OutcomeRequested& event, Turn& turn);
  // Answers a call about an id that has begun or cannot begin, or lets it wait for the decision.
  // Returns false, and does nothing, if the id can begin.
  bool answer_unless_it_can_begin(const TransactionId& id, const Waiter& waiter, Turn& turn);
  bool answer_if_never_issued(const TransactionId& id, CallId call, Turn& turn) const;
  // Begins the transaction, or refuses it, or aborts it because its stores cannot take part.
  template <typename Request>
  void begin(const Request& request, Turn& turn);
  // Why these stores cannot take part in a new transaction, or nothing.
  template <typename Branches>
  std::optional<AbortCause> unavailable(const Branches& branches, Time now) const;
  // The id becomes aborted, finally, without ever having begun.
  void abort_unbegun(const TransactionId& id, const AbortCause& cause, Turn& turn);
  // To a store that has not registered since the start, when it does: else its branch would hold its locks until its
  // timeout. Such a store is sent at most Settings::owed_commits of them.
  void send_aborts(const TransactionId& id, const std::vector<TouchedBranch>& branches, Turn& turn);
  void send_abort(const std::string& store, const TransactionId& id, const BranchNumber& branch, Turn& turn) const;
  void send_kept_aborts(const std::string& store, Turn& turn);
  OutcomeAnswered known_outcome(CallId call, const TransactionId& id) const;

  // ---- proof.cc ----
  // Why this store cannot register yet; empty if it can.
  std::string not_yet(const StoreRegistered& event) const;
  // Whether this registration, which is accepted, shows that the log is the newest.
  bool proves(const StoreRegistered& event) const;
  void prove(Turn& turn);
  // Whether a newer log than this one may know a commit of this id.
  bool may_lack(const TransactionId& id, Time now) const;
  void hold(ClientCall call, Turn& turn);
  // It has waited for long enough, or cannot wait.
  static void answer_unproven(const ClientCall& call, Turn& turn);

  // ---- store_messages.cc ----
  void handle(const StoreRegistered& event, Turn& turn);
  // The store's record is on its way to the disk: only then the registration is answered.
  void await_record(const StoreRegistered& event, bool is_new_record, Turn& turn);
  void became_durable(const RegistrationAwaited& awaited, Turn& turn);
  void handle(const VoteReceived& event, Turn& turn);
  void handle(const AlreadyCommitted& event, Turn& turn);
  void handle(const VoteLost& event, Turn& turn);
  void handle(const Acknowledged& event, Turn& turn);
  void handle(const Inquired& event, Turn& turn);
  void handle(const WoundRequested& event, Turn& turn);
  void handle(const Fenced& event, Turn& turn);
  // A vote of a branch that no transaction goes on with: it must not hold its locks until it inquires.
  void end_stray_branch(const VoteReceived& event, Turn& turn);
  std::pair<InquiryResult, Position> inquire(const Inquired& event, Turn& turn);

  // ---- status.cc ----
  CoordinatorLine line() const;
  CoordinatorView view_with(std::size_t exceptions) const;
  static TransactionSummary summary(const Transaction& transaction, Time now);

  // Why an id ended of which nothing is known but that no commit is on record.
  static AbortCause presumed();

  const Settings settings_;
  const std::string address_;
  const Lineage lineage_;
  LogTail log_;
  Leases leases_;
  StoreRegistry stores_;
  Release release_;
  Outcomes outcomes_;
  HeldCalls held_;
  Table transactions_;  // undecided, and decided until the end record is durable
  std::set<std::pair<Time, TransactionId>> deadlines_;
  std::multimap<Position, Awaited> awaited_;
  std::map<std::string, std::vector<std::pair<TransactionId, BranchNumber>>> kept_aborts_;  // by store
  std::map<std::string, CallId> registering_;  // the last registration of each store whose record is not durable yet
  std::size_t undecided_ = 0;
  std::size_t committing_ = 0;
  Counters counters_;
  bool is_proven_;
  bool draining_ = false;
  bool halted_ = false;
};

}  // namespace assent::coordinator
