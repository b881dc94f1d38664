#include "tests/isolation/kills.h"

#include <gtest/gtest.h>

#include <chrono>
#include <exception>
#include <thread>
#include <utility>

namespace assent::isolation {

namespace {

template <typename Condition>
void wait_until(Condition condition) {
  while (!condition()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace

Installation::Plan three_stores(std::string schema) {
  Installation::Plan plan;
  plan.stores = {"a", "b", "c"};
  plan.schema = std::move(schema);
  plan.coordinator_flags = {"--transaction-timeout", "5m"};
  plan.participant_flags = {"--transaction-timeout", "5m", "--inquiry-first", "50ms", "--inquiry-ceiling", "200ms"};
  return plan;
}

void kill_now_and_then(Installation& installation, std::uint64_t seed, std::size_t kills, std::size_t transactions,
                       const EndedCount& ended) {
  Choices choices(seed, 999);
  auto victims = installation.stores();
  victims.push_back(kCoordinator);
  for (std::size_t kill = 0; kill < kills; ++kill) {
    wait_until([&] { return ended >= (kill + 1) * transactions / (kills + 1); });
    installation.kill_and_restart(
        victims[static_cast<std::size_t>(choices.below(static_cast<std::int64_t>(victims.size())))]);
  }
}

void expect_nothing_left(const Installation& installation) {
  std::string left;
  const auto until = std::chrono::steady_clock::now() + Installation::kPatience;
  do {
    try {
      left = installation.leftovers();
    } catch (const std::exception& error) {
      left = error.what();
    }
    if (left.empty()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  } while (std::chrono::steady_clock::now() < until);
  ADD_FAILURE() << "still there: " << left;
}

}  // namespace assent::isolation
