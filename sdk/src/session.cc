#include "sdk/src/session.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "assent/errors.h"
#include "sdk/src/read_outcome.h"
#include "sdk/src/retries.h"
#include "thrift/rpc/address.h"
#include "thrift/rpc/convert.h"

namespace assent::sdk {

namespace {

using namespace std::chrono_literals;

void check_positive(std::chrono::milliseconds value, const char* name) {
  if (value > 0ms) return;
  throw InvalidArgument(std::string("ClientOptions::") + name + " is " + std::to_string(value.count()) +
                        " ms: it must be positive");
}

void check_positive(std::uint64_t value, const char* name) {
  if (value > 0) return;
  throw InvalidArgument(std::string("ClientOptions::") + name + " is 0: it must be positive");
}

// A lease that makes no sense is none: nothing is wrong with what the caller asked for.
Result<Lease> read_lease(const wire::Lease& lease) {
  const auto count = rpc::count_from_wire(lease.count, "lease.count");
  const auto use_for = rpc::from_milliseconds(lease.use_for_ms, "lease.use_for_ms");
  const auto timeout = rpc::from_milliseconds(lease.transaction_timeout_ms, "lease.transaction_timeout_ms");
  if (!count) return Error{ErrorKind::kUnavailable, count.error().message};
  if (!use_for) return Error{ErrorKind::kUnavailable, use_for.error().message};
  if (!timeout) return Error{ErrorKind::kUnavailable, timeout.error().message};
  return Lease{rpc::from_wire(lease.first), *count, static_cast<std::uint64_t>(lease.begin_stamp), *use_for, *timeout};
}

// Asks one coordinator about one transaction, again and again.
class OutcomeQuestion : public std::enable_shared_from_this<OutcomeQuestion> {
 public:
  OutcomeQuestion(std::shared_ptr<Session> session, const TransactionId& id, OnAnswer<Outcome> on_known)
      : session_(std::move(session)),
        id_(id),
        on_known_(std::move(on_known)),
        retries_(session_->environment(), session_->options(), session_->options().outcome_time_limit) {}

  void ask() {
    wire::OutcomeRequest request;
    request.id = rpc::to_wire(id_);
    session_->call_coordinator<wire::OutcomeRequest, wire::Outcome>(
        std::move(request), session_->options().call_timeout, Lane::kCalls,
        [self = shared_from_this()](const Result<wire::Outcome>& answer) { self->heard(answer); });
  }

 private:
  void heard(const Result<wire::Outcome>& answer) {
    if (answer) {
      if (auto outcome = read_outcome(id_, *answer)) return on_known_(*std::move(outcome));
    } else if (answer.error().kind == ErrorKind::kInvalidInput) {
      return on_known_(answer.error());
    }
    const auto wait = retries_.next();
    if (!wait) {
      return on_known_(Error{ErrorKind::kUnknown, "the coordinator at " + session_->options().coordinator +
                                                      " did not say in time (" +
                                                      (answer ? "it is in progress" : answer.error().message) + ")"});
    }
    session_->environment().after(*wait, [self = shared_from_this()] { self->ask(); });
  }

