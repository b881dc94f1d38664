// Timers: one per branch, for the earliest thing that it waits for.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "assent/time.h"
#include "assent/transaction_id.h"

namespace assent::participant {

class Timers {
 public:
  // Replaces the branch's timer; nothing: it has none.
  void set(const TransactionId& id, std::optional<Time> due) {
    const auto found = by_id_.find(id);
    if (found != by_id_.end()) {
      if (due == found->second) return;
      by_time_.erase({found->second, id});
      by_id_.erase(found);
    }
    if (!due) return;
    by_id_.emplace(id, *due);
    by_time_.emplace(*due, id);
  }

  std::optional<Time> next() const { return by_time_.empty() ? std::nullopt : std::optional(by_time_.begin()->first); }

  // The branches whose timers are due, earliest first; they have no timer any more.
  std::vector<TransactionId> take_due(Time now) {
    std::vector<TransactionId> due;
    while (!by_time_.empty() && by_time_.begin()->first <= now) {
      due.push_back(by_time_.begin()->second);
      by_id_.erase(due.back());
      by_time_.erase(by_time_.begin());
    }
    return due;
  }

 private:
  std::map<TransactionId, Time> by_id_;
  std::set<std::pair<Time, TransactionId>> by_time_;
};

}  // namespace assent::participant
