// BranchTable: every branch of one store, and the locks they hold.
//
// Takes one event and the time, and appends effects; the service performs them in order. It does no I/O, reads no
// clock, draws no random number, logs nothing. Not thread-safe: one thread owns it, the store's.
//
// The service's loop: step every event at hand; perform RunStatements at once and step its StatementsRan; when no
// event is left, step BatchEnded; perform WriteJournal and step its JournalDurable; deliver the answers.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "assent/time.h"
#include "participant/core/events.h"
#include "participant/core/journal.h"

namespace assent::participant {

using namespace std::chrono_literals;

struct Settings {
  Duration transaction_timeout = 30s;  // the longest life of an unprepared branch
  Duration statement_timeout = 10s;    // a statement with all its waiting
  Duration lock_wait = 10s;            // one wait for a lock
  Duration wound_after = 10ms;         // behind a younger prepared holder, until its coordinator is asked to wound it
  Duration inquiry_first = 2s;         // in doubt, or committed and not released
  Duration inquiry_ceiling = 60s;      // doubles up to here
  Duration decision_ride = 4ms;        // a decision waits this long for a journal transaction to ride on
  Duration idle_journal = 1s;          // deletions and coordinators' words wait this long
  std::uint32_t branches = 65536;      // most live branches, prepared ones included
  std::uint64_t changes_bytes = 64U << 20U;  // most captured bytes of one branch
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

struct LockSummary {
  LockName name;
  std::string mode;  // `exclusive`, `shared, intend exclusive`, …
  TransactionId id;
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
  // REQUIRES: !check(settings).
  BranchTable(Settings settings, const RecoveredStore& recovered, Time now);
  ~BranchTable();
  BranchTable(const BranchTable&) = delete;
  BranchTable& operator=(const BranchTable&) = delete;

  void step(const Event& event, Time now, Effects& effects);

  // When TimePassed is due next; nothing if no timer runs.
  std::optional<Time> next_deadline() const;

  // What this store has seen of a log: for registrations and inquiries.
  CoordinatorLine seen(LogIdentity log) const;

  const Counters& counters() const;
  Totals totals(Time now) const;
  std::vector<BranchSummary> branches(Time now) const;
  std::vector<LockSummary> locks(std::size_t limit, Time now) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assent::participant
