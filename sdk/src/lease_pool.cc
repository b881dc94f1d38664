#include "sdk/src/lease_pool.h"

#include <algorithm>
#include <utility>

namespace assent::sdk {

namespace {

std::uint64_t microseconds(LeasePool::Clock::duration duration) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

}  // namespace

LeasePool::LeasePool(std::function<void(OnLease)> request, std::function<Clock::time_point()> now)
    : request_(std::move(request)), now_(std::move(now)) {}

Result<LeasedId> LeasePool::take() {
  std::unique_lock lock(mutex_);
  std::optional<Error> failure;
  for (;;) {
    if (auto taken = take_held()) {
      if (!calling_ && runs_short()) call_for_lease(lock);
      return *taken;
    }
    if (failure) return *failure;
    const auto before = calls_ended_;
    if (!calling_) call_for_lease(lock);
    call_ended_.wait(lock, [this, before] { return calls_ended_ != before; });
    failure = last_error_;  // of a later call, perhaps: the one that was waited for may have brought ids all the same
  }
}

void LeasePool::discard(const TransactionId& id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(
      held_, [&id](const Held& held) { return held.lease.first.log == id.log && held.lease.first.epoch == id.epoch; });
}

std::optional<LeasedId> LeasePool::take_held() {
  const auto now = now_();
  while (!held_.empty()) {
    Held& held = held_.front();
    if (held.used == held.lease.count || now - held.called >= held.lease.use_for) {
      held_.pop_front();
      continue;
    }
    LeasedId taken{held.lease.first, held.lease.begin_stamp + microseconds(now - held.answered), now,
                   held.lease.transaction_timeout};
    taken.id.number += held.used;
    ++held.used;
    return taken;
  }
  return std::nullopt;
}

bool LeasePool::runs_short() const {
  if (held_.size() != 1) return held_.empty();
  const Held& held = held_.front();
  return held.lease.count - held.used <= held.lease.count / 4 || now_() - held.called >= held.lease.use_for / 4 * 3;
}

void LeasePool::call_for_lease(std::unique_lock<std::mutex>& lock) {
  calling_ = true;
  lock.unlock();
  const auto called = now_();
  request_([this, called](Result<Lease> result) { end_call(called, std::move(result)); });
  lock.lock();
}

void LeasePool::end_call(Clock::time_point called, Result<Lease> result) {
  const auto answered = now_();
  if (result && (result->count == 0 || answered - called >= result->use_for)) {
    result = Error{ErrorKind::kUnavailable,
                   "the coordinator's lease of transaction ids was empty, or had passed when it arrived: try again"};
  }
  const std::lock_guard lock(mutex_);
  calling_ = false;
  ++calls_ended_;
  if (result) {
    last_error_.reset();
    held_.push_back(Held{*std::move(result), 0, called, answered});
  } else {
    last_error_ = result.error();
  }
  call_ended_.notify_all();
}

}  // namespace assent::sdk
