// bench-recovery: restarts Assent with many transactions in doubt, and measures it.
#include <filesystem>
#include <iostream>

#include "tests/bench/recovery/options.h"
#include "tests/bench/recovery/run.h"
#include "thrift/daemon/options.h"

int main(int argc, char** argv) {
  namespace daemon = assent::daemon;
  assent::bench::recovery::RecoveryOptions options;
  if (const auto code = parse(argc, argv, options)) return *code;
  try {
    const auto programs = std::filesystem::canonical("/proc/self/exe").parent_path();
    return run(options, programs) ? daemon::kExitSuccess : daemon::kExitFailure;
  } catch (const std::exception& error) {
    std::cerr << "bench-recovery: " << error.what() << '\n';
    return daemon::kExitFailure;
  }
}
