#include "books.h"

#include <algorithm>
#include <numeric>

namespace bank {

Books read_books(assent::Client& client) {
  Books books;
  books.sums = read_sums(client);
  for (std::size_t store = 0; store < kStores.size(); ++store) {
    books.transfers[store] = read_transfers(client, kStores[store]);
  }
  return books;
}

Findings compare(const std::vector<Ledger>& ledgers, const Books& books) {
  Findings findings;
  std::map<std::int64_t, Amounts> stored;  // by id of the transfer; 0 for a store that does not hold it
  for (std::size_t store = 0; store < kStores.size(); ++store) {
    std::int64_t balance = kStoreTotal;
    for (const auto& [id, amount] : books.transfers[store]) {
      stored[id][store] = amount;
      balance += amount;
    }
    if (books.sums[store] != balance) ++findings.unbalanced;
  }
  for (const auto& [id, amounts] : stored) {
    const auto absent = std::count(amounts.begin(), amounts.end(), 0);
    const auto sum = std::accumulate(amounts.begin(), amounts.end(), std::int64_t{0});
    if (kStores.size() - static_cast<std::size_t>(absent) != 2 || sum != 0) ++findings.one_sided;
  }
  for (const auto& ledger : ledgers) {
    for (const auto& transfer : ledger.committed) {
      Amounts told{};
      told[transfer.from_store] = -transfer.amount;
      told[transfer.to_store] = transfer.amount;
      const auto found = stored.find(transfer.id);
      if (found == stored.end() || found->second != told) ++findings.lost;
      if (found != stored.end()) stored.erase(found);
    }
    for (const auto& transfer : ledger.aborted) findings.undead += stored.erase(transfer.id);
  }
  findings.strays = stored.size();
  return findings;
}

}  // namespace bank
