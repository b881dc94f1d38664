// Coordinator: every transaction of one decision log, decided by one owner.
//
// Takes one event and the time, and appends effects; the service performs them in order. It does no I/O, reads no
// clock, draws no random number, takes no lock, logs nothing. Not thread-safe: one thread owns it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "assent/coordinator_view.h"
#include "assent/time.h"
#include "coordinator/core/events.h"
#include "coordinator/core/records.h"

namespace assent::coordinator {

using namespace std::chrono_literals;

// Every limit and every waiting time of the core.
struct Settings {
  Duration transaction_timeout = 30s;  // from commit or submit (one-shot), and of a client's interactive work
  Duration vote_timeout = 5s;          // an interactive transaction's prepare
  Duration lease_use = 60s;            // ids are taken from a lease for this long; it ends transaction_timeout later
  Duration resend_first = 1s;          // a decision that is not acknowledged
  Duration resend_ceiling = 30s;       // doubles up to here
  Duration idle_force = 1s;            // end records wait this long for a force to ride on
  Duration retention = 10min;          // outcomes of ended commits; more than lease_use + transaction_timeout
  std::uint32_t lease_ids = 4096;      // most ids in one lease
  std::uint32_t leases = 65536;        // most live leases
  std::uint32_t transactions = 65536;  // most undecided transactions
  std::uint32_t stores_per_transaction = 64;
  std::uint32_t released_exceptions = 256;  // most positions in Released::except
};

// Why these settings cannot work together, or nothing.
std::optional<std::string> check(const Settings& settings);

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

struct StoreSummary {
  StoreRecord record;
  std::optional<Duration> last_seen;  // since it last registered in this epoch
  std::uint64_t owed = 0;             // commits it has not acknowledged
  std::string refused;                // why its last registration was refused; empty: it was not
};

class Coordinator {
 public:
  // `recovered` is what the log holds after it was opened: its last epoch is this start's.
  // `address` is where stores send inquiries. REQUIRES: !check(settings).
  Coordinator(Settings settings, const LogState& recovered, std::string address, Time now);
  ~Coordinator();
  Coordinator(const Coordinator&) = delete;
  Coordinator& operator=(const Coordinator&) = delete;

  // Must be called once before any other event: sends what recovery owes.
  void start(Time now, Effects& effects);

  void step(const Event& event, Time now, Effects& effects);

  // When TimePassed is due next; nothing if no timer runs.
  std::optional<Time> next_deadline() const;

  // What every message and answer to a store carries.
  CoordinatorView view() const;

  // Where the store's participant listens; nothing if the store is unknown.
  std::optional<std::string> store_address(const std::string& store) const;
  std::optional<StoreRecord> store(const std::string& name) const;

  // For operators.
  const Counters& counters() const;
  std::vector<TransactionSummary> transactions(std::size_t limit, Time now) const;
  std::optional<TransactionSummary> transaction(const TransactionId& id, Time now) const;
  std::vector<StoreSummary> stores(Time now) const;
  std::size_t active() const;           // undecided
  std::size_t committing() const;       // decided, acknowledgements missing
  std::size_t unended_records() const;  // commit records without a durable end record
  bool draining() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace assent::coordinator
