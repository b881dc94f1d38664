#include "sdk/src/submission.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "assent/errors.h"
#include "sdk/src/decision.h"
#include "sdk/src/failure_of.h"
#include "sdk/src/reruns.h"
#include "thrift/rpc/convert.h"

namespace assent::sdk {

namespace {

using namespace std::chrono_literals;

// The coordinator ends the transaction in time by itself, and says so.
constexpr std::chrono::milliseconds kAnswerDelay = 2s;

// The statements of each store, in order.
std::vector<wire::BatchBranch> branches_of(const Batch& batch) {
  std::vector<wire::BatchBranch> branches;
  std::map<std::string, std::size_t> place;
  for (const auto& entry : batch.entries()) {
    const auto [found, is_new] = place.try_emplace(entry.store, branches.size());
    if (is_new) {
      branches.emplace_back();
      branches.back().store = entry.store;
    }
    branches[found->second].statements.push_back(rpc::to_wire(entry.statement));
  }
  return branches;
}

// In the order of the batch; nothing if the answer does not hold exactly one for each statement.
std::vector<ResultSet> results_of(const Batch& batch, std::vector<wire::StoreResults> answered) {
  std::map<std::string, std::vector<wire::StatementResult>> by_store;
  for (auto& branch : answered) by_store[branch.store] = std::move(branch.results);
  std::map<std::string, std::size_t> next;
  std::vector<ResultSet> results;
  for (const auto& entry : batch.entries()) {
    auto& of_store = by_store[entry.store];
    auto& index = next[entry.store];
    if (index >= of_store.size()) return {};
    auto result = rpc::from_wire(std::move(of_store[index++]), "result");
    if (!result) return {};
    results.emplace_back(*std::move(result));
  }
  return results;
}

class Submission : public std::enable_shared_from_this<Submission> {
 public:
  Submission(std::shared_ptr<Session> session, Batch batch, Return when, IsolationLevel level, Completion<Outcome> done)
      : session_(std::move(session)),
        batch_(std::move(batch)),
        when_(when),
        level_(level),
        done_(std::move(done)),
        reruns_(*session_) {}

  void run() {
    session_->take_id([self = shared_from_this()](Result<LeasedId> leased) {
      if (!leased) return self->run_again_or_end(failure_of(leased.error()));
      if (!self->begin_stamp_) self->begin_stamp_ = leased->begin_stamp;
      self->leased_ = *leased;
      self->send_once();
    });
  }

 private:
  void send_once() {
    Duration answer_within = leased_.transaction_timeout + kAnswerDelay;
    if (when_ == Return::applied) answer_within += session_->options().applied_timeout;
    const auto answer_until = session_->environment().now() + answer_within;
    send(answer_within, [self = shared_from_this(), answer_until](Result<wire::Outcome> answer) {
      self->heard(Sent{answer_until, std::move(answer)});
    });
  }

  void send(Duration answer_within, OnAnswer<wire::Outcome> on_answer) {
    wire::SubmitRequest request;
    request.id = rpc::to_wire(leased_.id);
    request.begin_stamp = static_cast<std::int64_t>(*begin_stamp_);
    request.branches = branches_of(batch_);
    request.return_when = to_wire(when_);
    request.timeout_ms = 0;
    request.level = rpc::to_wire(level_);
    session_->call_coordinator(std::move(request), answer_within, lane_of(when_), std::move(on_answer));
  }

  void heard(Sent sent) {
    if (!sent.answer && is_without_effect(sent.answer.error())) {
      if (sent.answer.error().kind == ErrorKind::kUnavailable) session_->suspect(leased_.id);
      return run_again_or_end(failure_of(sent.answer.error()));
    }
    const auto repeat = [self = shared_from_this()](Duration answer_within, OnAnswer<wire::Outcome> on_answer) {
      self->send(answer_within, std::move(on_answer));
    };
    std::vector<wire::StoreResults> results;
    if (sent.answer && rpc::from_wire(sent.answer->id) == leased_.id) results = std::move(sent.answer->results);
    settle(session_, leased_.id, when_, sent, repeat,
           [self = shared_from_this(), results = std::move(results)](Attempt<Outcome> ended) mutable {
             self->settled(std::move(ended), std::move(results));
           });
  }

  void settled(Attempt<Outcome> ended, std::vector<wire::StoreResults> results) {
    if (!ended) return done_(std::move(ended));
    if (!ended->committed()) {
      session_->count_aborted(ended->cause.reason);
      return run_again_or_end(failure<Aborted>(leased_.id, std::move(ended->cause)));
    }
    session_->count_committed();
    ended->results = results_of(batch_, std::move(results));
    done_(std::move(ended));
  }

  // REQUIRES: it is known to have had no effect.
  void run_again_or_end(std::exception_ptr failure) {
    const auto wait = reruns_.after(failure);
    if (!wait) return done_(std::move(failure));
    session_->environment().after(*wait, [self = shared_from_this()] { self->run(); });
  }

  const std::shared_ptr<Session> session_;
  const Batch batch_;
  const Return when_;
  const IsolationLevel level_;
  const Completion<Outcome> done_;
  Reruns reruns_;
  std::optional<std::uint64_t> begin_stamp_;  // of the first run
  LeasedId leased_;                           // of this one
};

}  // namespace

void submit(const std::shared_ptr<Session>& session, Batch batch, Return when, IsolationLevel level,
            Completion<Outcome> done) {
  if (batch.empty()) return done(failure<InvalidArgument>("the batch is empty: add a statement"));
  std::make_shared<Submission>(session, std::move(batch), when, level, std::move(done))->run();
}

}  // namespace assent::sdk
