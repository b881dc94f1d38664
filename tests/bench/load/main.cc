// assent-bench: puts load on Assent, and measures it.
#include <filesystem>
#include <iostream>

#include "tests/bench/load/options.h"
#include "tests/bench/load/run.h"
#include "thrift/daemon/options.h"

int main(int argc, char** argv) {
  namespace daemon = assent::daemon;
  assent::bench::Options options;
  if (const auto code = parse(argc, argv, options)) return *code;
  try {
    const auto programs = std::filesystem::canonical("/proc/self/exe").parent_path();
    return run(options, programs) ? daemon::kExitSuccess : daemon::kExitFailure;
  } catch (const std::exception& error) {
    std::cerr << "assent-bench: " << error.what() << '\n';
    return daemon::kExitFailure;
  }
}
