// Whom an operator has to ask what, until a log can be restored: also when answers are lost, repeated, late, or of an
// earlier attempt.
#include "coordinator/log/restoration_protocol.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/coordinator/log/records_for_tests.h"

namespace assent::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;

constexpr Nonce kNewNonce{66};

// At epoch 3, with the stores `ledger` and `stock`.
LogState copied_log() {
  LogState state;
  EXPECT_EQ(start(state, 3, 33), std::nullopt);
  EXPECT_EQ(state.apply(Position{2}, store_record("ledger", 0xa1)), std::nullopt);
  EXPECT_EQ(state.apply(Position{3}, store_record("stock", 0xb2)), std::nullopt);
  return state;
}

TransactionId transaction(std::uint64_t number) {
  return {kTestLog, Epoch{1}, number};
}

// A piece of a testimony, with a prepared branch of each of these transactions at these stores.
Testimony testimony_to(StoreIdentity identity, const std::vector<std::uint64_t>& transactions,
                       const std::vector<std::string>& stores = {"ledger", "stock"}) {
  Testimony testimony{identity, {}, StorePosition{20}, Position{6}, {}, {}};
  for (const auto number : transactions)
    testimony.branches.push_back({transaction(number), {1, number}, "prepared", {}, stores});
  return testimony;
}

constexpr StoreIdentity kLedger{0xa1};
constexpr StoreIdentity kStock{0xb2};

class RestorationAttempt : public testing::Test {
 protected:
  void find_both() {
    EXPECT_FALSE(protocol_.found("ledger", Opening{10}, Epoch{4}));
    EXPECT_TRUE(protocol_.found("stock", Opening{20}, Epoch{9}));
  }

  // The store says all that it has to say.
  void hear(const std::string& store, const Testimony& testimony) {
    EXPECT_TRUE(protocol_.answered(protocol_.question(store).value(), testimony, false));
  }

  RestorationProtocol protocol_{copied_log(), {}, {}, kNewNonce};
};

// ---- who is asked ----

TEST_F(RestorationAttempt, TheStoresOfTheCopyAreAskedWhereTheyWere) {
  EXPECT_THAT(protocol_.witnesses(), ElementsAre(Key("ledger"), Key("stock")));
  EXPECT_EQ(protocol_.witnesses().at("stock").address, "stock.example:7001");
}

TEST(RestorationProtocol, AStoreThatIsNamedIsAskedWhereItIs) {
  const RestorationProtocol protocol(copied_log(), {{"newer", "new:1"}, {"stock", "moved:2"}}, {}, kNewNonce);
  EXPECT_THAT(protocol.witnesses(), ElementsAre(Key("ledger"), Key("newer"), Key("stock")));
  EXPECT_EQ(protocol.witnesses().at("newer").address, "new:1");
  EXPECT_EQ(protocol.witnesses().at("stock").address, "moved:2");
}

TEST(RestorationProtocol, AStoreThatIsGivenUpIsNotAsked) {
  const RestorationProtocol protocol(copied_log(), {}, {"ledger"}, kNewNonce);
  EXPECT_THAT(protocol.witnesses(), ElementsAre(Key("stock")));
}

TEST(RestorationProtocol, NothingIsRestoredFromNoStore) {
  const RestorationProtocol protocol(copied_log(), {}, {"ledger", "stock"}, kNewNonce);
  EXPECT_TRUE(protocol.is_complete());
  const auto restored = protocol.restore();
  ASSERT_TRUE(restored.has_error());
  EXPECT_EQ(restored.error().kind, ErrorKind::kNotFound);
  EXPECT_THAT(restored.error().message, HasSubstr("no store is left to be asked"));
}

// ---- T1 ----

TEST_F(RestorationAttempt, T1_NoStoreIsAskedToTestifyBeforeAllAreFound) {
  EXPECT_EQ(protocol_.question("ledger"), std::nullopt);
  EXPECT_FALSE(protocol_.found("ledger", Opening{10}, Epoch{4}));
  EXPECT_EQ(protocol_.question("ledger"), std::nullopt);
  EXPECT_EQ(protocol_.epoch(), Epoch{}) << "nobody has been asked under it";
}

