#include "coordinator/ctl/counters_tables.h"

#include <gmock/gmock.h>

namespace assent::ctl {
namespace {

using testing::HasSubstr;
using testing::Not;

wire::Distribution distribution(std::vector<std::int64_t> by_bits, std::int64_t sum, std::int64_t max) {
  wire::Distribution made;
  for (const auto count : by_bits) made.count += count;
  made.by_bits = std::move(by_bits);
  made.sum = sum;
  made.max = max;
  return made;
}

TEST(CountersTablesTest, APercentileIsTheUpperEndOfItsBits) {
  const auto hundred = distribution({10, 40, 0, 49, 1}, 400, 9);
  EXPECT_EQ(at_most(hundred, 10), 0);
  EXPECT_EQ(at_most(hundred, 50), 1);
  EXPECT_EQ(at_most(hundred, 51), 7);
  EXPECT_EQ(at_most(hundred, 99), 7);
  EXPECT_EQ(at_most(hundred, 100), 9) << "the largest is known";
  EXPECT_EQ(at_most({}, 50), 0);
}

TEST(CountersTablesTest, WhatDidNotHappenHasNoTable) {
  wire::ParticipantStatus status;
  status.stores.resize(1);
  status.stores[0].store = "left";
  status.stores[0].counters.run_us = distribution({0, 2}, 2, 1);
  CountersTables tables;
  tables.add("127.0.0.1:7500", status);
  EXPECT_THAT(tables.to_string(), HasSubstr("left  run of statements, µs      2     1       1       1    1\n"));
  EXPECT_THAT(tables.to_string(), Not(HasSubstr("aborts")));
  EXPECT_THAT(tables.to_string(), Not(HasSubstr("wait for locks")));
}

TEST(CountersTablesTest, AStoreThatIsOfflineHasNoCounters) {
  wire::ParticipantStatus status;
  status.stores.resize(1);
  status.stores[0].store = "left";
  status.stores[0].offline = "broken";
  CountersTables tables;
  tables.add("127.0.0.1:7500", status);
  EXPECT_THAT(tables.to_string(), Not(HasSubstr("left")));
}

}  // namespace
}  // namespace assent::ctl
