// What a store does for itself, and for no transaction: it changes its schema.
//
//     SchemaChangeRequested                 the journal is at rest
//   ------------------------> kWaiting ----------------+---------------------> kApplying
//                              |      \   granted      |  [ApplySchema]             |  SchemaApplied
//                              |       +--> kFlushing -+                            v
//                              | lock_wait                                     (answered, gone)
//                              v
//                          (refused: branches are prepared)
//
//   S1  One schema change of a store at a time.
//   S2  It is applied under the exclusive lock of the whole store: no branch holds anything then, and so none is
//       prepared, nor has changes that were captured of the old schema.
//   S3  What the journal had to do when the lock was granted is durable before the schema is applied: the row of a
//       branch that was aborted goes before the tables of its changes do.
//   S4  Nothing is journaled while a schema is applied.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "assent/time.h"
#include "assent/transaction_id.h"
#include "participant/core/events.h"

namespace assent::participant {

// Never a transaction's: no statement of a transaction with this id is run.
inline constexpr TransactionId kStoreItself{};

// Older than every transaction: it is never wounded, and nobody overtakes it.
inline constexpr Priority kSchemaOwner{.begin_stamp = 0, .id = kStoreItself};

struct SchemaWork {
  enum class State : std::uint8_t {
    kWaiting,   // locks
    kFlushing,  // the journal, with what it had to do before
    kApplying,  // the store
  };

  CallId call{};
  std::shared_ptr<const std::string> text;
  Time since;
  State state = State::kWaiting;
};

}  // namespace assent::participant
