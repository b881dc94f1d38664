// Crasher: kills a process every few seconds, starts it again, and watches how soon commits go on.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <random>
#include <vector>

#include "cluster.h"
#include "traffic.h"

namespace bank {

struct Kill {
  std::size_t process = 0;
  std::uint64_t in_flight = 0;  // transfers that needed it, begun before the kill and not ended after it
  std::optional<std::chrono::milliseconds> commits_after;  // of the restart; nothing if they did not go on in time
};

class Crasher {
 public:
  using Clock = std::chrono::steady_clock;

  static constexpr std::chrono::milliseconds kPause{1500};  // before each kill
  static constexpr std::chrono::milliseconds kDown{300};    // between a kill and the restart
  static constexpr std::chrono::seconds kRecovery{5};       // commits go on within this time after a restart

  // In less time not every process can be killed.
  static constexpr auto kLeast =
      std::chrono::ceil<std::chrono::seconds>((kPause + kDown) * (kStores.size() + 1) + kRecovery);

  Crasher(Cluster& cluster, Tally& tally, std::uint64_t seed);

  // Kills every process once, in random order, then any. The last kill leaves time to recover before `end`; a machine
  // on which that is too short for all of them takes longer. On the thread that created the cluster: a process ends
  // with the thread that started it. Throws std::runtime_error if a process does not start, or cannot be asked, or if
  // nothing was under way that needs it.
  void kill_until(Clock::time_point end);

  const std::vector<Kill>& kills() const { return kills_; }

 private:
  Kill kill(std::size_t process);

  Cluster& cluster_;
  Tally& tally_;
  std::mt19937_64 random_;
  std::vector<std::size_t> still_to_kill_;  // while transfers are under way
  std::vector<Kill> kills_;
};

}  // namespace bank
