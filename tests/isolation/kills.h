// Three stores that may be killed under load.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/isolation/installation.h"
#include "tests/isolation/workload.h"

namespace assent::isolation {

// What a kill has left behind is soon asked for; and transactions do not end because time has passed, before a client
// gives up: a lock that nobody gives back fails the test.
Installation::Plan three_stores(std::string schema);

// Kills so many times one of the processes and starts it again, spread over `transactions`.
void kill_now_and_then(Installation& installation, std::uint64_t seed, std::size_t kills, std::size_t transactions,
                       const EndedCount& ended);

// Waits until nothing is locked, undecided, in doubt or owed any more.
void expect_nothing_left(const Installation& installation);

}  // namespace assent::isolation
