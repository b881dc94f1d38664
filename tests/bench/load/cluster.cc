#include "tests/bench/load/cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <thread>
#include <utility>

#include "coordinator/ctl/console.h"
#include "thrift/rpc/methods.h"

namespace assent::bench {

namespace {

namespace methods = rpc::methods;
using namespace std::chrono_literals;

constexpr auto kPatience = 1min;
constexpr auto kPatienceWithRows = 10min;  // millions of them

}  // namespace

Cluster::Cluster(const Plan& plan) {
  std::vector<std::string> words{"--data", plan.folder / "coordinator", "--create", "--listen", "127.0.0.1:0"};
  words.insert(words.end(), plan.coordinator_flags.begin(), plan.coordinator_flags.end());
  coordinator_ =
      start("coordinator", {plan.programs / "assent-coordinator", words, {}, plan.folder / "coordinator.log"});
  for (std::size_t participant = 0; participant < plan.participants; ++participant) {
    words = {"--coordinator", coordinator_, "--create", "--listen", "127.0.0.1:0"};
    for (auto store = participant; store < plan.stores; store += plan.participants) {
      const auto name = fmt::format("store-{}", store + 1);
      words.insert(words.end(), {"--store", name + "=" + (plan.folder / (name + ".db")).string()});
    }
    words.insert(words.end(), plan.participant_flags.begin(), plan.participant_flags.end());
    start("participants", {plan.programs / "assent-participant",
                           words,
                           {},
                           plan.folder / fmt::format("participant-{}.log", participant + 1)});
  }
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!find_stores(plan.stores)) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("the stores do not register");
    std::this_thread::sleep_for(10ms);
  }
}

Cluster::Cluster(const std::string& coordinator) : coordinator_(coordinator) {
  find_stores(0);
  if (stores_.empty()) throw std::runtime_error("no store has registered with " + coordinator);
}

std::string Cluster::start(const std::string& what, const daemon::Launch& launch) {
  auto& daemon = *daemons_.emplace_back(std::make_unique<Daemon>());
  daemon.what = what;
  daemon.process.start(launch, kPatience).value();
  return daemon.process.address();
}

bool Cluster::find_stores(std::size_t expected) {
  ctl::Console console({coordinator_, {}}, kPatience);
  const auto answer = console.call(coordinator_, methods::kStores, {}).value();
  stores_.clear();
  for (const auto& store : answer.stores) {
    if (!store.refused.empty() || store.last_seen_ms < 0) continue;
    stores_.push_back(store.store);
    participants_.insert(store.address);
    addresses_[store.store] = store.address;
  }
  return stores_.size() >= expected;
}

std::multimap<std::string, pid_t> Cluster::processes() const {
  std::multimap<std::string, pid_t> processes;
  for (const auto& daemon : daemons_) processes.emplace(daemon->what, daemon->process.pid());
  return processes;
}

void Cluster::apply_schema(const std::string& sql) const {
  ctl::Console console({coordinator_, {}}, kPatienceWithRows);
  for (const auto& [store, address] : addresses_) {
    wire::ApplySchemaRequest request;
    request.store = store;
    request.text = sql;
    console.call(address, methods::kApplySchema, request).value();
  }
}

void Cluster::stop() {
  for (const auto& daemon : daemons_) daemon->process.signal(SIGTERM);
  for (const auto& daemon : daemons_) {
    const int code = daemon->process.wait(kPatience).value();
    if (code != 0) throw std::runtime_error(fmt::format("one of the {} ended with {}", daemon->what, code));
  }
}

}  // namespace assent::bench
