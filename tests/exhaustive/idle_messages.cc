#include "tests/exhaustive/idle_messages.h"

#include <algorithm>

namespace assent::exhaustive {

bool IdleMessages::changes_nothing(MomentId at, MessageId message) {
  tried_ = message;
  const Edge& edge = histories_[histories_.deliver(at, message)];
  tried_.reset();
  return edge.to == at && edge.sent.empty() && !edge.is_checked;
}

bool IdleMessages::is_idle(MomentId at, MessageId message) {
  const auto key = static_cast<std::uint64_t>(at) << 32U | static_cast<std::uint32_t>(message);
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  // A call for a vote makes a difference also if it is lost: its caller hears of that.
  const bool is_idle = !vote_lost(histories_[message]) && !lively_.contains(message) && changes_nothing(at, message);
  if (is_idle) taken_out_[message].push_back(at);
  return known_[key] = is_idle;
}

bool IdleMessages::hold() {
  const auto ways = histories_.ways();
  bool all_hold = true;
  for (const auto& [id, places] : taken_out_) {
    const bool ends_with_receiver = ends_with_its_receiver(histories_[id]);
    std::set<MomentId> asked(places.begin(), places.end());
    std::vector<MomentId> ahead = places;
    while (!ahead.empty()) {
      const MomentId at = ahead.back();
      ahead.pop_back();
      bool holds = true;
      try {
        holds = changes_nothing(at, id);
      } catch (const Violation&) {
        holds = false;  // if it can arrive there, that will be met
      }
      if (!holds) {
        lively_.insert(id);
        all_hold = false;
        break;
      }
      const auto [first, last] = ways.equal_range(at);
      for (auto way = first; way != last; ++way) {
        if (way->second.is_crash && ends_with_receiver) continue;
        if (asked.insert(way->second.to).second) ahead.push_back(way->second.to);
      }
    }
  }
  if (!all_hold) {
    known_.clear();
    taken_out_.clear();
  }
  return all_hold;
}

}  // namespace assent::exhaustive
