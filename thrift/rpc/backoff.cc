#include "thrift/rpc/backoff.h"

#include <algorithm>

namespace assent::rpc {

Duration Backoff::failed() {
  Duration delay = std::min(first_, ceiling_);
  for (std::uint32_t i = 0; i < failures_ && delay < ceiling_; ++i) {
    delay = delay > ceiling_ / 2 ? ceiling_ : 2 * delay;
  }
  ++failures_;
  std::uniform_int_distribution<Duration::rep> part(delay.count() / 2, delay.count());
  return Duration(part(random_));
}

}  // namespace assent::rpc
