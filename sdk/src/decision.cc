#include "sdk/src/decision.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "assent/errors.h"
#include "sdk/src/read_outcome.h"

namespace assent::sdk {

namespace {

void end_unknown(Session& session, const TransactionId& id, const std::string& detail,
                 const Completion<Outcome>& done) {
  session.count_unknown_outcome();
  done(failure<OutcomeUnknown>(id, detail));
}

// What the coordinator said, as the caller gets it.
void report(Session& session, Outcome outcome, const Completion<Outcome>& done) {
  if (outcome.kind == OutcomeKind::kForgotten) {
    return end_unknown(session, outcome.id, "it ended longer ago than the coordinator keeps outcomes", done);
  }
  if (outcome.kind == OutcomeKind::kAborted && outcome.cause.reason == AbortReason::kPresumed) {
    session.suspect(outcome.id);
  }
  done(std::move(outcome));
}

void wait_until_applied(Session& session, Outcome outcome, Time until, const Repeat& repeat, Completion<Outcome> done) {
  const auto left = std::chrono::floor<std::chrono::milliseconds>(until - session.environment().now());
  if (left <= std::chrono::milliseconds::zero()) return done(std::move(outcome));
  repeat(std::min(left, session.options().applied_timeout),
         [outcome = std::move(outcome), done = std::move(done)](const Result<wire::Outcome>& again) mutable {
           const auto repeated = again ? read_outcome(outcome.id, *again) : std::nullopt;
           outcome.applied = repeated && repeated->committed();
           done(std::move(outcome));
         });
}

}  // namespace

bool may_be_sent_again(const Error& error) {
  return error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kOverloaded;
}

bool is_without_effect(const Error& error) {
  return may_be_sent_again(error) || error.kind == ErrorKind::kInvalidInput;
}

void settle(const std::shared_ptr<Session>& session, const TransactionId& id, Return when, const Sent& sent,
            Repeat repeat, Completion<Outcome> done) {
  if (auto answered = sent.answer ? read_outcome(id, *sent.answer) : std::nullopt) {
    answered->applied = answered->committed() && when == Return::applied;
    return report(*session, *std::move(answered), done);
  }
  session->count_lost_answer();
  session->suspect(id);
  session->ask_outcome(id, [session, id, when, until = sent.answer_until, repeat = std::move(repeat),
                            done = std::move(done)](Result<Outcome> outcome) {
    if (!outcome) return end_unknown(*session, id, outcome.error().message, done);
    if (outcome->committed() && when == Return::applied) {
      return wait_until_applied(*session, *std::move(outcome), until, repeat, done);
    }
    report(*session, *std::move(outcome), done);
  });
}

void outcome(const std::shared_ptr<Session>& session, const TransactionId& id, Completion<Outcome> done) {
  session->ask_outcome(id, [id, done = std::move(done)](Result<Outcome> known) {
    if (known) return done(*std::move(known));
    const Error& error = known.error();
    if (error.kind == ErrorKind::kInvalidInput) return done(failure<InvalidArgument>(error.message));
    done(failure<OutcomeUnknown>(id, error.message));
  });
}

}  // namespace assent::sdk
