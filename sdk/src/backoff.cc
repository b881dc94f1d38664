#include "sdk/src/backoff.h"

#include <algorithm>

namespace assent::sdk {

Duration Backoff::next(std::uint64_t random) {
  const Duration whole = std::min(next_, ceiling_);
  next_ = std::min(next_ * 2, ceiling_);
  const Duration half = whole / 2;
  constexpr std::uint64_t kSteps = 1024;
  return half + (whole - half) * static_cast<Duration::rep>(random % kSteps) / kSteps;
}

}  // namespace assent::sdk
