// How a transaction ended, as a client is told.
#pragma once

#include <vector>

#include "assent/outcome.h"
#include "assent/result_set.h"
#include "assent/transaction_id.h"

namespace assent {

// When a commit or a submit returns.
enum class Return {
  decided,  // NOLINT(readability-identifier-naming): the decision is durable; nothing can undo it
  applied,  // NOLINT(readability-identifier-naming): every store has applied it; its effects can be read everywhere
};

struct Outcome {
  TransactionId id;
  OutcomeKind kind = OutcomeKind::kInProgress;
  AbortCause cause;      // of kAborted
  bool applied = false;  // every store is known to have applied it (with Return::applied; a store may be down for long)

  // Of a batch that was submitted: one for each of its statements, in the order in which they were added. Empty if
  // the answer was lost, and the outcome had to be asked for.
  std::vector<ResultSet> results;

  bool committed() const { return kind == OutcomeKind::kCommitted; }
};

}  // namespace assent
