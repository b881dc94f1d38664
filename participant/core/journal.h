// What a store must never forget: prepared and committed branches, and what it has seen of coordinators.
//
// Pure values. The core orders journal operations; the store does all of one order in one transaction of its own,
// together with the changes it applies.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "assent/coordinator_view.h"
#include "assent/outcome.h"
#include "assent/transaction_id.h"
#include "participant/core/locks.h"

namespace assent::participant {

// Captured row changes in the order of capture, in the store's own encoding. Two of them joined, bytes behind bytes,
// are the changes of both.
struct Changes {
  std::string bytes;
  std::uint64_t rows = 0;

  bool empty() const { return rows == 0; }
  friend bool operator==(const Changes&, const Changes&) = default;
};

enum class RowState : std::uint8_t {
  kPrepared = 1,        // in doubt: only a decision, or an operator, ends it
  kCommitted = 2,       // applied; kept until its coordinator has released it
  kResolvedCommit = 3,  // applied by an operator's word; goes on asking
  kResolvedAbort = 4,   // given up by an operator's word; goes on asking
};

// One row of `assent_branches`.
struct BranchRow {
  TransactionId id;
  BranchNumber branch;
  RowState state = RowState::kPrepared;
  std::uint64_t begin_stamp = 0;
  std::string coordinator_address;
  std::uint32_t statement_count = 0;
  std::vector<std::string> stores;  // of the whole transaction
  Changes changes;                  // empty once it is applied
  Locks locks;                      // empty once it is applied
  Position commit{};                // of kCommitted: the position of the commit record
  std::string reason;               // of kResolved…: by whom and why

  friend bool operator==(const BranchRow&, const BranchRow&) = default;
};

// What a store has seen of one decision log: it refuses lower epochs, and other nonces of the same epoch.
struct SeenCoordinator {
  CoordinatorLine line;
  Released released;

  friend bool operator==(const SeenCoordinator&, const SeenCoordinator&) = default;
};

// Counts the schema files that were applied to one store, from 1. 0: none.
enum class SchemaVersion : std::uint64_t {};

// What became of a schema file.
struct SchemaChange {
  std::string failure;              // why nothing of it was applied, and what to do; empty: all of it is
  SchemaVersion version{};          // its number
  bool was_applied_before = false;  // this very text: nothing was done now
  StorePosition position{};         // of the store, if it was done now
};

// What a store holds when it is opened.
struct RecoveredStore {
  StoreIdentity identity{};
  std::uint64_t start_number = 0;  // raised and forced by the opening
  StorePosition position{};
  std::vector<BranchRow> rows;
  std::vector<SeenCoordinator> coordinators;
};

// ---- journal operations ----

// The branch becomes a row in state kPrepared.
struct PutPrepared {
  BranchRow row;
};

// The row's changes are applied to the data; the row becomes `state` (kCommitted or kResolvedCommit).
struct ApplyBranch {
  TransactionId id;
  RowState state = RowState::kCommitted;
  Position commit{};
  std::string reason;
};

// The row becomes `state` without touching the data: kResolvedAbort by an operator, or kCommitted from
// kResolvedCommit once the coordinator has agreed.
struct MarkBranch {
  TransactionId id;
  RowState state = RowState::kResolvedAbort;
  Position commit{};
  std::string reason;
};

// The row is deleted: aborted, or released.
struct DeleteBranch {
  TransactionId id;
};

// Replaces what is kept of this log.
struct PutCoordinator {
  SeenCoordinator seen;
};

// What another program wrote to the store's file is acknowledged: nothing is noted of it any more.
struct AcknowledgeWrite {};

using JournalOperation =
    std::variant<PutPrepared, ApplyBranch, MarkBranch, DeleteBranch, PutCoordinator, AcknowledgeWrite>;

// Whether the store's position counts it. Not what an old copy of the store does as well, that no coordinator accepts:
// it follows what coordinators say of themselves, and lets go of what has ended. Else it would come as far as the store
// in time, and pass for it; so openings are not counted either.
inline bool raises_position(const JournalOperation& operation) {
  return !std::holds_alternative<DeleteBranch>(operation) && !std::holds_alternative<PutCoordinator>(operation);
}

}  // namespace assent::participant
