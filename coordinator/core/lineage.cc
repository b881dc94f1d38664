#include "coordinator/core/lineage.h"

#include <cstdint>
#include <utility>

#include "coordinator/core/invariant.h"

namespace assent::coordinator {

Lineage::Lineage(LogIdentity log, std::map<Epoch, Nonce> nonces) : log_(log), nonces_(std::move(nonces)) {
  invariant(!nonces_.empty(), "N1: a coordinator starts only after its epoch and nonce are durable");
}

bool Lineage::owns(const TransactionId& id) const {
  return id.log == log_ && nonces_.contains(id.epoch);
}

std::optional<std::string> Lineage::conflict(const CoordinatorLine& seen, Position durable) const {
  if (seen.epoch == Epoch{}) return std::nullopt;  // it has seen nothing
  const auto number = [](auto id) { return std::to_string(static_cast<std::uint64_t>(id)); };
  const auto own = nonces_.find(seen.epoch);
  if (seen.epoch > epoch()) {
    return "it has seen epoch " + number(seen.epoch) + ", and this start is epoch " + number(epoch());
  }
  if (own == nonces_.end() || own->second != seen.nonce) {
    return "it has seen another start under epoch " + number(seen.epoch);
  }
  if (seen.durable > durable) {
    return "it has seen position " + number(seen.durable) + ", and this log ends at " + number(durable);
  }
  return std::nullopt;
}

}  // namespace assent::coordinator
