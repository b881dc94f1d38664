// FakeCoordinator and FakeParticipant: they say what a test tells them to, and remember what they were asked.
// By default a coordinator commits everything, and a participant runs everything.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "assent/outcome.h"
#include "assent/transaction_id.h"
#include "tests/unit/sdk/fake_server.h"
#include "thrift/rpc/convert.h"

namespace assent::sdk {

inline AbortCause cause_of(AbortReason reason, std::string detail = "because") {
  AbortCause cause;
  cause.reason = reason;
  cause.detail = std::move(detail);
  return cause;
}

inline wire::Outcome outcome_answer(const wire::TransactionId& id, OutcomeKind kind, const AbortCause& cause = {}) {
  wire::Outcome outcome;
  outcome.id = id;
  outcome.kind = rpc::to_wire(kind);
  outcome.cause = rpc::to_wire(cause);
  return outcome;
}

// Reactions of one method: each call takes the next, and then the usual one.
template <typename Method>
class Script {
 public:
  using Request = typename Method::Request;
  using Respond = rpc::Responder<typename Method::Answer>;
  using Reaction = std::function<void(const Request&, const Respond&)>;

  explicit Script(Reaction usual) : usual_(std::move(usual)) {}

  Script& then(Reaction reaction) {
    const std::lock_guard lock(mutex_);
    next_.push_back(std::move(reaction));
    return *this;
  }

  // The call is taken in, and its answer is lost: the caller cannot know what happened.
  Script& then_lose() {
    return then([](const Request&, const Respond&) {});
  }

  // The call is taken in, which the future tells, and is never answered.
  std::future<void> then_hold() {
    const auto arrived = std::make_shared<std::promise<void>>();
    then([this, arrived](const Request&, const Respond& respond) {
      {
        const std::lock_guard lock(mutex_);
        held_.push_back(respond);
      }
      arrived->set_value();
    });
    return arrived->get_future();
  }

  Script& then_fault(wire::FaultCode::type code, const std::string& message = "refused") {
    return then([code, message](const Request&, const Respond& respond) { respond.fault(code, message); });
  }

  void always(Reaction reaction) {
    const std::lock_guard lock(mutex_);
    usual_ = std::move(reaction);
  }

  // Every request so far.
  std::vector<Request> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

  void react(const Request& request, const Respond& respond) {
    Reaction reaction;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      reaction = usual_;
      if (!next_.empty()) {
        reaction = std::move(next_.front());
        next_.pop_front();
      }
    }
    reaction(request, respond);
  }

 private:
  mutable std::mutex mutex_;
  Reaction usual_;
  std::deque<Reaction> next_;
  std::vector<Request> requests_;
  std::vector<Respond> held_;
};

using LeaseMethod = std::remove_const_t<decltype(rpc::methods::kLease)>;
using LocateMethod = std::remove_const_t<decltype(rpc::methods::kLocate)>;
using SubmitMethod = std::remove_const_t<decltype(rpc::methods::kSubmit)>;
using CommitMethod = std::remove_const_t<decltype(rpc::methods::kCommit)>;
using AbortMethod = std::remove_const_t<decltype(rpc::methods::kAbort)>;
using OutcomeMethod = std::remove_const_t<decltype(rpc::methods::kOutcome)>;
using ExecuteMethod = std::remove_const_t<decltype(rpc::methods::kExecute)>;

template <typename Method>
typename Script<Method>::Reaction answer_outcome(OutcomeKind kind, const AbortCause& cause = {}) {
  return [kind, cause](const typename Method::Request& request, const auto& respond) {
    respond(outcome_answer(request.id, kind, cause));
  };
}

class FakeCoordinator {
 public:
  FakeCoordinator() {
    server_.on(rpc::methods::kLease, [this](const auto& request, auto respond) { leases.react(request, respond); });
    server_.on(rpc::methods::kLocate, [this](const auto& request, auto respond) { locates.react(request, respond); });
    server_.on(rpc::methods::kSubmit, [this](const auto& request, auto respond) { submits.react(request, respond); });
    server_.on(rpc::methods::kCommit, [this](const auto& request, auto respond) { commits.react(request, respond); });
    server_.on(rpc::methods::kAbort, [this](const auto& request, auto respond) { aborts.react(request, respond); });
    server_.on(rpc::methods::kOutcome, [this](const auto& request, auto respond) { outcomes.react(request, respond); });
    server_.start();
  }

