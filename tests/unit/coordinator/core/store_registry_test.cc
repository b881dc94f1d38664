#include "coordinator/core/store_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assent::coordinator {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr Time kNow{1000s};

// The opening is told by the start number.
StoreRegistered registration(const std::string& store, std::uint64_t position = 1, std::uint64_t start = 1) {
  return {CallId{1},
          store,
          StoreIdentity{0xb0U + static_cast<unsigned>(store[0])},
          store + ":1",
          StorePosition{position},
          {},
          start,
          Opening{start}};
}

StoreRegistry registry() {
  return {{}, 30s};
}

TEST(StoreRegistry, ANewStoreIsRecordedAndKnown) {
  StoreRegistry registry = ::assent::coordinator::registry();
  const auto answer = registry.registered(registration("a"), kNow);
  EXPECT_EQ(answer.refused, "");
  EXPECT_TRUE(answer.must_record);
  EXPECT_EQ(registry.address("a"), "a:1");
  EXPECT_EQ(registry.address("b"), std::nullopt);
}

TEST(StoreRegistry, ASignOfLifeNeedsNothing) {
  StoreRegistry registry = ::assent::coordinator::registry();
  registry.registered(registration("a"), kNow);
  const auto answer = registry.registered(registration("a", 4), kNow + 5s);
  EXPECT_FALSE(answer.must_record);
  EXPECT_FALSE(answer.must_resend);
}

TEST(StoreRegistry, AStoreThatWasOpenedAnewMayHaveMissedWhatWasSent) {
  StoreRegistry registry = ::assent::coordinator::registry();
  registry.registered(registration("a"), kNow);
  EXPECT_TRUE(registry.registered(registration("a", 2, 2), kNow + 1s).must_resend);
}

TEST(StoreRegistry, AStoreThatWasAwayForLongMayHaveMissedWhatWasSent) {
  StoreRegistry registry = ::assent::coordinator::registry();
  registry.registered(registration("a"), kNow);
  EXPECT_TRUE(registry.registered(registration("a"), kNow + 30s).must_resend);
}

TEST(StoreRegistry, ANewAddressIsRecorded) {
  StoreRegistry registry = ::assent::coordinator::registry();
  registry.registered(registration("a"), kNow);
  auto moved = registration("a");
  moved.address = "elsewhere:1";
  const auto answer = registry.registered(moved, kNow);
  EXPECT_TRUE(answer.must_record && answer.must_resend);
  EXPECT_EQ(registry.address("a"), "elsewhere:1");
}

TEST(StoreRegistry, AnotherStoreUnderAKnownNameIsRefusedAndTheRealOneServedOn) {
  StoreRegistry registry = ::assent::coordinator::registry();
  registry.registered(registration("a"), kNow);
  auto other = registration("a");
  other.identity = StoreIdentity{0xdead};
  other.address = "elsewhere:1";
  const auto answer = registry.registered(other, kNow);
  EXPECT_THAT(answer.refused, HasSubstr("store `a` has identity"));
  EXPECT_TRUE(answer.is_new_reason);
  EXPECT_FALSE(registry.registered(other, kNow).is_new_reason) << "said once";
  EXPECT_EQ(registry.address("a"), "a:1");
  EXPECT_FALSE(registry.find("a")->refused.empty()) << "listed";
  registry.registered(registration("a"), kNow);
  EXPECT_TRUE(registry.find("a")->refused.empty());
}

TEST(StoreRegistry, NothingIsSentToAStoreThatHasNotRegisteredSinceTheStart) {
  StoreRecord record{"a", registration("a").identity, "a:1", StorePosition{8}};
  StoreRegistry registry({{"a", record}}, 30s);
  EXPECT_EQ(registry.address("a"), std::nullopt);
  EXPECT_FALSE(registry.is_accepted("a", Opening{}));
  registry.registered(registration("a", 8, 3), kNow);
  EXPECT_EQ(registry.address("a"), "a:1");
  EXPECT_EQ(registry.opening("a"), Opening{3});
}

TEST(StoreRegistry, ARefusedOpeningLeavesTheOneInForce) {
  StoreRegistry registry = ::assent::coordinator::registry();
  registry.registered(registration("a", 5, 2), kNow);
  auto copy = registration("a", 4, 1);
  copy.opening = Opening{0xc0};
  EXPECT_NE(registry.registered(copy, kNow).refused, "");
  EXPECT_EQ(registry.address("a"), "a:1");
  EXPECT_TRUE(registry.is_accepted("a", Opening{2}));
  EXPECT_FALSE(registry.is_accepted("a", Opening{0xc0}));
}

