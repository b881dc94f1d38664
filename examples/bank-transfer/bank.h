// Bank: three stores with a thousand accounts each, transfers between them, and what the stores hold.
#pragma once

#include <assent/assent.h>

#include <array>
#include <cstdint>
#include <map>
#include <string>

namespace bank {

inline const std::array<std::string, 3> kStores{"bank-a", "bank-b", "bank-c"};
inline constexpr std::int64_t kAccounts = 1000;        // of each store
inline constexpr std::int64_t kOpeningBalance = 1000;  // of each account
inline constexpr std::int64_t kStoreTotal = kAccounts * kOpeningBalance;
inline constexpr std::int64_t kTotal = static_cast<std::int64_t>(kStores.size()) * kStoreTotal;

// An amount of each store, in the order of kStores.
using Amounts = std::array<std::int64_t, kStores.size()>;

struct Transfer {
  std::int64_t id = 0;  // the same in both stores, unlike any other
  std::size_t from_store = 0;
  std::size_t to_store = 0;  // another one
  std::int64_t from_account = 0;
  std::int64_t to_account = 0;
  std::int64_t amount = 0;      // at least 1
  bool is_interactive = false;  // statement by statement, instead of all in one request
};

// Returns if the transfer has committed; throws assent::ClientError otherwise.
void make_transfer(assent::Client& client, const Transfer& transfer);

// The sum of each store's balances, all read in one transaction.
Amounts read_sums(assent::Client& client);

// Every transfer that the store holds: its amount, by id.
std::map<std::int64_t, std::int64_t> read_transfers(assent::Client& client, const std::string& store);

}  // namespace bank
