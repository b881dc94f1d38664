#include "tests/isolation/dependency_graph.h"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace assent::isolation {

DependencyGraph::DependencyGraph(std::size_t transactions, std::size_t nodes, std::vector<Edge> edges)
    : transactions_(transactions), edges_(std::move(edges)), first_(nodes + 1) {
  std::stable_sort(edges_.begin(), edges_.end(), [](const Edge& a, const Edge& b) { return a.from < b.from; });
  for (const auto& edge : edges_) ++first_[edge.from + 1];
  for (std::size_t node = 0; node < nodes; ++node) first_[node + 1] += first_[node];
}

namespace {

using Edge = DependencyGraph::Edge;
using Node = DependencyGraph::Node;
using List = VersionOrders::List;

class GraphBuilder {
 public:
  GraphBuilder(const VersionOrders& orders, std::vector<Finding>& findings)
      : orders_(orders), history_(orders.history()), findings_(findings) {}

  DependencyGraph build() {
    for (std::size_t transaction = 0; transaction < history_.size(); ++transaction) {
      if (orders_.has_committed(transaction)) add_reads(transaction);
    }
    for (const auto& [id, list] : orders_.lists()) {
      add_order(list);
      add_unread(list);
    }
    const auto moments = add_real_time();
    return {history_.size(), history_.size() + moments, std::move(edges_)};
  }

 private:
  struct Readers {
    std::optional<std::size_t> latest;        // by its begin, of all that have read the list
    std::vector<std::size_t> of_whole_order;  // that have seen all that anybody saw
  };

  void add(std::size_t from, std::size_t to, Dependency dependency, ListId list = {}) {
    if (from == to) return;
    edges_.push_back({static_cast<Node>(from), static_cast<Node>(to), dependency, list});
  }

  void find(Anomaly anomaly, const std::string& text) {
    findings_.push_back({anomaly, std::string(to_string(anomaly)) + ": " + text, {}});
  }

  void add_reads(std::size_t transaction) {
    std::unordered_map<ListId, std::vector<Element>> own;  // appended so far
    for (const auto& operation : history_[transaction].operations) {
      if (const auto* append = std::get_if<Append>(&operation)) {
        own[append->list].push_back(append->element);
        continue;
      }
      const auto& read = std::get<Read>(operation);
      const auto& list = orders_.list(read.list);
      if (!VersionOrders::is_compatible(list, read)) continue;  // a finding already
      check_own(transaction, list, read, own[read.list]);
      add_read(transaction, list, read);
    }
  }

  // Of its own appends a transaction sees those that it has made, in their order, and none that it has still to make.
  void check_own(std::size_t transaction, const List& list, const Read& read, const std::vector<Element>& own) {
    std::vector<Element> seen;
    for (const auto& operation : history_[transaction].operations) {
      const auto* append = std::get_if<Append>(&operation);
      if (append == nullptr || append->list != read.list) continue;
      const auto place = list.position.find(append->element);
      if (place != list.position.end() && place->second < read.elements.size()) seen.push_back(append->element);
    }
    std::sort(seen.begin(), seen.end(),
              [&](Element a, Element b) { return list.position.at(a) < list.position.at(b); });
    if (seen == own) return;
    find(Anomaly::kInternal, history_[transaction].name + " had appended " + to_text(own) + " to " +
                                 to_text(read.list) + ", and read " + to_text(read.elements));
  }

  void add_read(std::size_t transaction, const List& list, const Read& read) {
    auto& readers = readers_[read.list];
    if (!readers.latest || history_[*readers.latest].begin < history_[transaction].begin) readers.latest = transaction;

    const auto size = read.elements.size();
    if (size < list.order.size()) {
      if (const auto next = orders_.appender(list, size)) {
        add(transaction, *next, Dependency::kReadWrite, read.list);
      }
    } else {
      readers.of_whole_order.push_back(transaction);
    }

    auto others = size;  // without its own at the end
    while (others > 0 && orders_.appender(list, others - 1) == transaction) --others;
    if (others == 0) return;
    const auto before = orders_.appender(list, others - 1);
    if (!before) return;
    add(*before, transaction, Dependency::kWriteRead, read.list);
    if (*before != transaction && !list.appended.at(list.order[others - 1]).is_last) {
      find(Anomaly::kG1b, history_[transaction].name + " read " + to_text(read.elements) + " in " + to_text(read.list) +
                              ", to which " + history_[*before].name + " appended more");
    }
  }

  void add_order(const List& list) {
    std::optional<std::size_t> before;
    for (std::size_t position = 0; position < list.order.size(); ++position) {
      const auto appender = orders_.appender(list, position);
      if (!appender) continue;
      if (before) add(*before, *appender, Dependency::kWriteWrite, list.id);
      before = appender;
    }
  }

  // Committed appends that no read shows come behind all that was read. Among them there is no order.
  void add_unread(const List& list) {
    const auto found = readers_.find(list.id);
    if (found == readers_.end()) return;
    const auto& readers = found->second;
    const auto last = last_appender(list);
    for (const auto& [element, appended] : list.appended) {
      const auto appender = appended.transaction;
      if (!orders_.has_committed(appender) || list.position.contains(element)) continue;
      const auto& latest = history_[*readers.latest];
      if (history_[appender].ending == Ending::kCommitted && history_[appender].end < latest.begin) {
        find(Anomaly::kLostAppend, history_[appender].name + " committed an append of " + to_text({element}) + " to " +
                                       to_text(list.id) + " before " + latest.name + " began, which did not read it");
        continue;
      }
      if (last) add(*last, appender, Dependency::kWriteWrite, list.id);
      for (const auto reader : readers.of_whole_order) add(reader, appender, Dependency::kReadWrite, list.id);
    }
  }

  std::optional<std::size_t> last_appender(const List& list) const {
    for (auto position = list.order.size(); position > 0; --position) {
      if (const auto appender = orders_.appender(list, position - 1)) return appender;
    }
    return std::nullopt;
  }

  // Returns the number of moments.
  std::size_t add_real_time() {
    std::vector<std::size_t> ended;
    for (std::size_t transaction = 0; transaction < history_.size(); ++transaction) {
      if (history_[transaction].ending == Ending::kCommitted) ended.push_back(transaction);
    }
    std::sort(ended.begin(), ended.end(),
              [this](std::size_t a, std::size_t b) { return history_[a].end < history_[b].end; });
    const auto moment = [this](std::size_t place) { return history_.size() + place; };
    for (std::size_t place = 0; place < ended.size(); ++place) {
      add(ended[place], moment(place), Dependency::kRealTime);
      if (place > 0) add(moment(place - 1), moment(place), Dependency::kRealTime);
    }
    for (std::size_t transaction = 0; transaction < history_.size(); ++transaction) {
      if (!orders_.has_committed(transaction)) continue;
      const auto behind = std::partition_point(ended.begin(), ended.end(), [&](std::size_t other) {
        return history_[other].end < history_[transaction].begin;
      });
      if (behind == ended.begin()) continue;
      add(moment(static_cast<std::size_t>(behind - ended.begin()) - 1), transaction, Dependency::kRealTime);
    }
    return ended.size();
  }

  const VersionOrders& orders_;
  const History& history_;
  std::vector<Finding>& findings_;
  std::vector<Edge> edges_;
  std::unordered_map<ListId, Readers> readers_;
};

}  // namespace

DependencyGraph build_graph(const VersionOrders& orders, std::vector<Finding>& findings) {
  return GraphBuilder(orders, findings).build();
}

}  // namespace assent::isolation
