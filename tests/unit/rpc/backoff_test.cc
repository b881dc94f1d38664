#include "thrift/rpc/backoff.h"

#include <gtest/gtest.h>

#include <chrono>

namespace assent::rpc {
namespace {

using std::chrono::milliseconds;

TEST(BackoffTest, DelaysDoubleUpToTheCeilingLessAtMostAHalf) {
  Backoff backoff(milliseconds(20), milliseconds(100), 1);
  for (const int most : {20, 40, 80, 100, 100, 100}) {
    const Duration delay = backoff.failed();
    EXPECT_LE(delay, milliseconds(most));
    EXPECT_GE(delay, milliseconds(most) / 2);
  }
  backoff.succeeded();
  EXPECT_LE(backoff.failed(), milliseconds(20));
}

TEST(BackoffTest, ThousandsOfFailuresStayAtTheCeiling) {
  Backoff backoff(milliseconds(20), std::chrono::hours(1000), 1);
  Duration delay{};
  for (int i = 0; i < 10000; ++i) {
    delay = backoff.failed();
  }
  EXPECT_LE(delay, std::chrono::hours(1000));
  EXPECT_GE(delay, std::chrono::hours(500));
}

TEST(BackoffTest, TheSameSeedGivesTheSameDelaysAndAnotherOneOthers) {
  Backoff one(milliseconds(20), milliseconds(100), 1);
  Backoff same(milliseconds(20), milliseconds(100), 1);
  Backoff other(milliseconds(20), milliseconds(100), 2);
  const Duration delay = one.failed();
  EXPECT_EQ(delay, same.failed());
  EXPECT_NE(delay, other.failed());
}

}  // namespace
}  // namespace assent::rpc