TEST_F(RestorationAttempt, T1_TheStartIsAboveAllThatAnyStoreHasSeen) {
  find_both();
  const CoordinatorLine start{kTestLog, restored_epoch(Epoch{9}, kNewNonce), kNewNonce, {}};
  EXPECT_EQ(protocol_.question("ledger"), (TestimonyQuestion{"ledger", Opening{10}, start, {}}));
  EXPECT_EQ(protocol_.question("stock"), (TestimonyQuestion{"stock", Opening{20}, start, {}}));
  EXPECT_EQ(protocol_.epoch(), start.epoch);
}

TEST_F(RestorationAttempt, T1_TheStartIsAboveTheCopysOwn) {
  EXPECT_FALSE(protocol_.found("ledger", Opening{10}, Epoch{}));
  EXPECT_TRUE(protocol_.found("stock", Opening{20}, Epoch{}));
  EXPECT_EQ(protocol_.epoch(), restored_epoch(Epoch{3}, kNewNonce));
}

TEST(RestorationProtocol, T1_TheStartIsAboveThatOfTheAttemptBefore) {
  RestorationProtocol protocol(copied_log(), {}, {"stock"}, kNewNonce, Epoch{5000});
  EXPECT_EQ(protocol.epoch(), Epoch{5000}) << "what the next attempt must be above, if this one gets no further";
  EXPECT_TRUE(protocol.found("ledger", Opening{10}, Epoch{4}));
  EXPECT_EQ(protocol.epoch(), restored_epoch(Epoch{5000}, kNewNonce));
}

TEST_F(RestorationAttempt, T1_AStoreIsFoundOnce) {
  EXPECT_FALSE(protocol_.found("ledger", Opening{10}, Epoch{4}));
  EXPECT_FALSE(protocol_.found("ledger", Opening{11}, Epoch{40}));
  EXPECT_TRUE(protocol_.found("stock", Opening{20}, Epoch{9}));
  EXPECT_FALSE(protocol_.found("stock", Opening{21}, Epoch{90})) << "or all would be asked once more";
  EXPECT_EQ(protocol_.question("ledger")->opening, Opening{10});
  EXPECT_EQ(protocol_.question("stock")->start.epoch, restored_epoch(Epoch{9}, kNewNonce));
}

// ---- T2, T3 ----

TEST_F(RestorationAttempt, AStoreIsAskedOnBehindTheLastBranchUntilThereIsNoMore) {
  find_both();
  const auto first = protocol_.question("ledger").value();
  EXPECT_TRUE(protocol_.answered(first, testimony_to(kLedger, {1, 2}), true));
  const auto second = protocol_.question("ledger").value();
  EXPECT_EQ(second, (TestimonyQuestion{"ledger", Opening{10}, first.start, transaction(2)}));
  auto last = testimony_to(kLedger, {7});
  last.position = StorePosition{21};
  EXPECT_TRUE(protocol_.answered(second, last, false));
  EXPECT_EQ(protocol_.question("ledger"), std::nullopt);

  const auto& testimony = protocol_.testimonies().at("ledger");
  ASSERT_EQ(testimony.branches.size(), 3U);
  EXPECT_EQ(testimony.branches[0].id, transaction(1));
  EXPECT_EQ(testimony.branches[2].id, transaction(7));
  EXPECT_EQ(testimony.position, StorePosition{21}) << "as it is by now";
  EXPECT_EQ(testimony.address, "ledger.example:7001");
}

TEST_F(RestorationAttempt, AStoreThatHasMoreAndNamesNothingIsNotAskedForEver) {
  find_both();
  EXPECT_TRUE(protocol_.answered(protocol_.question("ledger").value(), testimony_to(kLedger, {}), true));
  EXPECT_EQ(protocol_.question("ledger"), std::nullopt);
}

