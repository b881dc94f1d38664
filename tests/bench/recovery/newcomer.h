// Newcomer: a client that comes to a cluster while it recovers, with transactions that wait for nothing in doubt.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

#include "assent/assent.h"
#include "tests/bench/measure/latencies.h"
#include "tests/bench/recovery/doubt.h"

namespace assent::bench::recovery {

class Newcomer {
 public:
  struct Figures {
    std::optional<Clock::duration> first;  // from `began` until the first transaction had committed
    std::uint64_t committed = 0;
    Clock::duration slowest{};                      // of those after the first, until the client knew of the commit
    std::map<std::string, std::uint64_t> refusals;  // runs that were aborted, by reason
    std::string problem;                            // an outcome that nobody knew; empty: none
  };

  // Begins one after the other, each at every store and on the free account, from now on. All must outlive it.
  Newcomer(const Doubt& doubt, const Cluster::Plan& plan, Clock::time_point began);
  ~Newcomer();
  Newcomer(const Newcomer&) = delete;
  Newcomer& operator=(const Newcomer&) = delete;

  // Waits until the transaction under way has ended: the first one, at least.
  Figures finish();

 private:
  void run();
  // Whether it has committed; not if the cluster cannot be reached, or refuses it.
  bool commit_one();

  const Doubt& doubt_;
  const Cluster::Plan& plan_;
  const Clock::time_point began_;
  Client client_;
  Figures figures_;  // of the thread, while it runs
  std::atomic<bool> ends_ = false;
  std::thread thread_;
};

}  // namespace assent::bench::recovery
