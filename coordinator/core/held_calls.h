// HeldCalls: what clients ask before it is shown that this log is the newest, in the order in which they asked.
//
//   H1  A call leaves once: when the log is proven, after `wait`, or when the coordinator is to end.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "assent/time.h"
#include "coordinator/core/events.h"

namespace assent::coordinator {

using ClientCall = std::variant<LeaseRequested, SubmitRequested, CommitRequested, AbortRequested, OutcomeRequested>;

class HeldCalls {
 public:
  HeldCalls(Duration wait, std::size_t most) : wait_(wait), most_(most) {}

  bool is_full() const { return calls_.size() >= most_; }

  // REQUIRES: !is_full().
  void hold(ClientCall call, Time now) { calls_.emplace_back(now + wait_, std::move(call)); }

  // Those that have waited long enough.
  std::vector<ClientCall> take_due(Time now);
  std::vector<ClientCall> take_all() { return take_due(Time::max()); }

  std::optional<Time> next_deadline() const;

 private:
  const Duration wait_;
  const std::size_t most_;
  std::deque<std::pair<Time, ClientCall>> calls_;  // until when
};

}  // namespace assent::coordinator
