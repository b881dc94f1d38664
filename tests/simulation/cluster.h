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
  std::map<std::string, std::unique_ptr<StoreNode>> stores;

  Cluster(std::uint64_t seed, Telling telling) : world(seed, std::move(telling)), checker(world) {}

  std::vector<std::string> store_names() const {
    std::vector<std::string> names;
    for (const auto& [name, store] : stores) names.push_back(name);
    return names;
  }
};

}  // namespace assent::simulation
