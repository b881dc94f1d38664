#include "coordinator/core/leases.h"

#include <gtest/gtest.h>

#include "tests/unit/coordinator/core/now.h"

namespace assent::coordinator {
namespace {

using namespace std::chrono_literals;

Leases leases() {
  return {60s, 30s, /*most_ids=*/8, /*most_leases=*/2};
}

TEST(Leases, NumbersCountUpFromZeroAndAreLeasedOnce) {
  Leases leases = ::assent::coordinator::leases();
  const auto first = leases.grant(3, kNow);
  const auto second = leases.grant(3, kNow);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->first, 0U);
  EXPECT_EQ(first->count, 3U);
  EXPECT_EQ(second->first, 3U);
}

TEST(Leases, AGrantIsCutToTheMostThereMayBe) {
  Leases leases = ::assent::coordinator::leases();
  EXPECT_EQ(leases.grant(1000, kNow)->count, 8U);
}

TEST(Leases, AnIdBeginsOnce) {
  Leases leases = ::assent::coordinator::leases();
  leases.grant(3, kNow);
  EXPECT_EQ(leases.standing(1, kNow), Standing::kCanBegin);
  leases.use(1, kNow);
  EXPECT_EQ(leases.standing(1, kNow), Standing::kCannotBegin);
  EXPECT_EQ(leases.standing(2, kNow), Standing::kCanBegin);
  EXPECT_EQ(leases.standing(3, kNow), Standing::kNeverIssued);
}

TEST(Leases, NothingBeginsOnALeaseThatHasPassedAlsoIfNobodyHasNoticed) {
  Leases leases = ::assent::coordinator::leases();
  leases.grant(3, kNow);
  EXPECT_EQ(leases.next_end(), kNow + 90s);
  EXPECT_EQ(leases.standing(0, kNow + 89s), Standing::kCanBegin);
  EXPECT_EQ(leases.standing(0, kNow + 90s), Standing::kCannotBegin);
  leases.expire(kNow + 90s);
  EXPECT_EQ(leases.next_end(), std::nullopt);
  EXPECT_EQ(leases.standing(0, kNow), Standing::kCannotBegin);
}

TEST(Leases, ThereAreNoMoreThanTheMostThereMayBe) {
  Leases leases = ::assent::coordinator::leases();
  EXPECT_TRUE(leases.grant(1, kNow));
  EXPECT_TRUE(leases.grant(2, kNow + 1s));
  EXPECT_FALSE(leases.grant(1, kNow + 1s));
  leases.use(0, kNow + 1s);  // used up: it does not count any more
  EXPECT_TRUE(leases.grant(1, kNow + 1s));
  EXPECT_FALSE(leases.grant(1, kNow + 1s));
  EXPECT_TRUE(leases.grant(1, kNow + 91s));
}

TEST(Leases, AUsedUpLeaseLeavesItsNeighboursAlone) {
  Leases leases = ::assent::coordinator::leases();
  leases.grant(1, kNow);
  leases.use(0, kNow);
  leases.grant(2, kNow);
  EXPECT_EQ(leases.standing(0, kNow), Standing::kCannotBegin);
  EXPECT_EQ(leases.standing(1, kNow), Standing::kCanBegin);
}

TEST(LeasesDeathTest, AnIdThatIsUsedTwiceStopsTheCoordinator) {
  Leases leases = ::assent::coordinator::leases();
  leases.grant(1, kNow);
  leases.use(0, kNow);
  EXPECT_DEATH(leases.use(0, kNow), "L2");
}

}  // namespace
}  // namespace assent::coordinator
