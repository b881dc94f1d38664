// A bank: concurrent clients over three stores, with and without kills. Every audit finds all the money, and in the end
// each account holds what committed transfers have moved.
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/isolation/bank_client.h"
#include "tests/isolation/kills.h"
#include "tests/isolation/workload.h"

namespace assent::isolation {
namespace {

constexpr std::size_t kTellers = 6;

void check_bank(const std::string& test, std::uint64_t usual_seed, std::size_t transactions, std::size_t kills) {
  const auto seed = seed_of(test, usual_seed);
  const auto total = amount(transactions);
  Installation installation(three_stores(bank_schema()));
  std::vector<std::unique_ptr<BankClient>> clients;
  for (std::size_t number = 0; number < kTellers; ++number) {
    auto options = installation.client_options();
    // Some clients do not wait to be told how a transaction ended. They ask when all is over.
    if (number % 2 == 1) options.outcome_time_limit = std::chrono::milliseconds(1);
    clients.push_back(std::make_unique<BankClient>(options, installation.stores(), seed, number));
  }
  WaitWatch watch(installation);
  run_clients(
      kTellers, [&](std::size_t number, EndedCount& ended) { clients[number]->run(total, ended); },
      [&](const EndedCount& ended) { kill_now_and_then(installation, seed, amount(kills), kTellers * total, ended); });
  const auto& waited = watch.stop();

  BankClient::Balances expected;
  for (const auto& store : installation.stores()) {
    for (std::int64_t account = 1; account <= kBankAccounts; ++account) expected[{store, account}] = kBankBalance;
  }
  const auto money = static_cast<std::int64_t>(expected.size()) * kBankBalance;
  std::vector<Ran> ran;
  std::size_t audits = 0;
  for (const auto& client : clients) {
    client->settle();
    for (const auto& [account, amount] : client->moved()) expected[account] += amount;
    ran.insert(ran.end(), client->ran().begin(), client->ran().end());
    for (const auto sum : client->audits()) EXPECT_EQ(sum, money) << "of an audit";
    audits += client->audits().size();
  }
  expect_busy(ran, waited);
  EXPECT_GE(20 * audits, ran.size()) << "there were too few audits";
  EXPECT_EQ(clients[0]->read_all(), expected) << "not what committed transfers have moved";
  expect_nothing_left(installation);
}

TEST(BankHistories, AuditsFindAllTheMoney) {
  check_bank("bank", 3, 150, 0);
}

TEST(BankHistories, AuditsFindAllTheMoneyWhileProcessesAreKilled) {
  check_bank("bank with kills", 4, 150, 6);
}

}  // namespace
}  // namespace assent::isolation
