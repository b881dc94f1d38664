// Run: everything between the options and the report of bench-recovery.
#pragma once

#include <filesystem>

#include "tests/bench/recovery/options.h"

namespace assent::bench::recovery {

// Prints the report. `programs` is the folder of the daemons. Returns whether the figures are worth anything. Throws
// std::runtime_error if something stood in the way.
bool run(const RecoveryOptions& options, const std::filesystem::path& programs);

}  // namespace assent::bench::recovery
