#include "tests/bench/recovery/restart.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "coordinator/ctl/console.h"
#include "tests/bench/recovery/daemons.h"
#include "thrift/rpc/methods.h"

namespace assent::bench::recovery {

namespace {

namespace methods = rpc::methods;
using namespace std::chrono_literals;

constexpr auto kResolveTime = 10min;
constexpr auto kBetweenQuestions = 20ms;

// What is not resolved yet.
struct Left {
  std::uint64_t undecided = 0;     // of those in doubt at the restart: branches that have not heard the decision; less,
                                   // if new ones had to ask for theirs
  std::uint64_t prepared = 0;      // branches, new ones too
  std::uint64_t transactions = 0;  // of the coordinator, undecided or not acknowledged, new ones too
};

Cluster find_cluster(const Cluster::Plan& plan, Clock::time_point until) {
  for (;;) {
    try {
      Cluster cluster(plan.coordinator_listen);
      if (cluster.stores().size() == plan.stores) return cluster;
    } catch (const std::runtime_error&) {  // it does not listen yet, or no store has registered
    }
    if (Clock::now() > until) throw std::runtime_error("the stores do not register");
    std::this_thread::sleep_for(kBetweenQuestions);
  }
}

Left ask_what_is_left(ctl::Console& console, const Cluster& cluster, const Doubt& doubt) {
  Left left;
  const auto coordinator = console.call(cluster.coordinator(), methods::kCoordinatorStatus, {}).value();
  left.transactions =
      static_cast<std::uint64_t>(coordinator.active) + static_cast<std::uint64_t>(coordinator.committing);
  std::uint64_t resolved = 0;
  for (const auto& address : cluster.participants()) {
    for (const auto& store : console.call(address, methods::kParticipantStatus, {}).value().stores) {
      resolved += static_cast<std::uint64_t>(store.resolved_in_doubt);
      left.prepared += static_cast<std::uint64_t>(store.prepared);
    }
  }
  left.undecided = doubt.branches() - std::min(resolved, doubt.branches());
  return left;
}

template <typename Condition>
void wait_until(const Condition& is_met, Clock::time_point until) {
  while (!is_met()) {
    if (Clock::now() > until) throw std::runtime_error("transactions are still in doubt");
    std::this_thread::sleep_for(kBetweenQuestions);
  }
}

// Every account of every store is what the outcomes make of it.
std::vector<std::string> check_accounts(const Doubt& doubt, const Cluster::Plan& plan, std::uint64_t newcomers) {
  const auto given = static_cast<std::int64_t>(newcomers) * Doubt::amount();
  ClientOptions options;
  options.coordinator = plan.coordinator_listen;
  Client client(options);
  Batch batch;
  for (std::size_t index = 0; index < plan.stores; ++index) {
    batch.query(plan.store(index), doubt.wrong_accounts(index, given));
  }
  const auto outcome = client.submit(batch);
  std::vector<std::string> problems;
  for (std::size_t index = 0; index < plan.stores; ++index) {
    const auto wrong = outcome.results.at(index)[0].get<std::int64_t>(0);
    if (wrong != 0) problems.push_back(fmt::format("{} accounts of {} are wrong", wrong, plan.store(index)));
  }
  return problems;
}

}  // namespace

Recovery restart(const Doubt& doubt, const Cluster::Plan& plan) {
  Recovery recovery;
  Daemons daemons(plan);
  const auto began = Clock::now();
  const auto until = began + kResolveTime;
  daemons.start_all();
  Newcomer newcomer(doubt, plan, began);
  const auto cluster = find_cluster(plan, until);
  recovery.registered = Clock::now() - began;
  ctl::Console console({cluster.coordinator(), {}}, kResolveTime);
  const auto left = [&] { return ask_what_is_left(console, cluster, doubt); };
  // Transactions of the newcomer come and go: it ends when it can be only they that are left.
  wait_until([&] { return left().undecided == 0; }, until);
  recovery.newcomer = newcomer.finish();
  wait_until(
      [&] {
        const auto now = left();
        return now.prepared == 0 && now.transactions == 0;
      },
      until);
  recovery.resolved = Clock::now() - began;
  if (!recovery.newcomer.first) throw std::runtime_error("no new transaction has committed");
  recovery.served = *recovery.newcomer.first;
  if (!recovery.newcomer.problem.empty()) recovery.problems.push_back(recovery.newcomer.problem);
  const auto wrong = check_accounts(doubt, plan, recovery.newcomer.committed);
  recovery.problems.insert(recovery.problems.end(), wrong.begin(), wrong.end());
  daemons.stop();
  return recovery;
}

}  // namespace assent::bench::recovery
