// Distribution: how many values there were, what they add up to, the largest, and how many have how many bits.
//
// Plain numbers, for one thread at a time: adding a value is a few instructions. Half of the values, or 99 of 100, are
// known to be less than a power of two.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "assent/time.h"
#include "operators_types.h"

namespace assent::daemon {

// As counters tell of durations.
inline std::int64_t to_microseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

class Distribution {
 public:
  void add(std::uint64_t value) {
    ++count_;
    sum_ += value;
    max_ = std::max(max_, value);
    ++by_bits_[static_cast<std::size_t>(std::bit_width(value))];
  }

  // In whole microseconds; what is negative counts as none.
  void add(Duration duration) { add(static_cast<std::uint64_t>(std::max<std::int64_t>(to_microseconds(duration), 0))); }

  friend wire::Distribution to_wire(const Distribution& distribution);

 private:
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
  std::array<std::uint64_t, std::numeric_limits<std::uint64_t>::digits + 1> by_bits_{};
};

wire::Distribution to_wire(const Distribution& distribution);

}  // namespace assent::daemon
