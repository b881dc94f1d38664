// Three stores that may be killed under load.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/isolation/installation.h"
#include "tests/isolation/workload.h"

namespace assent::isolation {

// With timeouts that a test can wait for, where only they end what a kill has left.
Installation::Plan three_stores(std::string schema, bool will_be_killed);

// Kills so many times one of the processes and starts it again, spread over `transactions`.
void kill_now_and_then(Installation& installation, std::uint64_t seed, std::size_t kills, std::size_t transactions,
                       const EndedCount& ended);

// Waits until nothing is locked, undecided, in doubt or owed any more.
void expect_nothing_left(const Installation& installation);

}  // namespace assent::isolation
