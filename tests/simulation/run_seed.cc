#include "tests/simulation/run_seed.h"

#include <algorithm>
#include <set>
#include <utility>

#include "tests/simulation/client.h"
#include "tests/simulation/sdk_client.h"
#include "tests/simulation/store_vfs.h"

namespace assent::simulation {

namespace {

// Longer than any timer of the cores: whatever they owe each other is said within it.
constexpr Duration kHealing = 20s;

// What befalls links and processes, each with some probability every 100 ms.
void disturb_now_and_then(Cluster& cluster) {
  auto& world = cluster.world;
  std::set<std::string> participants;
  for (const auto& [name, store] : cluster.stores) participants.insert(process_of(name));
  for (const auto& each : cluster.coordinators) {
    const auto& coordinator = each->name();
    if (world.strikes(Incident::kFullDisk)) each->fill_disk(world.long_while());
    const bool may_be_copied = world.faults[Incident::kOldLog] > 0 || world.faults[Incident::kLostLog] > 0;
    if (may_be_copied && world.chance(0.2)) each->keep_a_copy();
    if (world.strikes(Incident::kOldLog)) each->serve_an_old_copy();
    for (const auto& participant : participants) {
      if (world.strikes(Incident::kPartition)) {
        const auto length = world.long_while();
        world.cut(coordinator, participant, length);
        world.cut(participant, coordinator, length);
      }
      if (world.strikes(Incident::kOneWay)) {
        const bool is_turned = world.chance(0.5);
        world.cut(is_turned ? coordinator : participant, is_turned ? participant : coordinator, world.long_while());
      }
      if (world.strikes(Incident::kClog)) world.clog(coordinator, participant, world.long_while());
    }
  }
  const auto disturb = [&world](auto& node) {
    if (world.strikes(Incident::kPause)) {
      node.clock().pause(world.long_while(2));
      world.say(node.name(), " stands still");
      world.count(node.name().starts_with("coordinator") ? "coordinators that stood still" : "stores that stood still");
    }
    if (world.strikes(Incident::kClockJump)) node.clock().leap(world.long_while(4));
    if (world.strikes(Incident::kDrain)) node.drain();
  };
  for (const auto& coordinator : cluster.coordinators) disturb(*coordinator);
  for (const auto& [name, store] : cluster.stores) {
    disturb(*store);
    if (world.strikes(Incident::kResolution)) store->resolve_in_doubt();
    if (world.strikes(Incident::kSchemaChange)) store->change_schema();
    if (world.strikes(Incident::kFullDisk)) store->fill_disk(world.long_while());
  }
  world.after(100ms, [&cluster] { disturb_now_and_then(cluster); });
}

// Each call gets exactly one answer.
template <typename Node>
void check_all_are_answered(const Node& node) {
  if (node.unanswered_calls() == 0) return;
  throw Violation("left over: " + node.name() + " owes answers to " + std::to_string(node.unanswered_calls()) +
                  " calls");
}

// What has ended is forgotten by now.
void check_log(const CoordinatorNode& coordinator) {
  const auto commits = coordinator.log_state().commits.size();
  if (commits == 0) return;
  throw Violation("left over: the log of " + coordinator.name() + " has " + std::to_string(commits) + " commits");
}

void check_nothing_is_left(const Cluster& cluster) {
  for (const auto& coordinator : cluster.coordinators) {
    const auto& core = coordinator->core();
    if (core.active() + core.committing() + core.unended_records() != 0) {
      throw Violation("left over: " + coordinator->name() + " has " + std::to_string(core.active()) + " active, " +
                      std::to_string(core.committing()) + " committing, " + std::to_string(core.unended_records()) +
                      " unended");
    }
    check_all_are_answered(*coordinator);
    check_log(*coordinator);
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
    check_all_are_answered(*store);
  }
}

void heal_and_check(Cluster& cluster, std::vector<std::unique_ptr<Application>>& clients) {
  cluster.world.say("---- from now on all is well");
  cluster.world.faults = {};
  cluster.world.faults[Incident::kTransaction] = 1;
  for (const auto& client : clients) client->stop();
  for (const auto& copy : cluster.log_copies) copy->withdraw();
  for (const auto& coordinator : cluster.coordinators) coordinator->start();
  for (const auto& [name, store] : cluster.stores) store->start();
  cluster.world.run(kHealing);
  for (const auto& coordinator : cluster.coordinators) {
    if (!coordinator->is_up()) throw Violation("left over: " + coordinator->name() + " does not start");
  }
  for (const auto& client : clients) {
    if (!client->is_idle()) throw Violation("left over: a client waits for an answer");
  }
  check_nothing_is_left(cluster);
  cluster.checker.check_outcomes();
  cluster.checker.check_serializable();
}

void live(Cluster& cluster, const WorldPlan& plan) {
  auto& world = cluster.world;
  for (std::uint64_t i = 1; i <= plan.coordinators; ++i) {
    cluster.coordinators.push_back(
        std::make_unique<CoordinatorNode>(cluster, "coordinator" + std::to_string(i), LogIdentity{i}));
  }
  for (std::uint64_t i = 1; i <= plan.participants; ++i) {
    for (std::uint64_t j = 1; j <= plan.stores; ++j) {
      const std::string name = "participant" + std::to_string(i) + ".store" + std::to_string(j);
      cluster.stores[name] = std::make_unique<StoreNode>(cluster, name, StoreIdentity{i * 100 + j});
    }
  }
  std::vector<std::unique_ptr<Application>> clients;
  for (std::uint64_t i = 1; i <= plan.clients; ++i) {
    clients.push_back(std::make_unique<Client>(cluster, "client" + std::to_string(i)));
    clients.push_back(std::make_unique<SdkClient>(cluster, "application" + std::to_string(i)));
  }
  for (const auto& coordinator : cluster.coordinators) {
    coordinator->start();
    coordinator->keep_a_copy();  // which knows no store
  }
  for (const auto& [name, store] : cluster.stores) store->start();
  world.run(20ms);

  world.faults = plan.faults;
  world.say("---- faults");
  disturb_now_and_then(cluster);
  for (const auto& client : clients) client->work(false);
  world.run(plan.length);
  heal_and_check(cluster, clients);

  for (const auto& client : clients) client->work(true);
  world.run(200ms);
  heal_and_check(cluster, clients);
}

}  // namespace

Story run_seed(std::uint64_t seed, const WorldFile* file, Telling telling) {
  StoreVfs::instance().seed(seed);
  Cluster cluster(seed, std::move(telling));
  auto& world = cluster.world;
  auto plan = draw_world(world);
  if (file != nullptr) file->apply_to(plan);
  std::string violation;
  try {
    live(cluster, plan);
  } catch (const std::exception& broken) {  // also one that a core, the log or the store throws itself
    violation = broken.what();
    world.say("!!!! ", violation);
  }
  return {std::move(violation), world.counts, world.incidents()};
}

}  // namespace assent::simulation
