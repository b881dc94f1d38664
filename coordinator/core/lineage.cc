#include "coordinator/core/lineage.h"

#include <utility>

#include "coordinator/core/invariant.h"

namespace assent::coordinator {

Lineage::Lineage(LogIdentity log, std::map<Epoch, Nonce> nonces) : log_(log), nonces_(std::move(nonces)) {
  invariant(!nonces_.empty(), "N1: a coordinator starts only after its epoch and nonce are durable");
}

bool Lineage::owns(const TransactionId& id) const {
  return id.log == log_ && id.epoch != Epoch{} && id.epoch <= epoch();
}

std::optional<std::string> Lineage::conflict(const CoordinatorLine& seen, Position durable) const {
  if (seen.epoch == Epoch{}) return std::nullopt;  // it has seen nothing
  const auto own = nonces_.find(seen.epoch);
  if (seen.epoch > epoch()) {
    return "it has seen epoch " + to_string(seen.epoch) + ", and this start is epoch " + to_string(epoch());
  }
  if (own == nonces_.end() || own->second != seen.nonce) {
    return "it has seen another start under epoch " + to_string(seen.epoch);
  }
  if (seen.durable > durable) {
    return "it has seen position " + to_string(seen.durable) + ", and this log ends at " + to_string(durable);
  }
  return std::nullopt;
}

}  // namespace assent::coordinator
