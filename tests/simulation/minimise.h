// minimise(): of what happened in a run that broke a rule, the little that breaks it too.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "tests/simulation/run_seed.h"

namespace assent::simulation {

struct Minimum {
  std::string violation;  // as it is then; the rule is the same
  std::set<DecisionNumber> incidents;
  std::uint64_t runs = 0;
};

// REQUIRES: the seed breaks a rule. Leaves out what it can, in ever smaller parts, until nothing can be left out alone
// (Zeller, Hildebrandt: Simplifying and Isolating Failure-Inducing Input, 2002). Each run has a process of its own, so
// that the rule may be an invariant of a core; so many run at a time.
Minimum minimise(std::uint64_t seed, const WorldFile* file, unsigned processes);

}  // namespace assent::simulation
