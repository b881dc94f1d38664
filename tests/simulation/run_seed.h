// One seed: a small cluster lives through faults, is healed, and must have nothing left.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/world.h"
#include "tests/simulation/world_plan.h"

namespace assent::simulation {

struct Story {
  std::string violation;  // of a rule; empty: none
  std::map<std::string, std::uint64_t, std::less<>> counts;
  std::vector<std::pair<DecisionNumber, Incident>> incidents;
};

// `file` may be null.
Story run_seed(std::uint64_t seed, const WorldFile* file, Telling telling);

}  // namespace assent::simulation
