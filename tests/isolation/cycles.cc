#include "tests/isolation/cycles.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <string>
#include <unordered_map>
#include <utility>

#include "tests/isolation/components.h"

namespace assent::isolation {

namespace {

using Edge = DependencyGraph::Edge;
using Node = DependencyGraph::Node;
using Path = std::vector<const Edge*>;

constexpr auto kWriteWriteBit = bit(Dependency::kWriteWrite);
constexpr auto kWriteReadBit = bit(Dependency::kWriteRead);
constexpr auto kReadWriteBit = bit(Dependency::kReadWrite);
constexpr auto kRealTimeBit = bit(Dependency::kRealTime);

struct CycleKind {
  Anomaly anomaly;
  Dependencies allowed;  // any number of these
  bool one_read_write;   // and exactly one rw
};

// The worst first. Whoever comes here has none of the kinds above.
constexpr CycleKind kCycleKinds[] = {
    {Anomaly::kG0, kWriteWriteBit, false},
    {Anomaly::kG1c, kWriteWriteBit | kWriteReadBit, false},
    {Anomaly::kGSingle, kWriteWriteBit | kWriteReadBit, true},
    {Anomaly::kG2, kWriteWriteBit | kWriteReadBit | kReadWriteBit, false},
    {Anomaly::kRealTime, kWriteWriteBit | kRealTimeBit, false},
    {Anomaly::kRealTime, kWriteWriteBit | kWriteReadBit | kRealTimeBit, false},
    {Anomaly::kRealTime, kWriteWriteBit | kWriteReadBit | kRealTimeBit, true},
    {Anomaly::kRealTime, kWriteWriteBit | kWriteReadBit | kReadWriteBit | kRealTimeBit, false},
};

// The graph of one component, with numbers of its own.
class Component {
 public:
  Component(const DependencyGraph& whole, std::vector<Node> nodes) : nodes_(sorted(std::move(nodes))) {
    const auto first_moment =
        std::partition_point(nodes_.begin(), nodes_.end(), [&whole](Node node) { return !whole.is_moment(node); });
    std::unordered_map<Node, Node> number;
    for (Node place = 0; place < nodes_.size(); ++place) number[nodes_[place]] = place;
    std::vector<Edge> edges;
    for (const auto node : nodes_) {
      for (const auto& edge : whole.from(node)) {
        const auto to = number.find(edge.to);
        if (to != number.end()) edges.push_back({number[node], to->second, edge.dependency, edge.list});
      }
    }
    graph_.emplace_back(static_cast<std::size_t>(first_moment - nodes_.begin()), nodes_.size(), std::move(edges));
  }

  // The shortest of this kind; empty if there is none.
  Path find(const CycleKind& kind) const {
    const auto allowed = static_cast<Dependencies>(kind.allowed | (kind.one_read_write ? kReadWriteBit : 0));
    Path best;
    for (const auto& nodes : cyclic_components(graph(), allowed)) {
      kind.one_read_write ? search_from_edges(nodes, kind.allowed, best) : search_from_nodes(nodes, allowed, best);
    }
    return best;
  }

  // From its first transaction on.
  std::vector<CycleEdge> in_history(const Path& cycle) const {
    std::vector<CycleEdge> edges;
    for (const auto* edge : cycle) {
      if (graph().is_moment(edge->from)) {
        if (!graph().is_moment(edge->to)) edges.back().to = nodes_[edge->to];
      } else {
        edges.push_back({nodes_[edge->from], edge->dependency, edge->list, nodes_[edge->to]});
      }
    }
    const auto first = std::min_element(edges.begin(), edges.end(),
                                        [](const CycleEdge& a, const CycleEdge& b) { return a.from < b.from; });
    std::rotate(edges.begin(), first, edges.end());
    return edges;
  }

 private:
  static std::vector<Node> sorted(std::vector<Node> nodes) {
    std::sort(nodes.begin(), nodes.end());
    return nodes;
  }

  const DependencyGraph& graph() const { return graph_.front(); }

  std::ptrdiff_t transactions_of(const Path& path) const {
    return std::count_if(path.begin(), path.end(), [this](const Edge* edge) { return !graph().is_moment(edge->from); });
  }

  void keep_shorter(Path path, Path& best) const {
    if (path.empty()) return;
    if (best.empty() || transactions_of(path) < transactions_of(best)) best = std::move(path);
  }

  void search_from_nodes(const std::vector<Node>& nodes, Dependencies allowed, Path& best) const {
    std::size_t tried = 0;
    for (const auto node : nodes) {
      if (graph().is_moment(node)) continue;
      if (++tried > kSources) return;
      keep_shorter(shortest_path(node, node, allowed), best);
    }
  }

  void search_from_edges(const std::vector<Node>& nodes, Dependencies allowed, Path& best) const {
    std::size_t tried = 0;
    for (const auto node : nodes) {
      for (const auto& edge : graph().from(node)) {
        if (edge.dependency != Dependency::kReadWrite) continue;
        if (++tried > kSources) return;
        auto path = shortest_path(edge.to, edge.from, allowed);
        if (!path.empty()) path.insert(path.begin(), &edge);
        keep_shorter(std::move(path), best);
      }
    }
  }

  // By the number of transactions: to come to a moment costs nothing. At least one edge, also from a node to itself.
  Path shortest_path(Node from, Node to, Dependencies allowed) const {
    std::vector<const Edge*> reached_by(graph().nodes(), nullptr);
    std::vector<bool> done(graph().nodes());
    std::deque<Node> next{from};
    while (!next.empty() && reached_by[to] == nullptr) {
      const auto node = next.front();
      next.pop_front();
      if (done[node]) continue;
      done[node] = true;
      for (const auto& edge : graph().from(node)) {
        if ((allowed & bit(edge.dependency)) == 0 || reached_by[edge.to] != nullptr) continue;
        reached_by[edge.to] = &edge;
        graph().is_moment(edge.to) ? next.push_front(edge.to) : next.push_back(edge.to);
      }
    }
    Path path;
    if (reached_by[to] == nullptr) return path;
    do {
      path.push_back(reached_by[path.empty() ? to : path.back()->from]);
    } while (path.back()->from != from);
    std::reverse(path.begin(), path.end());
    return path;
  }

  std::vector<Node> nodes_;             // their numbers in the whole graph
  std::vector<DependencyGraph> graph_;  // exactly one
};

std::string cycle_text(const std::vector<CycleEdge>& cycle, const History& history) {
  std::string text;
  for (const auto& edge : cycle) {
    text += history[edge.from].name + " -" + std::string(to_string(edge.dependency));
    if (edge.dependency != Dependency::kRealTime) text += " " + to_text(edge.list);
    text += "-> ";
  }
  return text + history[cycle.front().from].name;
}

}  // namespace

std::vector<Finding> find_cycles(const DependencyGraph& graph, const History& history) {
  constexpr auto kEvery = static_cast<Dependencies>(kWriteWriteBit | kWriteReadBit | kReadWriteBit | kRealTimeBit);
  std::vector<Finding> findings;
  for (auto& nodes : cyclic_components(graph, kEvery)) {
    const Component component(graph, std::move(nodes));
    for (const auto& kind : kCycleKinds) {
      const auto path = component.find(kind);
      if (path.empty()) continue;
      auto cycle = component.in_history(path);
      auto text = std::string(to_string(kind.anomaly)) + ": " + cycle_text(cycle, history);
      findings.push_back({kind.anomaly, std::move(text), std::move(cycle)});
      break;
    }
  }
  return findings;
}

}  // namespace assent::isolation
