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

std::string Cluster::Plan::store(std::size_t index) const {
  return fmt::format("store-{}", index + 1);
}

std::filesystem::path Cluster::Plan::store_file(std::size_t index) const {
  return folder / (store(index) + ".db");
}

std::filesystem::path Cluster::Plan::log_folder() const {
  return folder / "coordinator";
}

daemon::Launch Cluster::Plan::coordinator() const {
  std::vector<std::string> words{"--data", log_folder(), "--listen", coordinator_listen};
  if (create) words.emplace_back("--create");
  words.insert(words.end(), coordinator_flags.begin(), coordinator_flags.end());
  return {programs / "assent-coordinator", words, {}, folder / "coordinator.log"};
}

daemon::Launch Cluster::Plan::participant(std::size_t number, const std::string& coordinator) const {
  std::vector<std::string> words{"--coordinator", coordinator, "--listen", "127.0.0.1:0"};
  if (create) words.emplace_back("--create");
  for (auto index = number; index < stores; index += participants) {
    words.insert(words.end(), {"--store", store(index) + "=" + store_file(index).string()});
  }
  words.insert(words.end(), participant_flags.begin(), participant_flags.end());
  return {programs / "assent-participant", words, {}, folder / fmt::format("participant-{}.log", number + 1)};
}

Cluster::Cluster(const Plan& plan) {
  coordinator_ = start("coordinator", plan.coordinator());
  for (std::size_t number = 0; number < plan.participants; ++number) {
    start("participants", plan.participant(number, coordinator_));
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
