// Books: what clients were told, against what the stores hold when everything has come to rest.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "bank.h"
#include "traffic.h"

namespace bank {

// Of each of kStores.
struct Books {
  Amounts sums{};                                                              // of its balances
  std::array<std::map<std::int64_t, std::int64_t>, kStores.size()> transfers;  // amounts, by id
};

Books read_books(assent::Client& client);

struct Findings {
  std::uint64_t lost = 0;        // told committed, and not with its amount in its two stores, and nowhere else
  std::uint64_t undead = 0;      // told aborted, and in a store
  std::uint64_t strays = 0;      // in a store, and nobody was told anything
  std::uint64_t one_sided = 0;   // not in two stores, or not the same amount in both: whatever anybody was told
  std::uint64_t unbalanced = 0;  // stores whose balances are not what their transfers make of them
};

Findings compare(const std::vector<Ledger>& ledgers, const Books& books);

}  // namespace bank
