// Options: what assent-bench can be told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace assent::bench {

struct Options {
  std::string workload = "bank";
  std::vector<std::size_t> clients{1};  // one run after the other
  std::vector<double> rates;            // transactions a second; one run for each; empty: as many as the clients make
  double seconds = 10;
  double warm_up = 2;
  bool interactive = false;
  bool applied = false;
  std::size_t stores_per_transaction = 2;
  std::uint64_t rows = 100'000;  // of each store
  std::uint64_t hot = 0;         // only so many of them are touched; 0: all
  std::optional<std::size_t> payload;
  std::uint64_t seed = 1;

  std::string coordinator;  // empty: daemons of its own
  std::size_t stores = 2;
  std::size_t participants = 2;
  std::string folder;
  std::vector<std::string> coordinator_flags;
  std::vector<std::string> participant_flags;

  bool json = false;
  std::string plot;
};

// Reads the command line. Nothing: go on. Else the exit code to end with, after what was asked for or what is wrong has
// been printed.
std::optional<int> parse(int argc, char** argv, Options& options);

}  // namespace assent::bench
