#include "tests/isolation/checker.h"

#include <algorithm>
#include <cstddef>

#include "tests/isolation/cycles.h"
#include "tests/isolation/dependency_graph.h"
#include "tests/isolation/version_orders.h"

namespace assent::isolation {

namespace {

constexpr std::size_t kReported = 10;

std::string did(const TransactionRecord& transaction) {
  std::string text = "    " + transaction.name + " [" + std::to_string(transaction.begin.count()) + ", " +
                     (transaction.ending == Ending::kUnknown ? "unknown" : std::to_string(transaction.end.count())) +
                     "]:";
  for (const auto& operation : transaction.operations) {
    if (const auto* append = std::get_if<Append>(&operation)) {
      text += " append " + to_text({append->element}) + " to " + to_text(append->list) + ";";
    } else {
      const auto& read = std::get<Read>(operation);
      text += " " + to_text(read.list) + " is " + to_text(read.elements) + ";";
    }
  }
  return text + "\n";
}

}  // namespace

std::vector<Finding> check(const History& history) {
  const VersionOrders orders(history);
  auto findings = orders.findings();
  const auto graph = build_graph(orders, findings);
  const auto cycles = find_cycles(graph, history);
  findings.insert(findings.end(), cycles.begin(), cycles.end());
  return findings;
}

std::string report(const std::vector<Finding>& findings, const History& history) {
  std::string text;
  for (std::size_t index = 0; index < std::min(findings.size(), kReported); ++index) {
    const auto& finding = findings[index];
    text += finding.text + "\n";
    for (const auto& edge : finding.cycle) text += did(history[edge.from]);
  }
  if (findings.size() > kReported) text += "and " + std::to_string(findings.size() - kReported) + " more\n";
  return text;
}

}  // namespace assent::isolation
