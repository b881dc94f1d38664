// Doubt: transactions that a crash has left in doubt, each at two stores, and the books of what they do to the
// accounts.
//
// Half of them are on record: the coordinator must see to their commits. The others are not, and their stores must ask.
// Each changes one account of its own at both of its stores, so none waits for another.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/bench/load/cluster.h"

namespace assent::bench::recovery {

class Doubt {
 public:
  // REQUIRES: at least two stores.
  Doubt(std::uint64_t transactions, std::size_t stores) : transactions_(transactions), stores_(stores) {}

  // ---- the transactions, by number from 1 ----

  std::uint64_t transactions() const { return transactions_; }
  std::uint64_t committed() const { return transactions_ / 2; }
  std::uint64_t branches() const { return transactions_ * 2; }
  std::uint64_t most_branches_of_store() const { return branches() / stores_ + kEachRound; }

  static bool is_committed(std::uint64_t number) { return number % 2 == 0; }

  // From 0. Two transactions that follow each other, one of each outcome, have the same.
  std::array<std::size_t, 2> stores_of(std::uint64_t number) const {
    const auto first = static_cast<std::size_t>(number / 2 % stores_);
    return {first, (first + 1) % stores_};
  }

  // ---- the accounts of each store ----

  std::uint64_t accounts() const { return transactions_ + 1; }
  static std::int64_t account_of(std::uint64_t number) { return static_cast<std::int64_t>(number); }
  // Which none of them touches.
  std::int64_t free_account() const { return account_of(transactions_ + 1); }

  // SQL that makes them.
  std::string schema() const;
  // SQL that adds its first parameter to the balance of the account that its second one names.
  static const char* change();
  // What each transaction adds.
  static std::int64_t amount() { return 7; }
  // SQL that counts the accounts that are not as they must be, when everything is resolved, and `free_account` has been
  // given so much.
  std::string wrong_accounts(std::size_t store, std::int64_t given) const;

 private:
  static constexpr std::uint64_t kEachRound = 4;  // transactions that have the same stores come in pairs

  std::uint64_t transactions_;
  std::size_t stores_;
};

// Adds them to the files of a cluster that has stopped, whose stores have the accounts: a start of the coordinator, in
// which they were prepared, and half of them committed, before everything ended at once. `coordinator`: its address.
// Throws std::runtime_error.
void leave_in_doubt(const Doubt& doubt, const Cluster::Plan& plan, const std::string& coordinator);

}  // namespace assent::bench::recovery
