// Run: everything between the options and the reports of assent-bench.
#pragma once

#include <filesystem>

#include "tests/bench/load/options.h"

namespace assent::bench {

// Prints a report of each run. `programs` is the folder of the daemons. Returns whether the figures are worth anything.
// Throws std::runtime_error if something stood in the way.
bool run(const Options& options, const std::filesystem::path& programs);

}  // namespace assent::bench
