#include "thrift/rpc/outstanding_calls.h"

#include <algorithm>
#include <limits>

namespace assent::rpc {
namespace {

// Seqids begin again at 1 after two thousand million calls: order by distance, which outstanding calls keep small.
bool is_before(std::int32_t one, std::int32_t other) {
  const auto distance = static_cast<std::uint32_t>(other) - static_cast<std::uint32_t>(one);
  return distance != 0 && (distance & 0x7fffffffU) < 0x40000000U;
}

}  // namespace

std::int32_t OutstandingCalls::next_seqid() {
  do {
    last_seqid_ = last_seqid_ == std::numeric_limits<std::int32_t>::max() ? 1 : last_seqid_ + 1;
  } while (calls_.contains(last_seqid_));
  return last_seqid_;
}

OutstandingCall& OutstandingCalls::add(OutstandingCall call) {
  deadlines_.emplace(call.deadline, call.seqid);
  const std::int32_t seqid = call.seqid;
  return calls_.emplace(seqid, std::move(call)).first->second;
}

OutstandingCall* OutstandingCalls::find(std::int32_t seqid) {
  const auto found = calls_.find(seqid);
  return found == calls_.end() ? nullptr : &found->second;
}

OutstandingCall OutstandingCalls::take(std::int32_t seqid) {
  auto node = calls_.extract(seqid);
  deadlines_.erase({node.mapped().deadline, seqid});
  return std::move(node.mapped());
}

std::optional<std::chrono::steady_clock::time_point> OutstandingCalls::earliest_deadline() const {
  if (deadlines_.empty()) {
    return std::nullopt;
  }
  return deadlines_.begin()->first;
}

std::vector<OutstandingCall*> OutstandingCalls::all() {
  std::vector<OutstandingCall*> calls;
  calls.reserve(calls_.size());
  for (auto& [seqid, call] : calls_) {
    calls.push_back(&call);
  }
  std::sort(calls.begin(), calls.end(), [](const OutstandingCall* one, const OutstandingCall* other) {
    return is_before(one->seqid, other->seqid);
  });
  return calls;
}

std::vector<OutstandingCall> OutstandingCalls::take_all() {
  std::vector<OutstandingCall> taken;
  taken.reserve(calls_.size());
  for (OutstandingCall* call : all()) {
    taken.push_back(std::move(*call));
  }
  calls_.clear();
  deadlines_.clear();
  return taken;
}

std::vector<OutstandingCall> OutstandingCalls::take_expired(std::chrono::steady_clock::time_point now) {
  std::vector<OutstandingCall> expired;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    expired.push_back(take(deadlines_.begin()->second));
  }
  return expired;
}

}  // namespace assent::rpc
