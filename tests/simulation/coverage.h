// Coverage: which rows of the failure matrix came to pass, and whether enough did.
#pragma once

#include <cstdint>
#include <map>
#include <ostream>
#include <string>

namespace assent::simulation {

// Writes what was counted, and the rows with what shows that they came to pass. Returns whether all of them did, and at
// least 30 of 100 transactions committed, and 10 met a fault.
bool report_coverage(const std::map<std::string, std::uint64_t>& counts, std::ostream& report);

}  // namespace assent::simulation
