// Histories of lists: concurrent clients over three stores, with and without kills. None shows an anomaly, whatever the
// read-committed transactions among them do.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "tests/isolation/checker.h"
#include "tests/isolation/kills.h"
#include "tests/isolation/list_client.h"
#include "tests/isolation/mixed_levels.h"
#include "tests/isolation/workload.h"

namespace assent::isolation {
namespace {

constexpr std::size_t kClients = 8;

void check_lists(const std::string& test, std::uint64_t usual_seed, std::size_t transactions, std::size_t kills) {
  const auto seed = seed_of(test, usual_seed);
  const auto total = amount(transactions);
  Installation installation(three_stores(std::string(kListSchema)));
  std::vector<std::unique_ptr<ListClient>> clients;
  for (std::size_t number = 0; number < kClients + 1; ++number) {
    auto options = installation.client_options();
    // Some clients do not wait to be told how a transaction ended. They ask when all is over.
    if (number % 2 == 1) options.outcome_time_limit = std::chrono::milliseconds(1);
    clients.push_back(std::make_unique<ListClient>(options, installation.stores(), seed, number));
  }

  WaitWatch watch(installation);
  run_clients(
      kClients, [&](std::size_t number, EndedCount& ended) { clients[number]->run(total, ended); },
      [&](const EndedCount& ended) { kill_now_and_then(installation, seed, amount(kills), kClients * total, ended); });
  const auto& waited = watch.stop();
  auto& reader = *clients.back();
  reader.read_all();

  History history;
  std::vector<Ran> ran;
  for (const auto& client : clients) {
    client->settle();
    history.insert(history.end(), client->history().begin(), client->history().end());
    if (client.get() != &reader) ran.insert(ran.end(), client->ran().begin(), client->ran().end());
  }
  expect_busy(ran, waited);
  EXPECT_TRUE(reader.ran().at(0).committed) << "nobody has seen the end";
  history = with_reads_apart(history);
  const auto findings = check(history);
  EXPECT_TRUE(findings.empty()) << report(findings, history);
  expect_nothing_left(installation);
}

TEST(ListHistories, AreStrictlySerializable) {
  check_lists("lists", 1, 120, 0);
}

TEST(ListHistories, AreStrictlySerializableWhileProcessesAreKilled) {
  check_lists("lists with kills", 2, 120, 6);
}

}  // namespace
}  // namespace assent::isolation
