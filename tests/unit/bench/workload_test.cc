#include "tests/bench/load/workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "tests/bench/load/zipf.h"

namespace assent::bench {
namespace {

using testing::Le;
using testing::SizeIs;

Scale scale(std::size_t stores_per_transaction) {
  return {.stores = {"a", "b", "c", "d"},
          .stores_per_transaction = stores_per_transaction,
          .rows = 1000,
          .touched = 10,
          .payload = 8};
}

std::set<std::string> stores_of(const Batch& batch) {
  std::set<std::string> stores;
  for (const auto& entry : batch.entries()) stores.insert(entry.store);
  return stores;
}

TEST(WorkloadTest, ATransferLeavesTheSumOfAllStoresAsItWas) {
  for (const auto stores : {std::size_t{1}, std::size_t{2}, std::size_t{4}}) {
    const auto bank = make_workload("bank", scale(stores));
    Random random(1);
    for (int count = 0; count < 100; ++count) {
      const auto plan = bank->next(0, random);
      EXPECT_THAT(stores_of(plan.batch), SizeIs(stores));
      std::int64_t sum = 0;
      for (const auto& entry : plan.batch.entries()) {
        sum += std::get<std::int64_t>(entry.statement.parameters.front());
        EXPECT_EQ(entry.statement.expected_rows, 1U);
      }
      EXPECT_EQ(sum, 0);
    }
  }
}

TEST(WorkloadTest, OnlyHotRowsAreTouchedAndAllOfThem) {
  const auto read = make_workload("read", scale(2));
  Random random(1);
  std::set<std::int64_t> touched;
  for (int count = 0; count < 1000; ++count) {
    const auto plan = read->next(0, random);
    EXPECT_THAT(plan.batch.entries(), SizeIs(2));
    for (const auto& entry : plan.batch.entries()) {
      touched.insert(std::get<std::int64_t>(entry.statement.parameters.at(0)));
    }
  }
  EXPECT_EQ(*touched.begin(), 1);
  EXPECT_EQ(*touched.rbegin(), 10);
  EXPECT_THAT(touched, SizeIs(10));
}

TEST(WorkloadTest, TheFirstClientAuditsEveryStore) {
  const auto audit = make_workload("audit", scale(2));
  Random random(1);
  const auto plan = audit->next(0, random);
  EXPECT_EQ(audit->kinds().at(plan.kind), "audit");
  EXPECT_THAT(stores_of(plan.batch), SizeIs(4));
  EXPECT_EQ(audit->kinds().at(audit->next(1, random).kind), "transfer");
}

// The books tell what each committed update has added to the sum.
TEST(WorkloadTest, YcsbUpdatesAreInTheBooks) {
  const auto ycsb = make_workload("ycsb-a", scale(3));
  Random random(1);
  std::int64_t operations = 0;
  Books books;
  for (int count = 0; count < 1000; ++count) {
    const auto plan = ycsb->next(0, random);
    operations += 3;
    EXPECT_THAT(stores_of(plan.batch), SizeIs(3));
    if (plan.settle) plan.settle({}, books);
  }
  EXPECT_NEAR(static_cast<double>(books.sum) / static_cast<double>(operations), 0.5, 0.05);
}

// As often as OLTP-Bench has them, in 100.
TEST(WorkloadTest, SmallbankMixesItsTransactions) {
  const auto smallbank = make_workload("smallbank", scale(2));
  Random random(1);
  std::map<std::string, int> counts;
  for (int count = 0; count < 10'000; ++count) {
    const auto plan = smallbank->next(0, random);
    ++counts[smallbank->kinds().at(plan.kind)];
    EXPECT_THAT(stores_of(plan.batch).size(), Le(2U));
  }
  EXPECT_NEAR(counts["send-payment"], 2500, 200);
  for (const auto* kind : {"amalgamate", "balance", "deposit-checking", "transact-savings", "write-check"}) {
    EXPECT_NEAR(counts[kind], 1500, 200) << kind;
  }
}

TEST(ZipfTest, ARankIsDrawnAsOftenAsItsPlaceSays) {
  const Zipf zipf(1000);
  Random random(1);
  std::map<std::uint64_t, int> counts;
  constexpr int kDraws = 100'000;
  for (int draw = 0; draw < kDraws; ++draw) ++counts[zipf(random)];
  EXPECT_GE(counts.begin()->first, 1U);
  EXPECT_LE(counts.rbegin()->first, 1000U);
  // The sum of all 1 / r^0.99 up to 1000 is 7.729.
  EXPECT_NEAR(counts[1], kDraws / 7.729, kDraws / 200.0);
  EXPECT_NEAR(counts[2], counts[1] / 1.986, kDraws / 200.0);
  EXPECT_GT(counts.size(), 900U);
}

}  // namespace
}  // namespace assent::bench
