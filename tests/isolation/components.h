// The strongly connected components of a dependency graph: every cycle lies within one of them.
//
// Tarjan, Depth-first search and linear graph algorithms, 1972. Linear, and without recursion.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/isolation/dependency_graph.h"

namespace assent::isolation {

// A set of Dependency, one bit each.
using Dependencies = std::uint8_t;

constexpr Dependencies bit(Dependency dependency) {
  return static_cast<Dependencies>(1U << static_cast<unsigned>(dependency));
}

// Those of at least two nodes, along edges of `allowed`.
std::vector<std::vector<DependencyGraph::Node>> cyclic_components(const DependencyGraph& graph, Dependencies allowed);

}  // namespace assent::isolation
