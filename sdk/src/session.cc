#include "sdk/src/session.h"

#include <algorithm>
#include <utility>

#include "assent/errors.h"
#include "sdk/src/backoff.h"
#include "sdk/src/read_outcome.h"
#include "sdk/src/throw_error.h"
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

ClientOptions checked(ClientOptions options) {
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
  return options;
}

rpc::ChannelOptions channel_options(const ClientOptions& options) {
  rpc::ChannelOptions channel;
  channel.program = "assent-sdk";
  channel.limits.outstanding_calls = options.outstanding_calls;
  channel.limits.frame_bytes = options.message_bytes;
  channel.limits.string_bytes = options.message_bytes;
  channel.limits.output_bytes = std::max<std::size_t>(channel.limits.output_bytes, options.message_bytes);
  return channel;
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

}  // namespace

Session::Session(ClientOptions options)
    : options_(checked(std::move(options))),
      leases_(
          [this](LeasePool::OnLease on_lease) {
            wire::LeaseRequest request;
            request.count = static_cast<std::int32_t>(options_.lease_ids);
            network_.send(Lane::kCalls, options_.coordinator, rpc::methods::kLease, std::move(request),
                          options_.call_timeout, [on_lease = std::move(on_lease)](Result<wire::Lease> answer) {
                            on_lease(answer ? read_lease(*answer) : Result<Lease>(answer.error()));
                          });
          },
          Clock::now),
      network_(channel_options(options_)) {}

LeasedId Session::take_id() {
  auto taken = leases_.take();
  if (!taken) throw_error(taken.error());
  return *taken;
}

Result<std::string> Session::locate(const std::string& store) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = locations_.find(store); known != locations_.end()) return known->second;
  }
  wire::LocateRequest request;
  request.store = store;
  auto answer = call_coordinator(rpc::methods::kLocate, std::move(request), options_.call_timeout);
  if (!answer) return answer.error();
  if (auto address = rpc::parse_address(answer->address); !address) {
    return Error{ErrorKind::kUnavailable, "store " + store + " has no address now: " + address.error().message};
  }
  const std::lock_guard lock(mutex_);
  locations_[store] = answer->address;
  return std::move(answer->address);
}

void Session::forget_location(const std::string& store, const std::string& address) {
  const std::lock_guard lock(mutex_);
  if (const auto known = locations_.find(store); known != locations_.end() && known->second == address) {
    locations_.erase(known);
  }
}

void Session::send_abort(wire::AbortRequest request) {
  network_.send(Lane::kCalls, options_.coordinator, rpc::methods::kAbort, std::move(request), options_.call_timeout,
                [](const Result<wire::Outcome>& /*nobody waits*/) {});
}

Result<Outcome> Session::ask_outcome(const TransactionId& id) {
  const auto until = Clock::now() + options_.outcome_time_limit;
  Backoff backoff(options_.backoff_first, options_.backoff_ceiling);
  for (;;) {
    wire::OutcomeRequest request;
    request.id = rpc::to_wire(id);
    const auto answer = call_coordinator(rpc::methods::kOutcome, std::move(request), options_.call_timeout);
    if (answer) {
      if (auto outcome = read_outcome(id, *answer)) return *std::move(outcome);
    } else if (answer.error().kind == ErrorKind::kInvalidInput) {
      return answer.error();
    }
    if (Clock::now() >= until) {
      return Error{ErrorKind::kUnknown, "the coordinator at " + options_.coordinator + " did not say within " +
                                            std::to_string(options_.outcome_time_limit.count()) + " ms (" +
                                            (answer ? "it is in progress" : answer.error().message) + ")"};
    }
    backoff.wait();
  }
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
