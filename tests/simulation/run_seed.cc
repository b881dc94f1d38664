#include "tests/simulation/run_seed.h"

#include <algorithm>
#include <set>
#include <utility>

#include "coordinator/log/segment_reader.h"
#include "tests/simulation/client.h"
#include "tests/simulation/sdk_client.h"
#include "tests/simulation/store_vfs.h"

namespace assent::simulation {

namespace {

// Longer than any timer of the cores: whatever they owe each other is said within it.
constexpr Duration kHealing = 20s;

using Clients = std::vector<std::unique_ptr<Application>>;

// Longer than any lease and any transaction lasts.
constexpr Duration kLeastStandstill = 9s;
constexpr Duration kMostStandstill = 11s;
// Then it is too late to stand still for so long.
constexpr Time kLastStandstill{6s};

void disturb_link(World& world, const std::string& one, const std::string& other) {
  if (world.strikes(Incident::kPartition)) {
    const auto length = world.long_while();
    world.cut(one, other, length);
    world.cut(other, one, length);
  }
  if (world.strikes(Incident::kOneWay)) {
    const bool is_turned = world.chance(0.5);
    world.cut(is_turned ? one : other, is_turned ? other : one, world.long_while());
  }
  if (world.strikes(Incident::kClog)) world.clog(one, other, world.long_while());
}

using Clocks = std::vector<ProcessClock*>;

void disturb(World& world, const std::string& name, const Clocks& clocks) {
  const auto kind = name.starts_with("coordinator")   ? "coordinators"
                    : name.starts_with("participant") ? "stores"
                                                      : "clients";
  if (world.strikes(Incident::kPause)) {
    const auto length = world.long_while(2);
    for (auto* clock : clocks) clock->pause(length);
    world.say(name, " stands still");
    world.count(std::string(kind) + " that stood still");
  }
  if (world.strikes(Incident::kClockJump)) {
    const auto length = world.long_while(4);
    for (auto* clock : clocks) clock->leap(length);
  }
  if (world.now() < kLastStandstill && world.strikes(Incident::kStandstill)) {
    const auto length = world.between(kLeastStandstill, kMostStandstill);
    const bool leaps = world.chance(0.3);
    for (auto* clock : clocks) leaps ? clock->leap(length) : clock->pause(length);
    if (leaps) return;
    world.say(name, " stands still for long");
    world.count(std::string(kind) + " that stood still for long");
  }
}

// With the process, or with its thread alone.
Clocks clocks_of_process(Cluster& cluster, const std::string& store) {
  Clocks clocks;
  for (const auto& [name, each] : cluster.stores) {
    if (process_of(name) == process_of(store)) clocks.push_back(&each->clock());
  }
  return clocks;
}

void black_out(Cluster& cluster, Clients& clients) {
  cluster.world.say("the power fails everywhere");
  for (const auto& coordinator : cluster.coordinators) coordinator->black_out();
  for (const auto& [name, store] : cluster.stores) store->black_out();
  for (const auto& client : clients) {
    if (!client->is_idle()) client->die();
  }
}

// What befalls links and processes, each with some probability every 100 ms.
void disturb_now_and_then(Cluster& cluster, Clients& clients) {
  auto& world = cluster.world;
  std::set<std::string> participants;
  for (const auto& [name, store] : cluster.stores) participants.insert(process_of(name));
  std::vector<std::string> servers(participants.begin(), participants.end());
  for (const auto& each : cluster.coordinators) {
    const auto& coordinator = each->name();
    if (world.strikes(Incident::kFullDisk)) each->fill_disk(world.long_while());
    const bool may_be_copied = world.faults[Incident::kOldLog] > 0 || world.faults[Incident::kLostLog] > 0;
    if (may_be_copied && world.chance(0.2)) each->keep_a_copy();
    if (world.strikes(Incident::kOldLog)) each->serve_an_old_copy();
    for (const auto& participant : participants) disturb_link(world, coordinator, participant);
    servers.push_back(coordinator);
    each->replace();
  }
  for (const auto& coordinator : cluster.coordinators) {
    const auto leaps = coordinator->clock().leaps();
    disturb(world, coordinator->name(), {&coordinator->clock()});
    if (coordinator->clock().leaps() != leaps) cluster.checker.clock_leaps(coordinator->log());
    if (world.strikes(Incident::kDrain)) coordinator->drain();
  }
  for (const auto& [name, store] : cluster.stores) {
    disturb(world, name, world.chance(0.5) ? clocks_of_process(cluster, name) : Clocks{&store->clock()});
    if (world.strikes(Incident::kDrain)) store->drain();
    if (world.strikes(Incident::kResolution)) store->resolve_in_doubt();
    if (world.strikes(Incident::kSchemaChange)) store->change_schema();
    if (world.strikes(Incident::kFullDisk)) store->fill_disk(world.long_while());
  }
  for (const auto& client : clients) {
    disturb(world, client->name(), {&client->clock()});
    disturb_link(world, client->name(), servers[world.below(servers.size())]);
  }
  if (world.strikes(Incident::kBlackout)) black_out(cluster, clients);
  world.after(100ms, [&cluster, &clients] { disturb_now_and_then(cluster, clients); });
}

// Each call gets exactly one answer.
template <typename Node>
void check_all_are_answered(const Node& node) {
  if (node.unanswered_calls() == 0) return;
  throw Violation("left over: " + node.name() + " owes answers to " + std::to_string(node.unanswered_calls()) +
                  " calls");
}

// What has ended is forgotten by now.
void check_log(const CoordinatorNode& coordinator, std::size_t owed) {
  const auto& log = coordinator.log_state();
  const auto commits = log.commits.size() + log.ended_count();
  if (commits == owed) return;
  throw Violation("left over: the log of " + coordinator.name() + " has " + std::to_string(commits) + " commits");
}

// But for what a lost store owes.
void check_nothing_is_left(const Cluster& cluster) {
  const auto all_owed = cluster.checker.owed();
  for (const auto& coordinator : cluster.coordinators) {
    const auto& core = coordinator->core();
    const auto owed = static_cast<std::size_t>(
        std::count_if(all_owed.begin(), all_owed.end(), [&](const auto& id) { return id.log == coordinator->log(); }));
    if (core.active() != 0 || core.committing() != owed || core.unended_records() != owed) {
      throw Violation("left over: " + coordinator->name() + " has " + std::to_string(core.active()) + " active, " +
                      std::to_string(core.committing()) + " committing, " + std::to_string(core.unended_records()) +
                      " unended");
    }
    check_all_are_answered(*coordinator);
    check_log(*coordinator, owed);
  }
  for (const auto& [name, store] : cluster.stores) {
    if (store->is_lost()) continue;
    const auto totals = store->core().totals(cluster.world.now());
    if (totals.active + totals.prepared + totals.locks + totals.waiting != 0 ||
        totals.committed + totals.operator_resolved > all_owed.size()) {
      throw Violation("left over: " + name + " has " + std::to_string(totals.active) + " active, " +
                      std::to_string(totals.prepared) + " prepared, " + std::to_string(totals.committed) +
                      " unreleased, " + std::to_string(totals.locks) + " locks, " + std::to_string(totals.waiting) +
                      " waiting");
    }
    check_all_are_answered(*store);
  }
}

void heal_and_check(Cluster& cluster, Clients& clients) {
  cluster.world.say("---- from now on all is well");
  cluster.world.faults = {};
  cluster.world.faults[Incident::kTransaction] = 1;
  for (const auto& client : clients) client->stop();
  for (const auto& copy : cluster.log_copies) copy->withdraw();
  for (const auto& coordinator : cluster.coordinators) coordinator->start();
  for (const auto& [name, store] : cluster.stores) {
    if (store->is_lost()) store->withdraw();
    store->start();
  }
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
  StoreVfs::instance().seed(world.below(~0ULL));  // whichever of the stores' files had to be made
  Clients clients;
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
  disturb_now_and_then(cluster, clients);
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
