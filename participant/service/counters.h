// What a store's thread counts, since the store was opened, and how operators read it.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string_view>

#include "assent/outcome.h"
#include "assent/time.h"
#include "participant/core/events.h"
#include "participant/core/journal.h"
#include "thrift/daemon/distribution.h"

namespace assent::participant {

// What a journal transaction is forced for: the first of these that it holds an operation of.
enum class ForcedFor : std::uint8_t {
  kPrepare,   // a coordinator waits for votes
  kCommit,    // … for acknowledgements of commits
  kOperator,  // an operator waits, or a coordinator for what it hears of an operator's resolution
  kEnd,       // rows that are deleted: it waited in vain for one of those above to ride on
  kWord,      // what coordinators said of themselves: the same, but for the first word of a new start, which is awaited
  kSchema,    // a schema file
};

std::string_view to_string(ForcedFor purpose);
ForcedFor purpose_of(std::span<const JournalOperation> operations);

struct RunnerCounters {
  std::map<AbortReason, std::uint64_t> aborted_by_reason;
  std::map<ForcedFor, std::uint64_t> forces;
  daemon::Distribution journal_operations;  // of one journal transaction
  daemon::Distribution journal;             // one, with its force
  daemon::Distribution batch_items;         // of one batch
  daemon::Distribution batch_wait;          // from when the first of them came
  daemon::Distribution run;                 // of statements, and their locks asked for
  daemon::Distribution lock_wait;           // until they were granted

  void saw(const Transition& transition);
};

}  // namespace assent::participant
