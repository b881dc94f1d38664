// Bank: three stores with a thousand accounts each, and transfers between them.
#pragma once

#include <assent/assent.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace bank {

inline const std::array<std::string, 3> kStores{"bank-a", "bank-b", "bank-c"};
inline constexpr std::int64_t kAccounts = 1000;        // of each store
inline constexpr std::int64_t kOpeningBalance = 1000;  // of each account
inline constexpr std::int64_t kTotal = static_cast<std::int64_t>(kStores.size()) * kAccounts * kOpeningBalance;

struct Transfer {
  std::int64_t id = 0;  // the same in both stores, unlike any other
  std::size_t from_store = 0;
  std::size_t to_store = 0;  // another one
  std::int64_t from_account = 0;
  std::int64_t to_account = 0;
  std::int64_t amount = 0;
  bool is_interactive = false;  // statement by statement, instead of all in one request
};

// What happened, counted by all clients together. Any thread.
struct Tally {
  std::atomic<std::uint64_t> committed = 0;
  std::array<std::atomic<std::uint64_t>, kStores.size()> committed_at{};  // by store that took part
  std::atomic<std::uint64_t> in_flight = 0;
  std::atomic<std::uint64_t> audits = 0;
  std::atomic<std::uint64_t> wrong_audits = 0;
  std::atomic<std::uint64_t> refused = 0;  // nothing was begun: the coordinator was down or overloaded
};

// What one client was told of its transfers.
struct Ledger {
  std::vector<std::int64_t> committed;
  std::vector<std::int64_t> aborted;
  // Transfers whose outcome the client could not learn in time, under the transactions that carried them.
  std::vector<std::pair<std::int64_t, assent::TransactionId>> unknown;
};

// Makes the transfer once and writes down what came of it.
void make_transfer(assent::Client& client, const Transfer& transfer, Tally& tally, Ledger& ledger);

// Reads every balance of every store in one transaction, and returns their sum.
std::int64_t audit(assent::Client& client);

// Every transfer that the store holds, by id.
std::map<std::int64_t, std::int64_t> read_transfers(assent::Client& client, const std::string& store);

}  // namespace bank
