#include "coordinator/core/store_registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/core/now.h"

namespace assent::coordinator {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

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

// A registry that knows of no store, or of one from the log.
class Registry : public StoreRegistry {
 public:
  explicit Registry(const std::map<std::string, StoreRecord>& recovered = {}) : StoreRegistry(recovered, Settings{}) {}

  // Accepts it; refuses it, and returns why.
  std::string registers(const StoreRegistered& event, Time now = kNow) {
    const auto refusal = refuse(event, now);
    if (refusal) return refusal->reason;
    acceptance = accept(event, now);
    return {};
  }

  // What people are told when it registers.
  std::string alarm(const StoreRegistered& event, Time now = kNow) {
    return refuse(event, now).value_or(Refusal{}).alarm;
  }

  Acceptance acceptance;  // of the last one
};

std::map<std::string, StoreRecord> recovered(std::uint64_t position) {
  return {{"a", {"a", registration("a").identity, "a:1", StorePosition{position}}}};
}

TEST(StoreRegistry, ANewStoreIsRecordedAndKnown) {
  Registry registry;
  EXPECT_EQ(registry.registers(registration("a")), "");
  EXPECT_TRUE(registry.acceptance.must_record);
  EXPECT_EQ(registry.address("a"), "a:1");
  EXPECT_EQ(registry.address("b"), std::nullopt);
}

TEST(StoreRegistry, ASignOfLifeNeedsNothing) {
  Registry registry;
  registry.registers(registration("a"));
  registry.registers(registration("a", 4), kNow + 5s);
  EXPECT_FALSE(registry.acceptance.must_record);
  EXPECT_FALSE(registry.acceptance.must_resend);
}

TEST(StoreRegistry, AStoreThatWasOpenedAnewMayHaveMissedWhatWasSent) {
  Registry registry;
  registry.registers(registration("a"));
  registry.registers(registration("a", 2, 2), kNow + 1s);
  EXPECT_TRUE(registry.acceptance.must_resend);
}

TEST(StoreRegistry, AStoreThatWasAwayForLongMayHaveMissedWhatWasSent) {
  Registry registry;
  registry.registers(registration("a"));
  registry.registers(registration("a"), kNow + 30s);
  EXPECT_TRUE(registry.acceptance.must_resend);
}

TEST(StoreRegistry, ANewAddressIsRecorded) {
  Registry registry;
  registry.registers(registration("a"));
  auto moved = registration("a");
  moved.address = "elsewhere:1";
  registry.registers(moved);
  EXPECT_TRUE(registry.acceptance.must_record && registry.acceptance.must_resend);
  EXPECT_EQ(registry.address("a"), "elsewhere:1");
}

TEST(StoreRegistry, AnotherStoreUnderAKnownNameIsRefusedAndToldOfOnceAndTheRealOneServedOn) {
  Registry registry;
  registry.registers(registration("a"));
  auto other = registration("a");
  other.identity = StoreIdentity{0xdead};
  other.address = "elsewhere:1";
  for (int second = 0; second < 100; ++second) {
    const Time now = kNow + std::chrono::seconds{second};
    EXPECT_EQ(registry.alarm(other, now).empty(), second > 0) << "said once";
    EXPECT_EQ(registry.registers(registration("a"), now), "");
    EXPECT_THAT(registry.refused().listed(now), SizeIs(1)) << "beside the store";
  }
  EXPECT_EQ(registry.address("a"), "a:1");
  EXPECT_EQ(registry.find("a")->in_force->last_seen, kNow + 99s);
}

TEST(StoreRegistry, NothingIsSentToAStoreThatHasNotRegisteredSinceTheStart) {
  Registry registry(recovered(8));
  EXPECT_EQ(registry.address("a"), std::nullopt);
  EXPECT_FALSE(registry.is_accepted("a", Opening{}));
  registry.registers(registration("a", 8, 3));
  EXPECT_EQ(registry.address("a"), "a:1");
  EXPECT_EQ(registry.opening("a"), Opening{3});
}

TEST(StoreRegistry, ARefusedOpeningLeavesTheOneInForce) {
  Registry registry;
  registry.registers(registration("a", 5, 2));
  auto copy = registration("a", 4, 1);
  copy.opening = Opening{0xc0};
  EXPECT_NE(registry.registers(copy), "");
  EXPECT_EQ(registry.address("a"), "a:1");
  EXPECT_TRUE(registry.is_accepted("a", Opening{2}));
  EXPECT_FALSE(registry.is_accepted("a", Opening{0xc0}));
}

TEST(StoreRegistry, AnAcceptedOpeningTakesThePlaceOfTheOneBefore) {
  Registry registry;
  registry.registers(registration("a", 5, 2));
  registry.registers(registration("a", 6, 3));
  EXPECT_TRUE(registry.acceptance.must_resend);
  EXPECT_TRUE(registry.is_accepted("a", Opening{3}));
  EXPECT_FALSE(registry.is_accepted("a", Opening{2}));
}

TEST(StoreRegistry, ARegistrationThatTheNextOpeningHasOvertakenIsLateAndNobodyIsToldOfIt) {
  Registry registry;
  registry.registers(registration("a", 5, 2));
  registry.registers(registration("a", 6, 3));
  EXPECT_THAT(registry.refuse(registration("a", 5, 2), kNow + 1s)->reason, HasSubstr("is late"));
  EXPECT_EQ(registry.alarm(registration("a", 5, 2), kNow + 1s), "");
  EXPECT_THAT(registry.refused().listed(kNow + 1s), IsEmpty());
  EXPECT_TRUE(registry.is_accepted("a", Opening{3}));
}

TEST(StoreRegistry, AnOpeningThatGoesOnAfterAnotherTookItsPlaceIsOneOfTwoCopies) {
  Registry registry;
  registry.registers(registration("a", 5, 2));
  registry.registers(registration("a", 6, 3));
  EXPECT_THAT(registry.alarm(registration("a", 7, 2), kNow + 30s), HasSubstr("two copies of its file"));
  EXPECT_THAT(registry.refused().listed(kNow + 30s), SizeIs(1));
}

TEST(StoreRegistry, ACopyThatWasOpenedAsOftenIsRefused) {
  Registry registry;
  registry.registers(registration("a", 5, 2));
  auto copy = registration("a", 9, 2);
  copy.opening = Opening{0xc0};
  EXPECT_THAT(registry.registers(copy), HasSubstr("two copies of its file"));
}

TEST(StoreRegistry, AKnownStoreUnderAnotherNameIsRefused) {
  Registry registry;
  registry.registers(registration("a"));
  auto renamed = registration("b");
  renamed.identity = registration("a").identity;
  EXPECT_THAT(registry.registers(renamed), HasSubstr("is known as `a`"));
  EXPECT_EQ(registry.find("b"), nullptr);
}

TEST(StoreRegistry, AStoreBelowWhatTheLogRemembersIsRefused) {
  Registry registry(recovered(8));
  EXPECT_THAT(registry.registers(registration("a", 7)), HasSubstr("restored from an old copy"));
  EXPECT_EQ(registry.registers(registration("a", 8)), "");
}

TEST(StoreRegistry, AStoreOpenedAnewBelowWhatItAcknowledgedIsRefused) {
  Registry registry;
  registry.registers(registration("a"));
  registry.acknowledged("a", StorePosition{8});
  EXPECT_THAT(registry.registers(registration("a", 5, 2)), HasSubstr("restored from an old copy"));
  EXPECT_THAT(registry.registers(registration("a", 7, 3)), HasSubstr("restored from an old copy"))
      << "however often it was opened";
  EXPECT_EQ(registry.registers(registration("a", 8, 2)), "");
}

TEST(StoreRegistry, ASignOfLifeThatOthersOvertookIsAccepted) {
  Registry registry;
  registry.registers(registration("a", 3));
  registry.registers(registration("a", 12));
  registry.acknowledged("a", StorePosition{15});
  EXPECT_EQ(registry.registers(registration("a", 10)), "");
  EXPECT_EQ(registry.find("a")->record.position, StorePosition{15}) << "it never falls";
}

TEST(StoreRegistry, ARegistrationThatNamesNothingIsRefused) {
  Registry registry;
  EXPECT_THAT(registry.registers({}), HasSubstr("needs the store's name"));
  EXPECT_EQ(registry.alarm({}), "") << "anybody can send one";
  EXPECT_THAT(registry.refused().listed(kNow), IsEmpty());
}

TEST(StoreRegistry, TheHighestPositionThereIsStaysTheHighest) {
  Registry registry;
  registry.registers(registration("a", ~std::uint64_t{0}));
  EXPECT_THAT(registry.registers(registration("a", 5, 2)), HasSubstr("restored from an old copy"));
  EXPECT_EQ(registry.registers(registration("a", ~std::uint64_t{0}, 2)), "");
}

TEST(StoreRegistry, MoreStoresThanAllowedAreRefused) {
  Settings settings;
  settings.stores = 1;
  StoreRegistry registry({}, settings);
  registry.accept(registration("a"), kNow);
  EXPECT_THAT(registry.refuse(registration("b"), kNow)->reason, HasSubstr("already knows 1 stores"));
  EXPECT_FALSE(registry.refuse(registration("a"), kNow));
}

TEST(StoreRegistry, WhoeverFillsTheListOfTheRefusedIsTheLastToBeToldOf) {
  Settings settings;
  settings.refused_stores = 2;
  StoreRegistry registry({}, settings);
  registry.accept(registration("a", 5, 5), kNow);
  const auto alarm = [&](std::uint64_t opening) {
    auto copy = registration("a", 1, 1);
    copy.opening = Opening{opening};
    return registry.refuse(copy, kNow)->alarm;
  };
  EXPECT_THAT(alarm(0xc1), testing::Not(HasSubstr("no more of them")));
  EXPECT_THAT(alarm(0xc2), HasSubstr("no more of them"));
  EXPECT_EQ(alarm(0xc3), "");
  EXPECT_THAT(registry.refused().listed(kNow), SizeIs(2));
}

TEST(StoreRegistry, WhatAStoreOwesIsCounted) {
  Registry registry;
  registry.registers(registration("a"));
  registry.owe("a", StoreRegistry::DecidedBy::kThisStart);
  registry.owe("a", StoreRegistry::DecidedBy::kThisStart);
  registry.repay("a", StoreRegistry::DecidedBy::kThisStart);
  EXPECT_EQ(registry.find("a")->owed, 1U);
}

TEST(StoreRegistryDeathTest, MoreAcknowledgementsThanCommitsStopTheCoordinator) {
  Registry registry;
  registry.registers(registration("a"));
  EXPECT_DEATH(registry.repay("a", StoreRegistry::DecidedBy::kThisStart), "I5");
}

}  // namespace
}  // namespace assent::coordinator
