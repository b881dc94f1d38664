#include "tests/isolation/components.h"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace assent::isolation {

namespace {

constexpr auto kUnseen = std::numeric_limits<std::size_t>::max();

class ComponentSearch {
 public:
  using Node = DependencyGraph::Node;

  ComponentSearch(const DependencyGraph& graph, Dependencies allowed)
      : graph_(graph), allowed_(allowed), seen_(graph.nodes(), kUnseen), lowest_(graph.nodes()), open_(graph.nodes()) {}

  std::vector<std::vector<Node>> run() {
    for (Node root = 0; root < graph_.nodes(); ++root) {
      if (seen_[root] == kUnseen) search(root);
    }
    return std::move(components_);
  }

 private:
  struct Visit {
    Node node = 0;
    std::size_t next = 0;  // of its edges
  };

  void enter(Node node) {
    seen_[node] = lowest_[node] = count_++;
    open_[node] = true;
    stack_.push_back(node);
    visits_.push_back({node, 0});
  }

  void search(Node root) {
    enter(root);
    while (!visits_.empty()) {
      auto& visit = visits_.back();
      const auto node = visit.node;
      const auto edges = graph_.from(node);
      if (visit.next < edges.size()) {
        const auto& edge = edges[visit.next++];
        if ((allowed_ & bit(edge.dependency)) == 0) continue;
        if (seen_[edge.to] == kUnseen) {
          enter(edge.to);
        } else if (open_[edge.to]) {
          lowest_[node] = std::min(lowest_[node], seen_[edge.to]);
        }
        continue;
      }
      visits_.pop_back();
      if (!visits_.empty()) {
        auto& above = lowest_[visits_.back().node];
        above = std::min(above, lowest_[node]);
      }
      if (lowest_[node] == seen_[node]) close(node);
    }
  }

  void close(Node root) {
    std::vector<Node> component;
    Node node = 0;
    do {
      node = stack_.back();
      stack_.pop_back();
      open_[node] = false;
      component.push_back(node);
    } while (node != root);
    if (component.size() > 1) components_.push_back(std::move(component));
  }

  const DependencyGraph& graph_;
  const Dependencies allowed_;
  std::size_t count_ = 0;
  std::vector<std::size_t> seen_;    // when, or kUnseen
  std::vector<std::size_t> lowest_;  // seen_ that can be reached
  std::vector<bool> open_;           // on the stack
  std::vector<Node> stack_;
  std::vector<Visit> visits_;
  std::vector<std::vector<Node>> components_;
};

}  // namespace

std::vector<std::vector<DependencyGraph::Node>> cyclic_components(const DependencyGraph& graph, Dependencies allowed) {
  return ComponentSearch(graph, allowed).run();
}

}  // namespace assent::isolation
