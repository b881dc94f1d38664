#include "sdk/src/decision.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "assent/errors.h"
#include "sdk/src/read_outcome.h"

namespace assent::sdk {

namespace {

[[noreturn]] void throw_unknown(Session& session, const TransactionId& id, const std::string& detail) {
  session.count_unknown_outcome();
  throw OutcomeUnknown(id, detail);
}

Outcome resolve_lost_answer(Session& session, const TransactionId& id) {
  session.count_lost_answer();
  session.suspect(id);
  auto outcome = session.ask_outcome(id);
  if (!outcome) throw_unknown(session, id, outcome.error().message);
  return *std::move(outcome);
}

}  // namespace

bool may_be_sent_again(const Error& error) {
  return error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kOverloaded;
}

bool is_without_effect(const Error& error) {
  return may_be_sent_again(error) || error.kind == ErrorKind::kInvalidInput;
}

Outcome settle(Session& session, const TransactionId& id, Return when, const Sent& sent,
               const std::function<Result<wire::Outcome>(Duration)>& repeat) {
  const auto answered = sent.answer ? read_outcome(id, *sent.answer) : std::nullopt;
  Outcome outcome = answered ? *answered : resolve_lost_answer(session, id);
  if (outcome.kind == OutcomeKind::kForgotten) {
    throw_unknown(session, id, "it ended longer ago than the coordinator keeps outcomes");
  }
  if (outcome.kind == OutcomeKind::kAborted && outcome.cause.reason == AbortReason::kPresumed) session.suspect(id);
  if (outcome.committed() && when == Return::applied) {
    outcome.applied = answered.has_value();
    const auto left = std::chrono::floor<std::chrono::milliseconds>(sent.answer_until - Session::Clock::now());
    if (!answered && left > std::chrono::milliseconds::zero()) {
      const auto again = repeat(std::min(left, session.options().applied_timeout));
      const auto repeated = again ? read_outcome(id, *again) : std::nullopt;
      outcome.applied = repeated && repeated->committed();
    }
  }
  return outcome;
}

}  // namespace assent::sdk
