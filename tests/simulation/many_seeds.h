// Many seeds, on several processors: each process runs every n-th of them.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>

#include "tests/simulation/world_plan.h"

namespace assent::simulation {

constexpr unsigned kMostProcesses = 256;

struct Seeds {
  std::uint64_t first = 1;
  std::uint64_t count = 4'000;
  std::optional<std::chrono::seconds> time;                                // of the real clock: then no more begin
  std::uint64_t transactions = std::numeric_limits<std::uint64_t>::max();  // when so many are done, no more begin
  unsigned processes = 1;
};

struct ManyStories {
  std::uint64_t seeds = 0;
  std::map<std::string, std::uint64_t> counts;
  std::optional<std::uint64_t> broken;  // the seed that broke a rule, or ended its process
  std::string violation;
};

// Stops early at the first violation. Tells now and then, once a minute, how far it is.
ManyStories run_seeds(const Seeds& seeds, const WorldFile* file);

}  // namespace assent::simulation
