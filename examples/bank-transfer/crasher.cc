#include "crasher.h"

#include <algorithm>
#include <thread>

namespace bank {

using namespace std::chrono_literals;

Crasher::Crasher(Cluster& cluster, const Tally& tally, std::uint64_t seed)
    : cluster_(cluster), tally_(tally), random_(seed) {
  for (std::size_t process = 0; process < cluster_.size(); ++process) still_to_kill_.push_back(process);
  std::shuffle(still_to_kill_.begin(), still_to_kill_.end(), random_);
}

std::uint64_t Crasher::commits_that_need(std::size_t process) const {
  return process == 0 ? tally_.committed.load() : tally_.committed_at.at(process - 1).load();
}

void Crasher::kill_one() {
  Kill kill;
  if (still_to_kill_.empty()) {
    kill.process = std::uniform_int_distribution<std::size_t>(0, cluster_.size() - 1)(random_);
  } else {
    kill.process = still_to_kill_.back();
    still_to_kill_.pop_back();
  }
  // A kill between two transfers proves nothing: wait for one to be under way.
  while ((kill.in_flight = tally_.in_flight) == 0) std::this_thread::sleep_for(1ms);
  cluster_.kill(kill.process);
  std::this_thread::sleep_for(300ms);
  cluster_.restart(kill.process);

  const auto restarted = std::chrono::steady_clock::now();
  const auto before = commits_that_need(kill.process);
  while (commits_that_need(kill.process) == before && std::chrono::steady_clock::now() - restarted < kRecovery) {
    std::this_thread::sleep_for(1ms);
  }
  const bool went_on = commits_that_need(kill.process) > before;
  kill.commits_after =
      went_on ? std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - restarted)
              : std::chrono::milliseconds(-1);
  kills_.push_back(kill);
}

bool Crasher::has_killed_every_process() const {
  return still_to_kill_.empty();
}

}  // namespace bank
