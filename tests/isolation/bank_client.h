// BankClient: one client of the bank workload. It transfers money between accounts of any stores, and adds up all
// accounts of all stores.
//
// Interactive transfers read both balances and write what they computed, so that a lost update loses money.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "assent/assent.h"
#include "tests/isolation/workload.h"

namespace assent::isolation {

inline constexpr std::int64_t kBankAccounts = 12;  // of each store, from 1
inline constexpr std::int64_t kBankBalance = 1000;

std::string bank_schema();

class BankClient {
 public:
  // A store's name and an account there.
  using Account = std::pair<std::string, std::int64_t>;
  using Balances = std::map<Account, std::int64_t>;

  // `number` is its own among all clients of a test; its choices depend on it and the seed.
  BankClient(ClientOptions options, std::vector<std::string> stores, std::uint64_t seed, std::uint64_t number);

  // A transaction fails the test that ends in another way than by a commit, by its own will, or unknown.
  void run(std::size_t transactions, EndedCount& ended);

  // Asks for the end of each transfer whose end is unknown.
  void settle();

  // All accounts, in one transaction.
  Balances read_all();

  // What it was told has committed, added up for each account.
  const Balances& moved() const { return moved_; }
  // The sum of all accounts of each audit that committed.
  const std::vector<std::int64_t>& audits() const { return audits_; }
  const std::vector<Ran>& ran() const { return ran_; }

 private:
  struct Transfer {
    Account from;
    Account to;
    std::int64_t amount = 0;
  };

  Account any_account();
  Transfer any_transfer();
  // Each notes its runs in `ran`, and throws what the client throws unless it has committed.
  void transfer_interactively(const Transfer& transfer, Ran& ran);
  void transfer_at_once(const Transfer& transfer, Ran& ran);
  void audit_interactively(Ran& ran);
  void audit_at_once(Ran& ran);
  void submit(const Batch& batch, Ran& ran, Outcome& outcome);
  void count(const Transfer& transfer);

  Client client_;
  const std::vector<std::string> stores_;
  Choices choices_;
  std::vector<std::pair<TransactionId, Transfer>> unknown_;
  Balances moved_;
  std::vector<std::int64_t> audits_;
  std::vector<Ran> ran_;
};

}  // namespace assent::isolation