  FakeServer& server() { return server_; }
  const std::string& address() const { return server_.address(); }

  void place(const std::string& store, const std::string& address) {
    const std::lock_guard lock(mutex_);
    stores_[store] = address;
  }

  // As a restart would: another epoch of ids.
  void raise_epoch() {
    const std::lock_guard lock(mutex_);
    ++epoch_;
    next_number_ = 0;
  }

  std::chrono::milliseconds transaction_timeout{30'000};  // set before the first lease

  Script<LeaseMethod> leases{[this](const auto& request, const auto& respond) { respond(lease(request)); }};
  Script<LocateMethod> locates{[this](const auto& request, const auto& respond) { locate(request, respond); }};
  Script<SubmitMethod> submits{answer_outcome<SubmitMethod>(OutcomeKind::kCommitted)};
  Script<CommitMethod> commits{answer_outcome<CommitMethod>(OutcomeKind::kCommitted)};
  Script<AbortMethod> aborts{answer_outcome<AbortMethod>(OutcomeKind::kAborted, cause_of(AbortReason::kApplication))};
  Script<OutcomeMethod> outcomes{answer_outcome<OutcomeMethod>(OutcomeKind::kCommitted)};

 private:
  wire::Lease lease(const wire::LeaseRequest& request) {
    const std::lock_guard lock(mutex_);
    wire::Lease lease;
    lease.first = rpc::to_wire(TransactionId{LogIdentity{0xA}, Epoch{epoch_}, next_number_});
    lease.count = request.count;
    lease.begin_stamp = static_cast<std::int64_t>(1'000'000 * epoch_);
    lease.use_for_ms = 60'000;
    lease.transaction_timeout_ms = transaction_timeout.count();
    next_number_ += static_cast<std::uint64_t>(request.count);
    return lease;
  }

  void locate(const wire::LocateRequest& request, const Script<LocateMethod>::Respond& respond) {
    const std::lock_guard lock(mutex_);
    const auto found = stores_.find(request.store);
    if (found == stores_.end()) {
      respond.fault(wire::FaultCode::NOT_FOUND, "no store " + request.store + " is registered");
      return;
    }
    wire::StoreLocation location;
    location.store = request.store;
    location.address = found->second;
    respond(location);
  }

  std::mutex mutex_;
  std::map<std::string, std::string> stores_;
  std::uint64_t epoch_ = 1;
  std::uint64_t next_number_ = 0;
  FakeServer server_;
};

class FakeParticipant {
 public:
  FakeParticipant() {
    server_.on(rpc::methods::kExecute, [this](const auto& request, auto respond) { executes.react(request, respond); });
    server_.start();
  }

  FakeServer& server() { return server_; }
  const std::string& address() const { return server_.address(); }

  // The branch that a transaction has here.
  static wire::BranchNumber branch(std::int64_t counter = 1) {
    wire::BranchNumber number;
    number.start = 5;
    number.counter = counter;
    return number;
  }

  static wire::ExecuteAnswer changed(std::int64_t rows = 1) {
    wire::ExecuteAnswer answer;
    answer.branch = branch();
    answer.__isset.result = true;
    answer.result.changed_rows = rows;
    return answer;
  }

  static wire::ExecuteAnswer failed(const AbortCause& cause) {
    wire::ExecuteAnswer answer;
    answer.branch = branch();
    answer.__isset.failure = true;
    answer.failure = rpc::to_wire(cause);
    return answer;
  }

  static wire::ExecuteAnswer ended(const AbortCause& cause) {
    wire::ExecuteAnswer answer;
    answer.branch = branch();
    answer.__isset.ended = true;
    answer.ended = rpc::to_wire(cause);
    return answer;
  }

  static Script<ExecuteMethod>::Reaction answer(const wire::ExecuteAnswer& answer) {
    return [answer](const auto&, const auto& respond) { respond(answer); };
  }

  Script<ExecuteMethod> executes{answer(changed())};

 private:
  FakeServer server_;
};

}  // namespace assent::sdk
