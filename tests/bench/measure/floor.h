// The floor: what no commit over several stores can do without, on this machine and this disk.
#pragma once

#include <filesystem>

#include "tests/bench/measure/latencies.h"

namespace assent::bench {

struct Floor {
  Microseconds force{};       // median: a small record, appended and forced
  Microseconds round_trip{};  // median: a small message to another thread over loopback TCP, and its answer

  // One client and a transaction that writes: votes and decision are forced one after the other, and so are the
  // requests from client to coordinator and from coordinator to stores.
  Microseconds commit() const { return 2 * force + 2 * round_trip; }
};

// Takes a second at most. Nothing is left in the folder.
Floor measure_floor(const std::filesystem::path& folder);

// Of a time with these at its ends: machines and disks that others use, too, change.
inline Floor between(const Floor& before, const Floor& after) {
  return {(before.force + after.force) / 2, (before.round_trip + after.round_trip) / 2};
}

}  // namespace assent::bench
