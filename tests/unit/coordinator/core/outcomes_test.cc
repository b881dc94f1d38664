#include "coordinator/core/outcomes.h"

#include <gtest/gtest.h>

#include "tests/unit/coordinator/core/now.h"

namespace assent::coordinator {
namespace {

using namespace std::chrono_literals;

const Released kAll{Position{1000}, {}};

TransactionId id(std::uint64_t number) {
  return {LogIdentity{1}, Epoch{1}, number};
}

CommitRecord commit(std::uint64_t number) {
  return {Position{number}, id(number), {}};
}

Outcomes outcomes() {
  return {600s, 1s, std::nullopt};
}

TEST(Outcomes, ACommitIsKeptForTheRetentionTimeAndThenForgotten) {
  Outcomes outcomes = ::assent::coordinator::outcomes();
  outcomes.retain(commit(7), {}, kNow);
  EXPECT_EQ(outcomes.next_deadline(), kNow + 600s);
  EXPECT_FALSE(outcomes.forget(kNow + 599s, kAll));
  ASSERT_NE(outcomes.find(id(7)), nullptr);
  EXPECT_EQ(outcomes.age(id(7), kNow + 599s), 599s);
  EXPECT_FALSE(outcomes.may_be_forgotten(id(7)));
  EXPECT_EQ(outcomes.forget(kNow + 600s, kAll), ForgottenRecord{id(7)});
  EXPECT_EQ(outcomes.find(id(7)), nullptr);
  EXPECT_TRUE(outcomes.may_be_forgotten(id(7)));
  EXPECT_TRUE(outcomes.may_be_forgotten(id(6)));
  EXPECT_FALSE(outcomes.may_be_forgotten(id(8)));
  EXPECT_EQ(outcomes.next_deadline(), std::nullopt);
}

TEST(Outcomes, OneRecordForgetsMany) {
  Outcomes outcomes = ::assent::coordinator::outcomes();
  for (std::uint64_t each = 1; each <= 5; ++each) outcomes.retain(commit(each), {}, kNow);
  EXPECT_EQ(outcomes.forget(kNow + 600s, kAll), ForgottenRecord{id(5)});
}

TEST(Outcomes, ALargerIdThatEndedEarlierWaitsForASmallerOne) {
  Outcomes outcomes = ::assent::coordinator::outcomes();
  outcomes.retain(commit(9), {}, kNow);
  outcomes.retain(commit(3), {}, kNow + 100s);
  EXPECT_EQ(outcomes.next_deadline(), kNow + 700s);
  EXPECT_FALSE(outcomes.forget(kNow + 650s, kAll));
  EXPECT_NE(outcomes.find(id(9)), nullptr);
  EXPECT_EQ(outcomes.forget(kNow + 700s, kAll), ForgottenRecord{id(9)});
}

TEST(Outcomes, ACommitThatIsNotReleasedIsNotForgotten) {
  Outcomes outcomes = ::assent::coordinator::outcomes();
  outcomes.retain(commit(3), {}, kNow);
  EXPECT_FALSE(outcomes.forget(kNow + 600s, Released{Position{2}, {}}));
  EXPECT_EQ(outcomes.next_deadline(), kNow + 601s) << "it looks again, but not at once";
  EXPECT_TRUE(outcomes.forget(kNow + 601s, kAll));
}

TEST(Outcomes, WhatIsAboveACommitWhoseEndIsOnItsWayIsKept) {
  Outcomes outcomes = ::assent::coordinator::outcomes();
  for (const std::uint64_t each : {2U, 3U, 5U, 9U}) outcomes.retain(commit(each), {}, kNow);
  outcomes.ends(id(4));
  outcomes.ends(id(7));
  EXPECT_EQ(outcomes.forget(kNow + 600s, kAll), ForgottenRecord{id(3)});
  EXPECT_FALSE(outcomes.forget(kNow + 601s, kAll));
  EXPECT_NE(outcomes.find(id(5)), nullptr);
  outcomes.retain(commit(4), {}, kNow - 600s);
  EXPECT_EQ(outcomes.forget(kNow + 602s, kAll), ForgottenRecord{id(5)});
}

TEST(Outcomes, AStragglerBelowForgottenThroughIsKeptForItsTimeToo) {
  Outcomes outcomes(600s, 1s, id(50));
  outcomes.retain(commit(3), {}, kNow);
  EXPECT_NE(outcomes.find(id(3)), nullptr);
  EXPECT_EQ(outcomes.forget(kNow + 600s, kAll), ForgottenRecord{id(3)});
  EXPECT_TRUE(outcomes.may_be_forgotten(id(50))) << "forgotten-through never falls";
}

}  // namespace
}  // namespace assent::coordinator
