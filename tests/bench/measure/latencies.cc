#include "tests/bench/measure/latencies.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace assent::bench {

void Latencies::add(Clock::duration latency) {
  const auto count = std::chrono::duration_cast<std::chrono::microseconds>(latency).count();
  constexpr std::int64_t kMost = std::numeric_limits<std::uint32_t>::max();
  microseconds_.push_back(static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 0, kMost)));
}

Microseconds Latencies::percentile(double part) const {
  if (microseconds_.empty()) return Microseconds::zero();
  const auto rank = static_cast<std::size_t>(std::ceil(part * static_cast<double>(count())));
  const auto index = static_cast<std::ptrdiff_t>(std::clamp<std::size_t>(rank, 1, count()) - 1);
  std::nth_element(microseconds_.begin(), microseconds_.begin() + index, microseconds_.end());
  return Microseconds(microseconds_[static_cast<std::size_t>(index)]);
}

}  // namespace assent::bench