  const std::shared_ptr<Session> session_;
  const TransactionId id_;
  const OnAnswer<Outcome> on_known_;
  Retries retries_;
};

}  // namespace

void check(const ClientOptions& options) {
  if (auto address = rpc::parse_address(options.coordinator); !address) {
    throw InvalidArgument("ClientOptions::coordinator: " + address.error().message);
  }
  constexpr std::uint32_t kMostIds = 1U << 20U;
  check_positive(options.lease_ids, "lease_ids");
  if (options.lease_ids > kMostIds) {
    throw InvalidArgument("ClientOptions::lease_ids is " + std::to_string(options.lease_ids) +
                          ": the most that may be asked for is " + std::to_string(kMostIds));
  }
  check_positive(options.call_timeout, "call_timeout");
  check_positive(options.statement_timeout, "statement_timeout");
  check_positive(options.commit_timeout, "commit_timeout");
  check_positive(options.applied_timeout, "applied_timeout");
  check_positive(options.store_retry_time, "store_retry_time");
  check_positive(options.outcome_time_limit, "outcome_time_limit");
  check_positive(options.run_time_limit, "run_time_limit");
  check_positive(options.run_attempts, "run_attempts");
  check_positive(options.backoff_first, "backoff_first");
  check_positive(options.backoff_ceiling, "backoff_ceiling");
  check_positive(options.outstanding_calls, "outstanding_calls");
  check_positive(options.message_bytes, "message_bytes");
}

std::shared_ptr<Session> Session::make(ClientOptions options, std::unique_ptr<Environment> environment,
                                       boost::asio::io_context* io) {
  return std::shared_ptr<Session>(new Session(std::move(options), std::move(environment), io));
}

Session::Session(ClientOptions options, std::unique_ptr<Environment> environment, boost::asio::io_context* io)
    : options_(std::move(options)),
      environment_(std::move(environment)),
      io_(io),
      leases_([this](LeasePool::OnLease on_lease) { call_for_lease(std::move(on_lease)); },
              [this] { return environment_->now(); }) {}

void Session::end_async_calls() {
  if (!may_have_async_calls_) return;
  const auto end = [this] {
    const auto calls = std::exchange(async_calls_, nullptr);
    if (calls.use_count() > 1) environment_->close_soon();
  };
  if (environment_->is_inside() || !environment_->has_own_thread()) return end();
  const auto ended = async_calls_->released();
  environment_->after(Duration::zero(), end);
  ended.wait();
}

void Session::call_for_lease(LeasePool::OnLease on_lease) {
  wire::LeaseRequest request;
  request.count = static_cast<std::int32_t>(options_.lease_ids);
  call_coordinator<wire::LeaseRequest, wire::Lease>(
      std::move(request), options_.call_timeout, Lane::kCalls,
      [weak = weak_from_this(), on_lease = std::move(on_lease)](const Result<wire::Lease>& answer) {
        // One that is called for ahead of need keeps nothing alive while it is on its way.
        const auto session = weak.lock();
        if (!session) return;
        on_lease(answer ? read_lease(*answer) : Result<Lease>(answer.error()));
      });
}

void Session::locate(const std::string& store, OnAnswer<std::string> on_located) {
  std::optional<std::string> known;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = locations_.find(store); found != locations_.end()) known = found->second;
  }
  if (known) return on_located(*std::move(known));
  wire::LocateRequest request;
  request.store = store;
  call_coordinator<wire::LocateRequest, wire::StoreLocation>(
      std::move(request), options_.call_timeout, Lane::kCalls,
      [self = shared_from_this(), store, on_located = std::move(on_located)](Result<wire::StoreLocation> answer) {
        if (!answer) return on_located(answer.error());
        if (auto address = rpc::parse_address(answer->address); !address) {
          return on_located(
              Error{ErrorKind::kUnavailable, "store " + store + " has no address now: " + address.error().message});
        }
        {
          const std::lock_guard lock(self->mutex_);
          self->locations_[store] = answer->address;
        }
        on_located(std::move(answer->address));
      });
}

void Session::forget_location(const std::string& store, const std::string& address) {
  const std::lock_guard lock(mutex_);
  if (const auto known = locations_.find(store); known != locations_.end() && known->second == address) {
    locations_.erase(known);
  }
}

void Session::send_abort(wire::AbortRequest request) {
  call_coordinator<wire::AbortRequest, wire::Outcome>(std::move(request), options_.call_timeout, Lane::kCalls,
                                                      [](const Result<wire::Outcome>& /*nobody waits*/) {});
}

void Session::ask_outcome(const TransactionId& id, OnAnswer<Outcome> on_known) {
  std::make_shared<OutcomeQuestion>(shared_from_this(), id, std::move(on_known))->ask();
}

void Session::count_committed() {
  const std::lock_guard lock(mutex_);
  ++counters_.committed;
}

void Session::count_aborted(AbortReason reason) {
  const std::lock_guard lock(mutex_);
  ++counters_.aborted[reason];
}

void Session::count_rerun() {
  const std::lock_guard lock(mutex_);
  ++counters_.reruns;
}

void Session::count_lost_answer() {
  const std::lock_guard lock(mutex_);
  ++counters_.lost_answers;
}

void Session::count_unknown_outcome() {
  const std::lock_guard lock(mutex_);
  ++counters_.unknown_outcomes;
}

ClientCounters Session::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

}  // namespace assent::sdk
