#include "coordinator/core/refused_openings.h"

namespace assent::coordinator {

bool RefusedOpenings::refused(const StoreRegistered& event, const std::string& reason, Time now) {
  const auto found = openings_.find(key(event));
  const bool is_new = found == openings_.end() || is_silent(found->second, now);
  if (is_new) {
    std::erase_if(openings_, [&](const auto& entry) { return is_silent(entry.second, now); });
    if (is_full()) return false;  // F2
  }
  openings_.insert_or_assign(key(event),
                             RefusedOpening{event.store, event.identity, event.opening, event.address, reason, now});
  return is_new;
}

std::vector<RefusedOpening> RefusedOpenings::listed(Time now) const {
  std::vector<RefusedOpening> listed;
  for (const auto& [key, opening] : openings_) {
    if (!is_silent(opening, now)) listed.push_back(opening);
  }
  return listed;
}

std::string RefusedOpenings::reason(const std::string& store, Time now) const {
  for (auto each = openings_.lower_bound({store, {}, {}}); each != openings_.end(); ++each) {
    if (each->second.store != store) break;
    if (!is_silent(each->second, now)) return each->second.reason;
  }
  return {};
}

}  // namespace assent::coordinator
