#include "coordinator/core/refused_openings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/core/now.h"

namespace assent::coordinator {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

StoreRegistered opened(const std::string& store, std::uint64_t opening) {
  return {CallId{1}, store, StoreIdentity{7}, store + ":1", StorePosition{1}, {}, 1, Opening{opening}};
}

TEST(RefusedOpenings, EachOneIsToldOfOnceWhateverTheReasonIsNow) {
  RefusedOpenings refused(60s, 9);
  EXPECT_TRUE(refused.refused(opened("a", 1), "at position 4", kNow));
  EXPECT_FALSE(refused.refused(opened("a", 1), "at position 5", kNow + 1s));
  EXPECT_TRUE(refused.refused(opened("a", 2), "at position 5", kNow + 1s)) << "opened anew";
  EXPECT_EQ(refused.listed(kNow + 1s).at(0).reason, "at position 5");
}

TEST(RefusedOpenings, OneThatFallsSilentIsGoneAndNewWhenItComesBack) {
  RefusedOpenings refused(60s, 9);
  refused.refused(opened("a", 1), "no", kNow);
  refused.refused(opened("a", 1), "no", kNow + 50s);
  EXPECT_THAT(refused.listed(kNow + 109s), SizeIs(1));
  EXPECT_EQ(refused.reason("a", kNow + 109s), "no");
  EXPECT_THAT(refused.listed(kNow + 110s), IsEmpty());
  EXPECT_EQ(refused.reason("a", kNow + 110s), "");
  EXPECT_TRUE(refused.refused(opened("a", 1), "no", kNow + 110s));
}

TEST(RefusedOpenings, NoMoreThanTheMostAreRememberedAndTheSilentMakeRoom) {
  RefusedOpenings refused(60s, 2);
  refused.refused(opened("a", 1), "no", kNow);
  refused.refused(opened("a", 2), "no", kNow + 30s);
  EXPECT_TRUE(refused.is_full());
  EXPECT_FALSE(refused.refused(opened("a", 3), "no", kNow + 30s));
  EXPECT_THAT(refused.listed(kNow + 30s), SizeIs(2));
  EXPECT_TRUE(refused.refused(opened("a", 3), "no", kNow + 60s));
  EXPECT_THAT(refused.listed(kNow + 60s), SizeIs(2));
}

TEST(RefusedOpenings, OneThatIsAcceptedIsNotListed) {
  RefusedOpenings refused(60s, 9);
  refused.refused(opened("a", 1), "no", kNow);
  refused.accepted(opened("a", 1));
  EXPECT_THAT(refused.listed(kNow), IsEmpty());
}

TEST(RefusedOpenings, TheReasonIsOfTheVeryName) {
  RefusedOpenings refused(60s, 9);
  refused.refused(opened("b", 1), "no", kNow);
  EXPECT_EQ(refused.reason("a", kNow), "");
  EXPECT_EQ(refused.reason("c", kNow), "");
  EXPECT_EQ(refused.reason("b", kNow), "no");
}

}  // namespace
}  // namespace assent::coordinator
