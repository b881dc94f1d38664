#include "sdk/src/lease_pool.h"

#include <utility>
#include <vector>

namespace assent::sdk {

namespace {

std::uint64_t microseconds(Duration duration) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

}  // namespace

LeasePool::LeasePool(std::function<void(OnLease)> request, std::function<Time()> now)
    : request_(std::move(request)), now_(std::move(now)) {}

void LeasePool::take(const OnTaken& on_taken) {
  std::unique_lock lock(mutex_);
  const auto taken = take_held();
  if (!taken) waiting_.push_back(on_taken);
  const bool calls = may_call();
  lock.unlock();
  if (calls) call_for_lease();
  if (taken) on_taken(*taken);
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

bool LeasePool::may_call() {
  if (calling_ || !runs_short()) return false;
  calling_ = true;
  return true;
}

void LeasePool::call_for_lease() {
  const auto called = now_();
  request_([this, called](Result<Lease> result) { end_call(called, std::move(result)); });
}

void LeasePool::end_call(Time called, Result<Lease> result) {
  const auto answered = now_();
  if (result && (result->count == 0 || answered - called >= result->use_for)) {
    result = Error{ErrorKind::kUnavailable,
                   "the coordinator's lease of transaction ids was empty, or had passed when it arrived: try again"};
  }
  std::vector<std::pair<OnTaken, Result<LeasedId>>> ended;
  bool calls = false;
  {
    const std::lock_guard lock(mutex_);
    calling_ = false;
    if (result) held_.push_back(Held{*result, 0, called, answered});
    while (!waiting_.empty()) {
      const auto taken = take_held();
      if (!taken && result) break;  // more wait than the lease has ids
      ended.emplace_back(std::move(waiting_.front()), taken ? Result<LeasedId>(*taken) : result.error());
      waiting_.pop_front();
    }
    calls = result && may_call();
  }
  if (calls) call_for_lease();
  for (auto& [on_taken, taken] : ended) on_taken(std::move(taken));
}

}  // namespace assent::sdk
