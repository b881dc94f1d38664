// A long interactive transaction does each statement once while it is alone, and its rows so far again only where
// another transaction has used the store in between. Work is counted here; the benchmarks tell of time.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>

#include "tests/isolation/installation.h"
#include "tests/isolation/kills.h"
#include "tests/isolation/workload.h"

namespace assent::isolation {
namespace {

constexpr std::size_t kStatements = 3'000;

class LongTransactions : public testing::Test {
 protected:
  static Installation::Plan plan() {
    Installation::Plan plan;
    plan.stores = {"store"};
    plan.schema =
        "CREATE TABLE steps (id INTEGER PRIMARY KEY, text TEXT) STRICT;"
        "CREATE TABLE others (id INTEGER PRIMARY KEY) STRICT;";
    // Nothing is journaled meanwhile but what a test asks for, and no transaction ends because of a slow machine.
    plan.participant_flags = {"--idle-journal", "1h", "--transaction-timeout", "10m"};
    return plan;
  }

  static void add(Transaction& transaction, std::size_t step) {
    transaction.execute("store", "INSERT INTO steps VALUES (?1, 'a step')", step);
  }

  std::size_t count_steps() {
    return client_.run([](Transaction& transaction) {
      return transaction.query_one("store", "SELECT count(*) FROM steps").get<std::size_t>(0);
    });
  }

  Installation installation_{plan()};
  Client client_{installation_.client_options()};
  const std::size_t statements_ = amount(kStatements);
};

TEST_F(LongTransactions, ThreeThousandStatementsCostLinearWork) {
  const auto before = installation_.status("store");
  auto transaction = client_.begin();
  for (std::size_t step = 1; step <= statements_; ++step) add(transaction, step);
  const auto after = installation_.status("store");
  EXPECT_EQ(after.reapplied_rows, 0) << "what it had done was done again, and nobody was in its way";
  EXPECT_EQ(after.forces, before.forces) << "a statement waited for the disk";
  // Each row its key; and the intentions for the store and the table, and the end of the keys.
  EXPECT_LE(after.locks, static_cast<std::int64_t>(statements_) + 3);
  transaction.commit();
  EXPECT_EQ(installation_.status("store").reapplied_rows, 0);
  EXPECT_EQ(count_steps(), statements_);
  EXPECT_EQ(client_.counters().reruns, 0U);
  expect_nothing_left(installation_);
}

TEST_F(LongTransactions, BesideOthersDoTheirRowsSoFarAgainOnceForEach) {
  constexpr std::size_t kOthers = 10;
  Client other(installation_.client_options());
  std::int64_t rows_so_far = 0;  // at each of the others, added up
  auto transaction = client_.begin();
  for (std::size_t step = 1; step <= statements_; ++step) {
    add(transaction, step);
    if (step % (statements_ / kOthers) == 0) {
      Batch batch;
      batch.execute("store", "INSERT INTO others VALUES (?1)", step);
      other.submit(batch, Return::applied);
      rows_so_far += static_cast<std::int64_t>(step);
    }
  }
  transaction.commit();
  const auto again = installation_.status("store").reapplied_rows;
  std::printf("%zu statements beside %zu transactions: %lld rows again, %lld so far when they met\n", statements_,
              kOthers, static_cast<long long>(again), static_cast<long long>(rows_so_far));
  EXPECT_GE(again, rows_so_far) << "the others did not get in its way, and this shows nothing";
  EXPECT_LE(again, 2 * rows_so_far) << "more than once for their statements, once for their commits";
  EXPECT_EQ(count_steps(), statements_);
  EXPECT_EQ(client_.counters().reruns, 0U);
  expect_nothing_left(installation_);
}

}  // namespace
}  // namespace assent::isolation
