// The steady clock as the cores' time, and back. It counts on across restarts of a process. And the time of day, for
// people only.
#pragma once

#include <chrono>
#include <string>

#include "assent/time.h"

namespace assent::daemon {

inline Time to_time(std::chrono::steady_clock::time_point point) {
  return Time{std::chrono::duration_cast<Duration>(point.time_since_epoch())};
}

inline std::chrono::steady_clock::time_point to_steady(Time time) {
  return std::chrono::steady_clock::time_point{
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(time.time_since_epoch())};
}

inline Time now() {
  return to_time(std::chrono::steady_clock::now());
}

// What the calling thread has used of the processor, in its life.
Duration thread_cpu_time();

// `2026-01-31T12:00:00Z`
std::string utc_now();

}  // namespace assent::daemon
