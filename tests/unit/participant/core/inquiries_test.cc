#include "participant/core/inquiries.h"

#include <gtest/gtest.h>

#include <set>

namespace assent::participant {
namespace {

using namespace std::chrono_literals;

TransactionId id(std::uint64_t number) {
  return {.log = LogIdentity{1}, .epoch = Epoch{1}, .number = number};
}

TEST(SpreadPause, DoublesUpToTheCeilingAndStaysBetweenAHalfAndTheWhole) {
  Duration whole = 2s;
  for (std::uint32_t attempts = 0; attempts < 40; ++attempts) {
    for (std::uint64_t number = 0; number < 100; ++number) {
      const Duration pause = spread_pause(id(number), attempts, 2s, 60s);
      EXPECT_GE(pause, whole / 2);
      EXPECT_LE(pause, whole);
    }
    whole = std::min<Duration>(whole * 2, 60s);
  }
}

TEST(SpreadPause, IsTheSameForTheSameAttempt) {
  EXPECT_EQ(spread_pause(id(5), 3, 2s, 60s), spread_pause(id(5), 3, 2s, 60s));
}

TEST(SpreadPause, SpreadsTransactionsThatBeganTogether) {
  std::set<Duration> pauses;
  for (std::uint64_t number = 0; number < 1000; ++number) pauses.insert(spread_pause(id(number), 0, 2s, 60s));
  EXPECT_GT(pauses.size(), 500U);
}

TEST(SpreadPause, HoldsForTheMostAttemptsThatCanBeCounted) {
  EXPECT_LE(spread_pause(id(5), 0xFFFFFFFFU, 2s, 60s), 60s);
}

TEST(Backoff, IsDueWhenItStartsAndAgainAfterEachPause) {
  Backoff backoff;
  EXPECT_FALSE(backoff.is_due(Time{}));
  backoff.start(Time{});
  EXPECT_TRUE(backoff.is_due(Time{}));
  backoff.attempted(id(5), Time{}, 2s, 60s);
  EXPECT_EQ(backoff.attempts, 1U);
  EXPECT_FALSE(backoff.is_due(Time{} + 1s));
  EXPECT_TRUE(backoff.is_due(Time{} + 4s));
  backoff.stop();
  EXPECT_FALSE(backoff.is_due(Time{} + 100s));
}

}  // namespace
}  // namespace assent::participant
