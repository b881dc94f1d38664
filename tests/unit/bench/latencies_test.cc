#include "tests/bench/measure/latencies.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include "tests/bench/measure/recorder.h"

namespace assent::bench {
namespace {

using std::chrono::microseconds;

TEST(LatenciesTest, OfNoneEveryPercentileIsZero) {
  EXPECT_EQ(Latencies().percentile(0.5), Microseconds::zero());
}

TEST(LatenciesTest, APercentileIsTheLeastThatSoManyDoNotExceed) {
  std::vector<int> hundred(100);
  std::iota(hundred.begin(), hundred.end(), 1);
  std::shuffle(hundred.begin(), hundred.end(), std::mt19937(7));
  Latencies latencies;
  for (const int latency : hundred) latencies.add(microseconds(latency));
  EXPECT_EQ(latencies.percentile(0), microseconds(1));
  EXPECT_EQ(latencies.percentile(0.5), microseconds(50));
  EXPECT_EQ(latencies.percentile(0.501), microseconds(51));
  EXPECT_EQ(latencies.percentile(0.99), microseconds(99));
  EXPECT_EQ(latencies.percentile(1), microseconds(100));
}

TEST(RecorderTest, WhatEndsOutsideOfTheMeasuredTimeIsLeftOut) {
  const Clock::time_point from(std::chrono::seconds(100));
  const Clock::time_point until(std::chrono::seconds(200));
  const auto moment = microseconds(1);
  Recorder recorder({"read", "write"});
  recorder.measure(from, until);
  recorder.committed(0, from - moment, from - moment);
  recorder.committed(0, from - moment, from);  // begun before: a long one is no worse than others
  recorder.committed(1, from, until - moment);
  recorder.committed(1, from, until);
  recorder.failed("wounded", from - moment);
  recorder.failed("wounded", from);
  EXPECT_EQ(recorder.committed(), 2U);
  EXPECT_EQ(recorder.kinds().at(0).latencies.count(), 1U);
  EXPECT_EQ(recorder.kinds().at(1).latencies.count(), 1U);
  EXPECT_EQ(recorder.kinds().at(0).latencies.percentile(1), moment);
  EXPECT_EQ(recorder.failures().at("wounded"), 1U);
}

}  // namespace
}  // namespace assent::bench