TEST_F(RestorationAttempt, T3_ARepeatedAnswerDoesNotCount) {
  find_both();
  const auto first = protocol_.question("ledger").value();
  EXPECT_TRUE(protocol_.answered(first, testimony_to(kLedger, {1, 2}), true));
  EXPECT_FALSE(protocol_.answered(first, testimony_to(kLedger, {1, 2}), true));
  const auto last = protocol_.question("ledger").value();
  EXPECT_TRUE(protocol_.answered(last, testimony_to(kLedger, {7}), false));
  EXPECT_FALSE(protocol_.answered(last, testimony_to(kLedger, {7}), false));
  EXPECT_FALSE(protocol_.answered(first, testimony_to(kLedger, {1, 2}), true)) << "late, too";
  EXPECT_EQ(protocol_.testimonies().at("ledger").branches.size(), 3U);
}

TEST_F(RestorationAttempt, T2_AnAnswerToAnEarlierAttemptDoesNotCount) {
  find_both();
  const auto before = protocol_.question("ledger").value();
  RestorationProtocol next(copied_log(), {}, {}, Nonce{77}, protocol_.epoch());
  EXPECT_FALSE(next.answered(before, testimony_to(kLedger, {1}), false)) << "nobody has asked yet";
  next.found("ledger", Opening{10}, Epoch{4});
  next.found("stock", Opening{20}, Epoch{9});
  EXPECT_FALSE(next.answered(before, testimony_to(kLedger, {1}), false));
  EXPECT_THAT(next.testimonies(), IsEmpty());
}

TEST_F(RestorationAttempt, T2_AnAnswerOfAStoreThatIsGivenUpSinceDoesNotCount) {
  find_both();
  const auto before = protocol_.question("ledger").value();
  RestorationProtocol next(copied_log(), {}, {"ledger"}, Nonce{77}, protocol_.epoch());
  EXPECT_TRUE(next.found("stock", Opening{20}, Epoch{9}));
  EXPECT_FALSE(next.answered(before, testimony_to(kLedger, {1}), false));
  EXPECT_THAT(next.testimonies(), IsEmpty());
}

// ---- the end ----

TEST_F(RestorationAttempt, ItIsCompleteWhenEveryStoreHasTestified) {
  find_both();
  hear("stock", testimony_to(kStock, {5}));
  EXPECT_FALSE(protocol_.is_complete());
  EXPECT_TRUE(protocol_.answered(protocol_.question("ledger").value(), testimony_to(kLedger, {1}), true));
  EXPECT_FALSE(protocol_.is_complete());
  hear("ledger", testimony_to(kLedger, {5}));
  EXPECT_TRUE(protocol_.is_complete());
  EXPECT_EQ(protocol_.missing(), std::nullopt);

  const auto restored = protocol_.restore().value();
  EXPECT_EQ(restored.state.epoch(), protocol_.epoch());
  EXPECT_EQ(restored.state.starts.at(protocol_.epoch()).nonce, kNewNonce);
  EXPECT_EQ(restored.state.stores.at("stock").position, StorePosition{20});
  EXPECT_EQ(restored.presumed.size(), 3U);
}

TEST_F(RestorationAttempt, AStoreOfWhichOnlyAnotherOneKnowsIsMissing) {
  find_both();
  hear("ledger", testimony_to(kLedger, {1}, {"ledger", "newer"}));
  hear("stock", testimony_to(kStock, {}));
  EXPECT_EQ(protocol_.missing(), (MissingStore{"newer", "which has a part in " + to_string(transaction(1))}));
  const auto restored = protocol_.restore();
  ASSERT_TRUE(restored.has_error());
  EXPECT_EQ(restored.error().kind, ErrorKind::kNotFound);
}

TEST(RestorationProtocol, AStoreThatIsGivenUpIsNotMissing) {
  RestorationProtocol protocol(copied_log(), {}, {"stock", "newer"}, kNewNonce);
  EXPECT_TRUE(protocol.found("ledger", Opening{10}, Epoch{4}));
  EXPECT_TRUE(
      protocol.answered(protocol.question("ledger").value(), testimony_to(kLedger, {1}, {"ledger", "newer"}), false));
  EXPECT_EQ(protocol.missing(), std::nullopt);
  EXPECT_TRUE(protocol.restore());
}

}  // namespace
}  // namespace assent::coordinator
