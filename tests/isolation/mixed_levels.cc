#include "tests/isolation/mixed_levels.h"

#include <set>
#include <utility>

namespace assent::isolation {

History with_reads_apart(const History& history) {
  History apart;
  for (const auto& transaction : history) {
    if (transaction.level == Level::kSerializable) {
      apart.push_back(transaction);
      continue;
    }
    auto writer = transaction;
    writer.level = Level::kSerializable;
    writer.operations.clear();
    std::set<ListId> own;
    for (const auto& operation : transaction.operations) {
      if (const auto* append = std::get_if<Append>(&operation)) {
        own.insert(append->list);
        writer.operations.push_back(operation);
      } else if (!own.contains(std::get<Read>(operation).list)) {
        apart.push_back({transaction.name + " reading", {operation}, Moment::min(), Moment::max(), Ending::kCommitted});
      }
    }
    apart.push_back(std::move(writer));
  }
  return apart;
}

}  // namespace assent::isolation
