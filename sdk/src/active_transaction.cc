#include "sdk/src/active_transaction.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "sdk/src/cause.h"
#include "sdk/src/decision.h"
#include "sdk/src/failure_of.h"
#include "sdk/src/retries.h"
#include "thrift/rpc/convert.h"

namespace assent::sdk {

void begin(const std::shared_ptr<Session>& session, std::optional<std::uint64_t> begin_stamp, IsolationLevel level,
           const Completion<std::shared_ptr<ActiveTransaction>>& done) {
  session->take_id([=](const Result<LeasedId>& leased) {
    if (!leased) return done(failure_of(leased.error()));
    done(std::make_shared<ActiveTransaction>(session, *leased, begin_stamp.value_or(leased->begin_stamp), level));
  });
}

ActiveTransaction::ActiveTransaction(std::shared_ptr<Session> session, const LeasedId& leased,
                                     std::uint64_t begin_stamp, IsolationLevel level)
    : session_(std::move(session)),
      id_(leased.id),
      begin_stamp_(begin_stamp),
      level_(level),
      deadline_(leased.taken + leased.transaction_timeout) {}

ActiveTransaction::~ActiveTransaction() {
  if (!is_busy_) abort(make_cause(AbortReason::kApplication, "it went out of scope undecided"));
}

std::exception_ptr ActiveTransaction::refusal() const {
  if (is_busy_) {
    return failure<InvalidArgument>("transaction " + to_string(id_) + " is busy: wait for its last call to end");
  }
  switch (phase_) {
    case Phase::kActive: break;
    case Phase::kCommitted:
      return failure<InvalidArgument>("transaction " + to_string(id_) + " has committed: begin another one");
    case Phase::kAborted: return failure<Aborted>(id_, cause_);
    case Phase::kUnknown: return failure<OutcomeUnknown>(id_, "its commit got no answer");
  }
  return nullptr;
}

void ActiveTransaction::abort(AbortCause cause) {
  assert(!is_busy_);
  if (phase_ == Phase::kActive) end(std::move(cause));
}

std::exception_ptr ActiveTransaction::end(AbortCause cause) {
  ended_as_aborted(std::move(cause));
  tell_coordinator();
  return failure<Aborted>(id_, cause_);
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

// Sends the commit until it is taken in, or time is over.
class CommitDelivery : public std::enable_shared_from_this<CommitDelivery> {
 public:
  CommitDelivery(std::shared_ptr<ActiveTransaction> transaction, Return when, Completion<Outcome> done)
      : transaction_(std::move(transaction)),
        when_(when),
        done_(std::move(done)),
        retries_(environment(), options(), std::min<Duration>(transaction_->time_left(), options().commit_timeout)) {}

  void send() {
    const auto answer_within = when_ == Return::applied ? options().applied_timeout : options().commit_timeout;
    const auto answer_until = environment().now() + answer_within;
    transaction_->send_commit(when_, answer_within,
                              [self = shared_from_this(), answer_until](Result<wire::Outcome> answer) {
                                self->heard(Sent{answer_until, std::move(answer)});
                              });
  }

 private:
  void heard(const Sent& sent) {
    const auto wait = !sent.answer && may_be_sent_again(sent.answer.error()) ? retries_.next() : std::nullopt;
    if (!wait) return transaction_->commit_sent(when_, sent, done_);
    environment().after(*wait, [self = shared_from_this()] { self->send(); });
  }

  const ClientOptions& options() const { return transaction_->session_->options(); }
  Environment& environment() const { return transaction_->session_->environment(); }

  const std::shared_ptr<ActiveTransaction> transaction_;
  const Return when_;
  const Completion<Outcome> done_;
  Retries retries_;
};

void ActiveTransaction::commit(Return when, Completion<Outcome> done) {
  if (auto refused = refusal()) return done(std::move(refused));
  if (touched().empty()) {
    // Nothing was done anywhere: there is nothing to decide.
    Outcome outcome;
    outcome.id = id_;
    outcome.kind = OutcomeKind::kCommitted;
    outcome.applied = true;
    return done(settled(std::move(outcome)));
  }
  if (time_left() <= Duration::zero()) {
    return done(end(make_cause(AbortReason::kTransactionTimeout, "its time was over before commit() was called")));
  }
  is_busy_ = true;
  std::make_shared<CommitDelivery>(shared_from_this(), when, std::move(done))->send();
}

void ActiveTransaction::send_commit(Return when, Duration answer_within, OnAnswer<wire::Outcome> on_answer) {
  wire::CommitRequest request;
  request.id = rpc::to_wire(id_);
  request.branches = touched();
  request.return_when = to_wire(when);
  session_->call_coordinator(std::move(request), answer_within, lane_of(when), std::move(on_answer));
}

void ActiveTransaction::commit_sent(Return when, const Sent& sent, Completion<Outcome> done) {
  if (!sent.answer && is_without_effect(sent.answer.error())) {
    is_busy_ = false;
    return done(not_committed(sent.answer.error()));
  }
  phase_ = Phase::kUnknown;  // unless settle() comes to know
  const auto repeat = [self = shared_from_this(), when](Duration answer_within, OnAnswer<wire::Outcome> on_answer) {
    self->send_commit(when, answer_within, std::move(on_answer));
  };
  settle(session_, id_, when, sent, repeat,
         [self = shared_from_this(), done = std::move(done)](Attempt<Outcome> ended) {
           self->is_busy_ = false;
           done(self->settled(std::move(ended)));
         });
}

std::exception_ptr ActiveTransaction::not_committed(const Error& error) {
  const std::string detail = "the coordinator did not take in the commit: " + error.message;
  switch (error.kind) {
    case ErrorKind::kOverloaded: return end(make_cause(AbortReason::kOverloaded, detail));
    case ErrorKind::kInvalidInput:
      end(make_cause(AbortReason::kStatementFailed, detail));
      return failure<InvalidArgument>("transaction " + to_string(id_) + " was aborted: " + detail);
    default: return end(make_cause(AbortReason::kPresumed, detail));
  }
}

Attempt<Outcome> ActiveTransaction::settled(Attempt<Outcome> ended) {
  if (!ended) return ended;
  if (!ended->committed()) {
    ended_as_aborted(std::move(ended->cause));
    // A coordinator that presumes the abort may never have seen the commit, nor the branches that it names.
    if (cause_.reason == AbortReason::kPresumed) tell_coordinator();
    return failure<Aborted>(id_, cause_);
  }
  phase_ = Phase::kCommitted;
  session_->count_committed();
  return ended;
}

}  // namespace assent::sdk
