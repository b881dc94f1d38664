// What a coordinator must never forget: the records of its decision log, and the state they add up to.
//
// Pure values. The log writes them, the core decides from them, and both agree on LogState::apply().
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "assent/transaction_id.h"
#include "coordinator/core/id_words.h"

namespace assent::coordinator {

// One writing store of a committed transaction, with the branch that prepared there.
struct CommittedBranch {
  std::string store;
  StoreIdentity identity{};
  BranchNumber branch;

  friend bool operator==(const CommittedBranch&, const CommittedBranch&) = default;
};

// A start of the coordinator. Forced before the first id of the epoch is handed out.
struct EpochRecord {
  Position start{};  // the position it was first written at: what stands before it was durable in earlier epochs
  LogIdentity log{};
  Epoch epoch{};
  Nonce nonce{};

  friend bool operator==(const EpochRecord&, const EpochRecord&) = default;
};

// The decision. Forced before any commit message and before the client's answer.
struct CommitRecord {
  Position commit{};  // the position it was first written at; it names the commit for ever, also after a checkpoint
  TransactionId id;
  std::vector<CommittedBranch> branches;

  friend bool operator==(const CommitRecord&, const CommitRecord&) = default;
};

// How far a store's journal was when it acknowledged.
struct AcknowledgedStore {
  std::string store;
  StorePosition position{};
  bool contradicts = false;  // an operator had decided otherwise by hand: heuristic-mixed

  friend bool operator==(const AcknowledgedStore&, const AcknowledgedStore&) = default;
};

// Every store has acknowledged: stores may forget the branch once this is durable.
struct EndRecord {
  Position commit{};
  std::vector<AcknowledgedStore> stores;

  friend bool operator==(const EndRecord&, const EndRecord&) = default;
};

// The ended commits with an id up to `through` are deleted: ids up to it without a record are *forgotten*.
struct ForgottenRecord {
  TransactionId through;

  friend bool operator==(const ForgottenRecord&, const ForgottenRecord&) = default;
};

// A store that registered, as it was last known.
struct StoreRecord {
  std::string store;
  StoreIdentity identity{};
  std::string address;       // host:port of its participant
  StorePosition position{};  // the highest it registered or acknowledged with

  friend bool operator==(const StoreRecord&, const StoreRecord&) = default;
};

// Of a snapshot only: ids of commits that have ended, as a word.
struct EndedRecord {
  TransactionId first;
  IdWord ids{};

  friend bool operator==(const EndedRecord&, const EndedRecord&) = default;
};

// Of a snapshot only: a commit that has ended, and was aborted by an operator of each of these stores.
struct MixedRecord {
  TransactionId id;
  std::vector<std::string> stores;

  friend bool operator==(const MixedRecord&, const MixedRecord&) = default;
};

using LogRecord =
    std::variant<EpochRecord, CommitRecord, EndRecord, ForgottenRecord, StoreRecord, EndedRecord, MixedRecord>;

// What the log remembers of a start.
struct Start {
  Nonce nonce{};
  Position position{};  // of its epoch record

  friend bool operator==(const Start&, const Start&) = default;
};

// All that a log holds, after its records have been applied in order.
struct LogState {
  LogIdentity log{};
  std::map<Epoch, Start> starts;             // every one since a restoration; the last one is the present epoch
  Position last{};                           // of the last record applied
  std::map<Position, CommitRecord> commits;  // that some store has yet to acknowledge
  std::map<TransactionId, IdWord> ended;     // of which no store owes anything: by words
  std::map<TransactionId, std::vector<std::string>> mixed;  // of those that have ended, whom a store contradicts
  std::optional<TransactionId> forgotten_through;
  std::map<std::string, StoreRecord> stores;

  Epoch epoch() const { return starts.empty() ? Epoch{} : starts.rbegin()->first; }
  bool has_ended(const TransactionId& id) const;
  std::uint64_t ended_count() const;

  // Adds what stood at `position`, which must follow `last`; a commit and an epoch must name that position. Returns why
  // it cannot be (a record that contradicts the ones before it: a commit that ends twice, an end without a commit), or
  // nothing. A state that refused a record is as it was before.
  std::optional<std::string> apply(Position position, const LogRecord& record);

  // Shows the records that, restored into an empty state in this order, make this state again but for `last`. The
  // reference is good for the call.
  template <typename Visit>
  void visit_snapshot(const Visit& visit) const;
  std::vector<LogRecord> snapshot() const;

  // Adds one record of a snapshot. It stands for records long gone and has no position of its own, so `last` stays:
  // whoever keeps a snapshot keeps `last` beside it. Returns why it cannot be, or nothing.
  std::optional<std::string> restore(const LogRecord& record);

  friend bool operator==(const LogState&, const LogState&) = default;
};

// Forgotten-through comes before what has ended, of which it would delete what ended after it was written.
template <typename Visit>
void LogState::visit_snapshot(const Visit& visit) const {
  for (const auto& [epoch, start] : starts) {
    visit(EpochRecord{start.position, log, epoch, start.nonce});
  }
  if (forgotten_through) {
    visit(ForgottenRecord{*forgotten_through});
  }
  for (const auto& [first, ids] : ended) {
    visit(EndedRecord{first, ids});
  }
  for (const auto& [id, contradicting] : mixed) {
    visit(MixedRecord{id, contradicting});
  }
  for (const auto& [position, commit] : commits) {
    visit(commit);
  }
  for (const auto& [name, store] : stores) {
    visit(store);
  }
}

}  // namespace assent::coordinator
