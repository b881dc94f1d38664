#include "coordinator/core/held_calls.h"

namespace assent::coordinator {

std::vector<ClientCall> HeldCalls::take_due(Time now) {
  std::vector<ClientCall> taken;
  while (!calls_.empty() && calls_.front().first <= now) {
    taken.push_back(std::move(calls_.front().second));
    calls_.pop_front();
  }
  return taken;
}

std::optional<Time> HeldCalls::next_deadline() const {
  if (calls_.empty()) return std::nullopt;
  return calls_.front().first;
}

}  // namespace assent::coordinator
