#include "sdk/src/read_outcome.h"

#include <utility>

#include "sdk/src/cause.h"
#include "thrift/rpc/convert.h"

namespace assent::sdk {

std::optional<Outcome> read_outcome(const TransactionId& id, const wire::Outcome& answer) {
  if (rpc::from_wire(answer.id) != id) return std::nullopt;
  auto kind = rpc::from_wire(answer.kind, "outcome.kind");
  if (!kind || *kind == OutcomeKind::kInProgress) return std::nullopt;
  Outcome outcome;
  outcome.id = id;
  outcome.kind = *kind;
  if (*kind == OutcomeKind::kAborted) {
    auto cause = rpc::from_wire(answer.cause, "outcome.cause");
    outcome.cause = cause ? *std::move(cause) : make_cause(AbortReason::kPresumed, cause.error().message);
    if (outcome.cause.reason == AbortReason::kNone) outcome.cause.reason = AbortReason::kPresumed;
  }
  return outcome;
}

}  // namespace assent::sdk
