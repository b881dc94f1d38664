// The cycles of a dependency graph: one for each strongly connected component, the worst that it holds.
//
// The worst is the first of: ww alone (G0); ww and wr (G1c); one rw (G-single); several rw (G2); and those that need
// real time. Of its kind it is the shortest, in a component of up to kSources places to begin; of a larger one, the
// shortest through these. (A system that is right has none, one that is nearly right has small ones.)
//
// Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "tests/isolation/anomaly.h"
#include "tests/isolation/dependency_graph.h"

namespace assent::isolation {

inline constexpr std::size_t kSources = 200;

std::vector<Finding> find_cycles(const DependencyGraph& graph, const History& history);

}  // namespace assent::isolation
