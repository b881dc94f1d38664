#include "crasher.h"

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <thread>

namespace bank {

namespace {

using namespace std::chrono_literals;

// Whether it came true in time.
template <typename Condition>
bool wait_until(Crasher::Clock::time_point deadline, const Condition& condition) {
  for (; Crasher::Clock::now() < deadline; std::this_thread::sleep_for(1ms)) {
    if (condition()) return true;
  }
  return false;
}

}  // namespace

Crasher::Crasher(Cluster& cluster, Tally& tally, std::uint64_t seed)
    : cluster_(cluster), tally_(tally), random_(seed), still_to_kill_(cluster.size()) {
  std::iota(still_to_kill_.begin(), still_to_kill_.end(), 0U);
  std::shuffle(still_to_kill_.begin(), still_to_kill_.end(), random_);
}

void Crasher::kill_until(Clock::time_point end) {
  for (auto next = Clock::now() + kPause; !still_to_kill_.empty() || next + kDown + kRecovery < end;
       next = Clock::now() + kPause) {
    std::this_thread::sleep_until(next);
    const auto any = std::uniform_int_distribution<std::size_t>(0, cluster_.size() - 1)(random_);
    kills_.push_back(kill(still_to_kill_.empty() ? any : still_to_kill_.back()));
    if (kills_.back().in_flight > 0) std::erase(still_to_kill_, kills_.back().process);
    cluster_.sample();
  }
  std::this_thread::sleep_until(end);
}

Kill Crasher::kill(std::size_t process) {
  auto& transfers = tally_.processes.at(process);
  // A kill between two transfers proves nothing: wait for one to be under way.
  if (!wait_until(Clock::now() + kRecovery, [&] { return transfers.ended < transfers.begun; })) {
    throw std::runtime_error("nobody made a transfer that needs " + cluster_.name(process));
  }
  Kill kill;
  kill.process = process;
  const std::uint64_t begun = transfers.begun;
  cluster_.kill(process);
  const std::uint64_t ended = transfers.ended;
  if (ended < begun) kill.in_flight = begun - ended;
  std::this_thread::sleep_for(kDown);

  // What began before the kill may have been decided by then: it shows nothing of the restart.
  ++transfers.restarts;
  transfers.committed_since = 0;
  const auto restarted = Clock::now();
  cluster_.restart(process);
  if (wait_until(restarted + kRecovery, [&] { return transfers.committed_since > 0; })) {
    kill.commits_after = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - restarted);
  }
  return kill;
}

}  // namespace bank
