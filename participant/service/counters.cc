#include "participant/service/counters.h"

#include <algorithm>
#include <variant>

namespace assent::participant {

namespace {

ForcedFor purpose_of(const JournalOperation& operation) {
  if (std::holds_alternative<PutPrepared>(operation)) return ForcedFor::kPrepare;
  if (const auto* const applied = std::get_if<ApplyBranch>(&operation)) {
    return applied->state == RowState::kCommitted ? ForcedFor::kCommit : ForcedFor::kOperator;
  }
  if (std::holds_alternative<DeleteBranch>(operation)) return ForcedFor::kEnd;
  if (std::holds_alternative<PutCoordinator>(operation)) return ForcedFor::kWord;
  return ForcedFor::kOperator;
}

}  // namespace

std::string_view to_string(ForcedFor purpose) {
  switch (purpose) {
    case ForcedFor::kPrepare: return "prepare";
    case ForcedFor::kCommit: return "commit";
    case ForcedFor::kOperator: return "operator";
    case ForcedFor::kEnd: return "end";
    case ForcedFor::kWord: return "word";
    case ForcedFor::kSchema: return "schema";
  }
  return "invalid";
}

ForcedFor purpose_of(std::span<const JournalOperation> operations) {
  auto purpose = ForcedFor::kWord;
  for (const auto& operation : operations) purpose = std::min(purpose, purpose_of(operation));
  return purpose;
}

void RunnerCounters::saw(const Transition& transition) {
  const auto reason = transition.cause.reason;
  if (reason != AbortReason::kNone) ++aborted_by_reason[reason];
}

}  // namespace assent::participant
