#include "coordinator/core/lineage.h"

#include <iterator>
#include <utility>

#include "coordinator/core/invariant.h"

namespace assent::coordinator {

Lineage::Lineage(LogIdentity log, std::map<Epoch, Start> starts) : log_(log), starts_(std::move(starts)) {
  invariant(!starts_.empty(), "N1: a coordinator starts only after its epoch and nonce are durable");
}

bool Lineage::owns(const TransactionId& id) const {
  return id.log == log_ && id.epoch != Epoch{} && id.epoch <= epoch();
}

std::optional<std::string> Lineage::conflict(const CoordinatorLine& seen, Position durable) const {
  if (seen.epoch == Epoch{}) return std::nullopt;  // it has seen nothing
  const auto own = starts_.find(seen.epoch);
  if (seen.epoch > epoch()) {
    return "it has seen epoch " + to_string(seen.epoch) + ", and this start is epoch " + to_string(epoch());
  }
  if (own == starts_.end() || own->second.nonce != seen.nonce) {
    return "it has seen another start under epoch " + to_string(seen.epoch);
  }
  // What this log holds of that epoch ends where the next one starts. (Else a copy that lacks as many records as it has
  // written at its own starts would pass for the whole.)
  const auto next = std::next(own);
  const Position end =
      next == starts_.end() ? durable : Position{static_cast<std::uint64_t>(next->second.position) - 1};
  if (seen.durable > end) {
    return "it has seen position " + to_string(seen.durable) + " under epoch " + to_string(seen.epoch) +
           ", of which this log ends at " + to_string(end);
  }
  return std::nullopt;
}

}  // namespace assent::coordinator
