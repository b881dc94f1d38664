// Cluster: all that one seed runs: the coordinators, the stores, and whoever checks them.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/checker.h"
#include "tests/simulation/coordinator_node.h"
#include "tests/simulation/store_node.h"
#include "tests/simulation/world.h"

namespace assent::simulation {

struct Cluster {
  World world;
  Checker checker;
  std::vector<std::unique_ptr<CoordinatorNode>> coordinators;
  std::vector<std::unique_ptr<CoordinatorNode>> log_copies;  // old ones of their logs, and processes that were replaced
  std::map<std::string, std::unique_ptr<StoreNode>> stores;

  Cluster(std::uint64_t seed, Telling telling) : world(seed, std::move(telling)), checker(world) {}

  // Who is reached at the address of this coordinator: now and then an old copy of its log, or the process that was
  // replaced, while there is one.
  CoordinatorNode& reached(const CoordinatorNode& coordinator);
  // Who serves the log now; null: nobody does.
  CoordinatorNode* coordinator_of(LogIdentity log) const;
  // A log or a store is an old copy, or is being restored: of two nobody could tell.
  bool serves_a_copy() const;
  // One that can be spared, if there is one.
  void lose_a_store();

  // But for those that are lost.
  std::vector<std::string> store_names() const {
    std::vector<std::string> names;
    for (const auto& [name, store] : stores) {
      if (!store->is_lost()) names.push_back(name);
    }
    return names;
  }
};

}  // namespace assent::simulation
