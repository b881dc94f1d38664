#include "coordinator/core/outcomes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/core/now.h"

namespace assent::coordinator {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TransactionId id(std::uint64_t number) {
  return {LogIdentity{1}, Epoch{1}, number};
}

Outcomes outcomes(const LogState& recovered = {}) {
  return {600s, 1s, recovered, kNow};
}

TEST(Outcomes, ACommitIsKeptForTheRetentionTimeAndThenForgotten) {
  Outcomes outcomes = ::assent::coordinator::outcomes();
  outcomes.retain(id(7), {}, kNow);
  EXPECT_EQ(outcomes.next_deadline(), kNow + 600s);
  EXPECT_FALSE(outcomes.forget(kNow + 599s));
  ASSERT_TRUE(outcomes.has_ended(id(7)));
  EXPECT_FALSE(outcomes.has_ended(id(6)));
  EXPECT_EQ(outcomes.age(id(7), kNow + 599s), 599s);
  EXPECT_FALSE(outcomes.may_be_forgotten(id(7)));
  EXPECT_EQ(outcomes.forget(kNow + 600s), ForgottenRecord{id(7)});
  EXPECT_FALSE(outcomes.has_ended(id(7)));
  EXPECT_TRUE(outcomes.may_be_forgotten(id(7)));
  EXPECT_TRUE(outcomes.may_be_forgotten(id(6)));
  EXPECT_FALSE(outcomes.may_be_forgotten(id(8)));
  EXPECT_EQ(outcomes.next_deadline(), std::nullopt);
}

TEST(Outcomes, OneRecordForgetsMany) {
  Outcomes outcomes = ::assent::coordinator::outcomes();
  for (std::uint64_t each = 1; each <= 500; ++each) outcomes.retain(id(each), {}, kNow);
  EXPECT_EQ(outcomes.forget(kNow + 600s), ForgottenRecord{id(500)});
}

TEST(Outcomes, ALargerIdThatEndedEarlierWaitsForASmallerOne) {
  Outcomes outcomes = ::assent::coordinator::outcomes();
  outcomes.retain(id(900), {}, kNow);
  outcomes.retain(id(3), {}, kNow + 100s);
  EXPECT_EQ(outcomes.next_deadline(), kNow + 700s);
  EXPECT_FALSE(outcomes.forget(kNow + 650s));
  EXPECT_TRUE(outcomes.has_ended(id(900)));
  EXPECT_EQ(outcomes.forget(kNow + 700s), ForgottenRecord{id(900)});
}

TEST(Outcomes, AWordIsKeptUntilTheLastOfItMayGo) {
  Outcomes outcomes = ::assent::coordinator::outcomes();
  outcomes.retain(id(0), {}, kNow);
  outcomes.retain(id(63), {}, kNow + 100s);
  outcomes.retain(id(64), {}, kNow + 200s);
  EXPECT_FALSE(outcomes.forget(kNow + 699s));
  EXPECT_TRUE(outcomes.has_ended(id(0)));
  EXPECT_EQ(outcomes.forget(kNow + 700s), ForgottenRecord{id(63)});
  EXPECT_TRUE(outcomes.has_ended(id(64)));
}

TEST(Outcomes, WhatCannotGoYetIsLookedAtAgainButNotAtOnce) {
  Outcomes outcomes = ::assent::coordinator::outcomes();
  outcomes.retain(id(3), {}, kNow);
  outcomes.ends(id(4));
  EXPECT_FALSE(outcomes.forget(kNow + 600s));
  EXPECT_EQ(outcomes.next_deadline(), kNow + 601s);
}

TEST(Outcomes, WhatIsAboveACommitWhoseEndIsOnItsWayIsKept) {
  Outcomes outcomes = ::assent::coordinator::outcomes();
  for (const std::uint64_t each : {2U, 3U, 65U, 70U, 200U}) outcomes.retain(id(each), {}, kNow);
  outcomes.ends(id(66));
  outcomes.ends(id(300));
  EXPECT_EQ(outcomes.forget(kNow + 600s), ForgottenRecord{id(3)});
  EXPECT_FALSE(outcomes.forget(kNow + 601s)) << "nor are those of its own word";
  EXPECT_TRUE(outcomes.has_ended(id(65)));
  outcomes.retain(id(66), {}, kNow - 600s);
  EXPECT_EQ(outcomes.forget(kNow + 602s), ForgottenRecord{id(200)});
}

TEST(Outcomes, AStragglerBelowForgottenThroughIsKeptForItsTimeToo) {
  LogState recovered;
  recovered.forgotten_through = id(50);
  Outcomes outcomes = ::assent::coordinator::outcomes(recovered);
  outcomes.retain(id(3), {}, kNow);
  EXPECT_TRUE(outcomes.has_ended(id(3)));
  EXPECT_EQ(outcomes.forget(kNow + 600s), ForgottenRecord{id(3)});
  EXPECT_TRUE(outcomes.may_be_forgotten(id(50))) << "forgotten-through never falls";
}

TEST(Outcomes, WhoContradictedIsKnownAsLongAsTheCommitIs) {
  Outcomes outcomes = ::assent::coordinator::outcomes();
  outcomes.retain(id(3), {"a"}, kNow);
  outcomes.retain(id(4), {}, kNow);
  EXPECT_THAT(outcomes.contradicting(id(3)), ElementsAre("a"));
  EXPECT_THAT(outcomes.contradicting(id(4)), IsEmpty());
  EXPECT_TRUE(outcomes.forget(kNow + 600s));
  EXPECT_THAT(outcomes.contradicting(id(3)), IsEmpty());
}

TEST(Outcomes, WhatTheLogRemembersIsKeptForTheRetentionTimeAnew) {
  LogState recovered;
  recovered.ended = {{id(64), 0b101}};
  recovered.mixed = {{id(66), {"a"}}};
  Outcomes outcomes = ::assent::coordinator::outcomes(recovered);
  EXPECT_TRUE(outcomes.has_ended(id(64)));
  EXPECT_FALSE(outcomes.has_ended(id(65)));
  EXPECT_THAT(outcomes.contradicting(id(66)), ElementsAre("a"));
  EXPECT_FALSE(outcomes.forget(kNow + 599s));
  EXPECT_EQ(outcomes.forget(kNow + 600s), ForgottenRecord{id(66)});
}

}  // namespace
}  // namespace assent::coordinator
