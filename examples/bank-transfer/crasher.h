// Crasher: kills a process every few seconds, starts it again, and watches how soon commits go on.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "bank.h"
#include "cluster.h"

namespace bank {

struct Kill {
  std::size_t process = 0;
  std::uint64_t in_flight = 0;                // transfers under way when it was killed
  std::chrono::milliseconds commits_after{};  // its restart, until a commit that needs it; negative: never in time
};

class Crasher {
 public:
  static constexpr auto kRecovery = std::chrono::seconds(5);  // commits go on within this time after a restart

  Crasher(Cluster& cluster, const Tally& tally, std::uint64_t seed);

  // Kills the next process: every one once, in random order, then any.
  void kill_one();

  const std::vector<Kill>& kills() const { return kills_; }
  bool has_killed_every_process() const;

 private:
  std::uint64_t commits_that_need(std::size_t process) const;

  Cluster& cluster_;
  const Tally& tally_;
  std::mt19937_64 random_;
  std::vector<std::size_t> still_to_kill_;
  std::vector<Kill> kills_;
};

}  // namespace bank
