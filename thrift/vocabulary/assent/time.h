// Time as the cores see it: handed in, monotonic, never the clock on the wall.
#pragma once

#include <chrono>

namespace assent {

using Duration = std::chrono::nanoseconds;

// A clock that the cores never read: its time points come from a steady clock, or from a simulator.
struct LogicalClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<LogicalClock>;
  static constexpr bool is_steady = true;  // NOLINT(readability-identifier-naming): as every clock names it
};

using Time = LogicalClock::time_point;

}  // namespace assent
