#include "thrift/daemon/distribution.h"

namespace assent::daemon {

wire::Distribution to_wire(const Distribution& distribution) {
  wire::Distribution message;
  message.count = static_cast<std::int64_t>(distribution.count_);
  message.sum = static_cast<std::int64_t>(distribution.sum_);
  message.max = static_cast<std::int64_t>(distribution.max_);
  const auto used = static_cast<std::size_t>(std::bit_width(distribution.max_)) + (distribution.count_ > 0 ? 1 : 0);
  for (std::size_t bits = 0; bits < used; ++bits) {
    message.by_bits.push_back(static_cast<std::int64_t>(distribution.by_bits_[bits]));
  }
  return message;
}

}  // namespace assent::daemon
