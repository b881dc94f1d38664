// Report: what came of it, as a table, and whether all of it is right.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "bank.h"
#include "cluster.h"
#include "crasher.h"

namespace bank {

struct Report {
  std::uint64_t seed = 0;
  bool has_crashes = true;
  double transfers_per_second = 0;
  std::int64_t sum_before = 0;
  std::int64_t sum_after = 0;
  assent::ClientCounters client;       // of all transfers
  std::uint64_t unknown_resolved = 0;  // outcomes that the client could not learn in time, and this program did later
  std::uint64_t resolved_in_doubt = 0;
  std::vector<Kill> kills;
  bool has_killed_every_process = false;
  Leftovers leftovers;
  bool has_clean_stop = false;
  std::uint64_t lost = 0;       // told committed, and not in both stores
  std::uint64_t undead = 0;     // told aborted, and in a store
  std::uint64_t one_sided = 0;  // in one store only, or with two amounts: whatever anybody was told

  void print(const Tally& tally, const Cluster& cluster) const;
  bool is_right(const Tally& tally) const;
};

// What clients were told against what the stores hold.
void compare(const std::vector<Ledger>& ledgers, const std::vector<std::map<std::int64_t, std::int64_t>>& stored,
             Report& report);

// One line that moves on a terminal, a line every few seconds elsewhere.
void show_progress(double seconds, double of_seconds, const Tally& tally);
void end_progress();

}  // namespace bank
