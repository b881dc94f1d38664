#include "tests/simulation/run_seed.h"

#include "tests/simulation/client.h"
#include "tests/simulation/sdk_client.h"
#include "tests/simulation/store_vfs.h"

namespace assent::simulation {

namespace {

// Longer than any timer of the cores: whatever they owe each other is said within it.
constexpr Duration kHealing = 12s;

void disturb_now_and_then(Cluster& cluster) {
  auto& world = cluster.world;
  for (const auto& coordinator : cluster.coordinators) {
    if (world.chance(world.faults.cut / 5)) coordinator->fill_disk(world.between(0ms, world.faults.longest));
    for (const auto& [name, store] : cluster.stores) {
      if (world.chance(world.faults.cut))
        world.cut(coordinator->name(), name, world.between(0ms, world.faults.longest));
    }
  }
  world.after(100ms, [&cluster] { disturb_now_and_then(cluster); });
}

void check_nothing_is_left(const Cluster& cluster) {
  for (const auto& coordinator : cluster.coordinators) {
    const auto& core = coordinator->core();
    if (core.active() + core.committing() + core.unended_records() != 0) {
      throw Violation("left over: " + coordinator->name() + " has " + std::to_string(core.active()) + " active, " +
                      std::to_string(core.committing()) + " committing, " + std::to_string(core.unended_records()) +
                      " unended");
    }
  }
  for (const auto& [name, store] : cluster.stores) {
    const auto totals = store->core().totals(cluster.world.now());
    if (totals.active + totals.prepared + totals.committed + totals.operator_resolved + totals.locks + totals.waiting !=
        0) {
      throw Violation("left over: " + name + " has " + std::to_string(totals.active) + " active, " +
                      std::to_string(totals.prepared) + " prepared, " + std::to_string(totals.committed) +
                      " unreleased, " + std::to_string(totals.locks) + " locks, " + std::to_string(totals.waiting) +
                      " waiting");
    }
  }
}

void heal_and_check(Cluster& cluster, std::vector<std::unique_ptr<Application>>& clients) {
  cluster.world.say("---- from now on all is well");
  cluster.world.faults = {};
  for (const auto& client : clients) client->stop();
  for (const auto& coordinator : cluster.coordinators) coordinator->start();
  for (const auto& [name, store] : cluster.stores) store->start();
  cluster.world.run(kHealing);
  for (const auto& client : clients) {
    if (!client->is_idle()) throw Violation("left over: a client waits for an answer");
  }
  check_nothing_is_left(cluster);
  cluster.checker.check_outcomes();
  cluster.checker.check_serializable();
}

}  // namespace

void run_seed(std::uint64_t seed, std::ostream* transcript, std::map<std::string_view, std::uint64_t>& counts) {
  StoreVfs::instance().seed(seed);
  Cluster cluster(seed, transcript);
  auto& world = cluster.world;
  const auto coordinators = world.chance(0.3) ? 2U : 1U;
  for (std::uint64_t i = 1; i <= coordinators; ++i) {
    cluster.coordinators.push_back(
        std::make_unique<CoordinatorNode>(cluster, "coordinator" + std::to_string(i), LogIdentity{i}));
  }
  const auto stores = 2 + world.below(2);
  for (std::uint64_t i = 1; i <= stores; ++i) {
    const std::string name = "store" + std::to_string(i);
    cluster.stores[name] = std::make_unique<StoreNode>(cluster, name, StoreIdentity{i});
  }
  std::vector<std::unique_ptr<Application>> clients;
  for (int i = 1; i <= 2; ++i) {
    clients.push_back(std::make_unique<Client>(cluster, "client" + std::to_string(i)));
    clients.push_back(std::make_unique<SdkClient>(cluster, "application" + std::to_string(i)));
  }
  for (const auto& coordinator : cluster.coordinators) coordinator->start();
  for (const auto& [name, store] : cluster.stores) store->start();
  world.run(20ms);

  const double crash = std::array{0.0, 0.003, 0.02}.at(world.below(3));
  const double other = std::array{0.0, 0.03, 0.1}.at(world.below(3));
  world.faults = {other, other * 3, other, crash, crash / 2, other / 2, world.between(20ms, 3s)};
  world.say("---- faults");
  disturb_now_and_then(cluster);
  for (const auto& client : clients) client->work(false);
  world.run(4s);
  heal_and_check(cluster, clients);

  for (const auto& client : clients) client->work(true);
  world.run(200ms);
  heal_and_check(cluster, clients);
  for (const auto& [what, count] : world.counts) counts[what] += count;
}

}  // namespace assent::simulation