TEST(StoreRegistry, AnAcceptedOpeningTakesThePlaceOfTheOneBefore) {
  StoreRegistry registry = ::assent::coordinator::registry();
  registry.registered(registration("a", 5, 2), kNow);
  EXPECT_TRUE(registry.registered(registration("a", 6, 3), kNow).must_resend);
  EXPECT_TRUE(registry.is_accepted("a", Opening{3}));
  EXPECT_FALSE(registry.is_accepted("a", Opening{2}));
  EXPECT_THAT(registry.registered(registration("a", 9, 2), kNow).refused, HasSubstr("two copies of its file"));
}

TEST(StoreRegistry, ACopyThatWasOpenedAsOftenIsRefused) {
  StoreRegistry registry = ::assent::coordinator::registry();
  registry.registered(registration("a", 5, 2), kNow);
  auto copy = registration("a", 9, 2);
  copy.opening = Opening{0xc0};
  EXPECT_THAT(registry.registered(copy, kNow).refused, HasSubstr("two copies of its file"));
}

TEST(StoreRegistry, AKnownStoreUnderAnotherNameIsRefused) {
  StoreRegistry registry = ::assent::coordinator::registry();
  registry.registered(registration("a"), kNow);
  auto renamed = registration("b");
  renamed.identity = registration("a").identity;
  EXPECT_THAT(registry.registered(renamed, kNow).refused, HasSubstr("is known as `a`"));
  EXPECT_EQ(registry.find("b"), nullptr);
}

TEST(StoreRegistry, AStoreBelowWhatTheLogRemembersIsRefused) {
  StoreRecord record{"a", registration("a").identity, "a:1", StorePosition{8}};
  StoreRegistry registry({{"a", record}}, 30s);
  EXPECT_THAT(registry.registered(registration("a", 7), kNow).refused, HasSubstr("restored from an old copy"));
  EXPECT_EQ(registry.registered(registration("a", 8), kNow).refused, "");
}

TEST(StoreRegistry, AStoreOpenedAnewBelowWhatItAcknowledgedIsRefused) {
  StoreRegistry registry = ::assent::coordinator::registry();
  registry.registered(registration("a"), kNow);
  registry.acknowledged("a", StorePosition{8});
  EXPECT_THAT(registry.registered(registration("a", 5, 2), kNow).refused, HasSubstr("restored from an old copy"));
  EXPECT_THAT(registry.registered(registration("a", 8, 2), kNow).refused, HasSubstr("restored from an old copy"))
      << "its opening was one journal transaction: it misses one that was acknowledged";
  EXPECT_EQ(registry.registered(registration("a", 9, 2), kNow).refused, "");
}

TEST(StoreRegistry, ASignOfLifeThatOthersOvertookIsAccepted) {
  StoreRegistry registry = ::assent::coordinator::registry();
  registry.registered(registration("a", 3), kNow);
  registry.registered(registration("a", 12), kNow);
  registry.acknowledged("a", StorePosition{15});
  EXPECT_EQ(registry.registered(registration("a", 10), kNow).refused, "");
  EXPECT_EQ(registry.find("a")->record.position, StorePosition{15}) << "it never falls";
}

TEST(StoreRegistry, ARegistrationThatNamesNothingIsRefused) {
  StoreRegistry registry = ::assent::coordinator::registry();
  EXPECT_THAT(registry.registered({}, kNow).refused, HasSubstr("needs the store's name"));
}

TEST(StoreRegistry, WhatAStoreOwesIsCounted) {
  StoreRegistry registry = ::assent::coordinator::registry();
  registry.owe("a");
  registry.owe("a");
  registry.repay("a");
  EXPECT_EQ(registry.owed("a"), 1U);
  EXPECT_EQ(registry.owed("b"), 0U);
}

TEST(StoreRegistryDeathTest, MoreAcknowledgementsThanCommitsStopTheCoordinator) {
  StoreRegistry registry = ::assent::coordinator::registry();
  EXPECT_DEATH(registry.repay("a"), "I5");
}

}  // namespace
}  // namespace assent::coordinator
