#include "sdk/src/active_transaction.h"

#include <algorithm>
#include <utility>

#include "sdk/src/backoff.h"
#include "sdk/src/cause.h"
#include "sdk/src/decision.h"
#include "thrift/rpc/convert.h"

namespace assent::sdk {

namespace {

using namespace std::chrono_literals;

}  // namespace

ActiveTransaction::ActiveTransaction(std::shared_ptr<Session> session, const LeasedId& leased,
                                     std::uint64_t begin_stamp, IsolationLevel level)
    : session_(std::move(session)),
      id_(leased.id),
      begin_stamp_(begin_stamp),
      level_(level),
      deadline_(leased.taken + leased.transaction_timeout) {}

ActiveTransaction::~ActiveTransaction() {
  abort(make_cause(AbortReason::kApplication, "it went out of scope undecided"));
}

void ActiveTransaction::require_active() const {
  switch (phase_) {
    case Phase::kActive: return;
    case Phase::kCommitted:
      throw InvalidArgument("transaction " + to_string(id_) + " has committed: begin another one");
    case Phase::kAborted: throw Aborted(id_, cause_);
    case Phase::kUnknown: throw OutcomeUnknown(id_, "its commit got no answer");
  }
}

std::chrono::milliseconds ActiveTransaction::time_left() const {
  return std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Session::Clock::now());
}

void ActiveTransaction::abort(AbortCause cause) {
  if (phase_ != Phase::kActive) return;
  ended_as_aborted(std::move(cause));
  tell_coordinator();
}

void ActiveTransaction::end(AbortCause cause) {
  abort(std::move(cause));
  throw Aborted(id_, cause_);
}

void ActiveTransaction::ended_as_aborted(AbortCause cause) {
  phase_ = Phase::kAborted;
  cause_ = std::move(cause);
  session_->count_aborted(cause_.reason);
  // Its coordinator may have been started anew: stores take nothing of what the one before has leased.
  if (cause_.reason == AbortReason::kPresumed) session_->suspect(id_);
}

void ActiveTransaction::tell_coordinator() {
  wire::AbortRequest request;
  request.id = rpc::to_wire(id_);
  request.branches = touched();
  if (request.branches.empty()) return;
  session_->send_abort(std::move(request));
}

std::vector<wire::TouchedBranch> ActiveTransaction::touched() const {
  std::vector<wire::TouchedBranch> branches;
  for (const auto& [store, branch] : branches_) {
    if (!branch.maybe_there) continue;
    wire::TouchedBranch touched;
    touched.store = store;
    touched.branch = rpc::to_wire(branch.number);
    touched.statement_count = branch.answered;
    branches.push_back(std::move(touched));
  }
  return branches;
}

Outcome ActiveTransaction::commit(Return when) {
  require_active();
  Outcome outcome;
  if (touched().empty()) {
    // Nothing was done anywhere: there is nothing to decide.
    outcome.id = id_;
    outcome.kind = OutcomeKind::kCommitted;
    outcome.applied = true;
  } else {
    if (time_left() <= 0ms) {
      end(make_cause(AbortReason::kTransactionTimeout, "its time was over before commit() was called"));
    }
    const auto sent = deliver_commit(when);
    if (!sent.answer && is_without_effect(sent.answer.error())) never_committed(sent.answer.error());
    phase_ = Phase::kUnknown;  // unless settle() comes to know
    outcome = settle(*session_, id_, when, sent, [this, when](Duration left) { return send_commit(when, left); });
  }
  if (!outcome.committed()) {
    ended_as_aborted(std::move(outcome.cause));
    // A coordinator that presumes the abort may never have seen the commit, nor the branches that it names.
    if (cause_.reason == AbortReason::kPresumed) tell_coordinator();
    throw Aborted(id_, cause_);
  }
  phase_ = Phase::kCommitted;
  session_->count_committed();
  return outcome;
}

Sent ActiveTransaction::deliver_commit(Return when) {
  const auto& options = session_->options();
  const auto until = std::min(deadline_, Session::Clock::now() + options.commit_timeout);
  const auto answer_within = when == Return::applied ? options.applied_timeout : options.commit_timeout;
  Backoff backoff(options.backoff_first, options.backoff_ceiling);
  for (;;) {
    const auto answer_until = Session::Clock::now() + answer_within;
    Sent sent{answer_until, send_commit(when, answer_within)};
    if (sent.answer || !may_be_sent_again(sent.answer.error()) || Session::Clock::now() >= until) return sent;
    backoff.wait();
  }
}

Result<wire::Outcome> ActiveTransaction::send_commit(Return when, Duration answer_within) {
  wire::CommitRequest request;
  request.id = rpc::to_wire(id_);
  request.branches = touched();
  request.return_when = to_wire(when);
  return session_->call_coordinator(rpc::methods::kCommit, std::move(request), answer_within, lane_of(when));
}

void ActiveTransaction::never_committed(const Error& error) {
  const std::string detail = "the coordinator did not take in the commit: " + error.message;
  switch (error.kind) {
    case ErrorKind::kOverloaded: end(make_cause(AbortReason::kOverloaded, detail));
    case ErrorKind::kInvalidInput:
      abort(make_cause(AbortReason::kStatementFailed, detail));
      throw InvalidArgument("transaction " + to_string(id_) + " was aborted: " + detail);
    default: end(make_cause(AbortReason::kPresumed, detail));
  }
}

}  // namespace assent::sdk
