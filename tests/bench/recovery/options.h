// Options: what bench-recovery can be told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace assent::bench::recovery {

struct RecoveryOptions {
  std::uint64_t transactions = 100'000;
  std::size_t stores = 4;
  std::size_t participants = 2;
  std::string folder;
  std::vector<std::string> coordinator_flags;
  std::vector<std::string> participant_flags;
  bool json = false;
};

// Reads the command line. Nothing: go on. Else the exit code to end with, after what was asked for or what is wrong has
// been printed.
std::optional<int> parse(int argc, char** argv, RecoveryOptions& options);

}  // namespace assent::bench::recovery
