// Report: what came of it, as a table, and whether all of it is right.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "books.h"
#include "cluster.h"
#include "crasher.h"
#include "traffic.h"

namespace bank {

// What can be known once everything has come to rest.
struct Settled {
  std::uint64_t unknown_resolved = 0;  // outcomes that the clients could not learn in time
  std::uint64_t resolved_in_doubt = 0;
  Leftovers leftovers;
  std::int64_t sum = 0;
  Findings findings;
};

struct Report {
  double seconds = 0;
  bool has_crashes = true;
  std::int64_t sum_before = 0;
  assent::ClientCounters client;  // of all transfers
  std::vector<Kill> kills;
  std::optional<Settled> settled;  // nothing if that could not be found out
  bool has_clean_stop = false;
  std::vector<std::string> problems;

  // Returns whether all of it is right.
  bool print(const Tally& tally, const Cluster& cluster) const;
};

// One line that moves on a terminal, a line every few seconds elsewhere.
void show_progress(double seconds, double of_seconds, const Tally& tally);
void end_progress();

}  // namespace bank
