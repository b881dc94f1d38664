// run_seed(): one whole story. A cluster lives through faults, is healed, and is checked.
#pragma once

#include <cstdint>
#include <map>
#include <ostream>
#include <string_view>

namespace assent::simulation {

// Throws Violation. Adds to `counts` what came to pass. The transcript goes to `transcript`, if it is not null.
void run_seed(std::uint64_t seed, std::ostream* transcript, std::map<std::string_view, std::uint64_t>& counts);

}  // namespace assent::simulation
