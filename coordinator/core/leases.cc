#include "coordinator/core/leases.h"

#include <algorithm>
#include <iterator>

#include "coordinator/core/invariant.h"

namespace assent::coordinator {

Leases::Leases(Duration use, Duration grace, std::uint32_t most_ids, std::uint32_t most_leases)
    : life_(use + grace), most_ids_(most_ids), most_leases_(most_leases) {}

std::optional<LeasedIds> Leases::grant(std::uint32_t wanted, Time now) {
  expire(now);
  if (leases_.size() >= most_leases_) return std::nullopt;
  const LeasedIds block{next_number_, std::min(wanted, most_ids_)};
  leases_.emplace(block.first, Lease{now + life_, std::vector<bool>(block.count), block.count});
  next_number_ += block.count;
  return block;
}

Leases::Table::const_iterator Leases::find(std::uint64_t number) const {
  const auto after = leases_.upper_bound(number);
  if (after == leases_.begin()) return leases_.end();
  const auto lease = std::prev(after);
  return number - lease->first < lease->second.used.size() ? lease : leases_.end();
}

Standing Leases::standing(std::uint64_t number, Time now) const {
  if (number >= next_number_) return Standing::kNeverIssued;
  const auto lease = find(number);
  if (lease == leases_.end() || lease->second.ends <= now) return Standing::kCannotBegin;
  return lease->second.used[number - lease->first] ? Standing::kCannotBegin : Standing::kCanBegin;
}

void Leases::use(std::uint64_t number, Time now) {
  invariant(standing(number, now) == Standing::kCanBegin, "L2: an id begins twice, or on a lease that has passed");
  const auto lease = leases_.find(find(number)->first);
  lease->second.used[number - lease->first] = true;
  // Nothing can begin on a lease that is used up: it is as good as ended.
  if (--lease->second.unused == 0) leases_.erase(lease);
}

void Leases::expire(Time now) {
  while (!leases_.empty() && leases_.begin()->second.ends <= now) leases_.erase(leases_.begin());
}

std::optional<Time> Leases::next_end() const {
  if (leases_.empty()) return std::nullopt;
  return leases_.begin()->second.ends;
}

}  // namespace assent::coordinator
