// Latencies: how long each of many transactions took. All are kept, so percentiles are exact; four bytes each.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace assent::bench {

using Clock = std::chrono::steady_clock;
using Microseconds = std::chrono::duration<double, std::micro>;

inline Clock::duration seconds(double count) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(count));
}

class Latencies {
 public:
  void add(Clock::duration latency);

  std::size_t count() const { return microseconds_.size(); }

  // The least latency that this part of them, of 0 to 1, does not exceed; 0 if there are none.
  Microseconds percentile(double part) const;

 private:
  mutable std::vector<std::uint32_t> microseconds_;  // in an order that percentile() changes
};

}  // namespace assent::bench
