// Restart: everything starts at once on the files that a crash has left, and resolves what is in doubt.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/load/cluster.h"
#include "tests/bench/measure/latencies.h"
#include "tests/bench/recovery/doubt.h"
#include "tests/bench/recovery/newcomer.h"

namespace assent::bench::recovery {

struct Recovery {
  Clock::duration registered{};  // from the start of the first process until the coordinator knew every store
  Clock::duration served{};      // … until a new transaction had committed
  Clock::duration resolved{};    // … until no branch was in doubt, and no commit owed
  Newcomer::Figures newcomer;
  std::vector<std::string> problems;  // what makes the figures worthless
};

// Starts the daemons, measures, checks every account, and stops them. Throws std::runtime_error if something stood in
// the way.
Recovery restart(const Doubt& doubt, const Cluster::Plan& plan);

}  // namespace assent::bench::recovery
