// DependencyGraph: which transactions must come before which others.
//
// Real time would need an edge for each pair of transactions that did not overlap. Instead there is a MOMENT for each
// end: the transaction leads to its moment, each moment to the next, and the last moment before a transaction began
// leads to it. So one transaction reaches another through moments alone exactly if it had ended before the other began,
// and there are at most three such edges for each transaction.
//
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "tests/isolation/anomaly.h"
#include "tests/isolation/history.h"
#include "tests/isolation/version_orders.h"

namespace assent::isolation {

class DependencyGraph {
 public:
  // A transaction, by its index in the history; or a moment, behind all of them.
  using Node = std::uint32_t;

  struct Edge {
    Node from = 0;
    Node to = 0;
    Dependency dependency = Dependency::kWriteWrite;
    ListId list{};
  };

  // REQUIRES: no edge leaves or enters a node of `nodes` or above; those from `transactions` on are moments.
  DependencyGraph(std::size_t transactions, std::size_t nodes, std::vector<Edge> edges);

  std::size_t nodes() const { return first_.size() - 1; }
  bool is_moment(Node node) const { return node >= transactions_; }
  const std::vector<Edge>& edges() const { return edges_; }
  std::span<const Edge> from(Node node) const {
    return std::span(edges_).subspan(first_[node], first_[node + 1] - first_[node]);
  }

 private:
  std::size_t transactions_;
  std::vector<Edge> edges_;         // by where they come from
  std::vector<std::size_t> first_;  // of each node, in edges_
};

// The dependencies of all transactions that have committed; and what else their reads show: intermediate reads, lost
// appends, own appends seen wrongly.
DependencyGraph build_graph(const VersionOrders& orders, std::vector<Finding>& findings);

}  // namespace assent::isolation
