// Counts: what daemons have done so far, as they count it themselves.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace assent {

using Tally = std::map<std::string, std::int64_t>;  // without zeros

struct Counts {
  // Requests and answers of transactions, each once, by method.
  Tally messages;
  // By who and for what: `log commit`, `left prepare`, …
  Tally forces;
  // Calls of fdatasync and fsync, by who: `log`, `left`, …
  Tally syncs;

  // All that was asked about transactions has been answered, and nothing is left to be decided or acknowledged.
  bool is_quiet = false;
  // What the coordinator says that it has said to stores and heard, and what the participants say of the same.
  Tally with_stores;
  Tally with_coordinator;
};

// Of a coordinator, and of participants that serve all of its stores.
Counts read_counts(const std::string& coordinator, const std::vector<std::string>& participants);

// What has come since: of messages, forces and syncs.
Counts since(const Counts& before, const Counts& now);

std::int64_t sum(const Tally& tally);

}  // namespace assent
