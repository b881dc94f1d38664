// What an old copy of a log and the testimonies of the stores add up to.
#include "coordinator/log/restoration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "coordinator/core/lineage.h"
#include "coordinator/log/claimed_log.h"
#include "coordinator/log/file_log.h"
#include "tests/unit/coordinator/log/records_for_tests.h"
#include "tests/unit/coordinator/log/temporary_directory.h"

namespace assent::coordinator {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Epoch kEpoch{6};
constexpr Nonce kNonce{66};

// Where a restored log goes on, if nobody has seen a higher position.
Position behind(std::uint64_t position) {
  return Position{position + 1 + kUnheardPositions};
}

TransactionId id(std::uint64_t number, std::uint64_t epoch = 1) {
  return {kTestLog, Epoch{epoch}, number};
}

// At epoch 1: the stores `ledger` and `stock`, the commit at 4, which has ended, and that at 5, which has not.
LogState old_copy() {
  LogState state;
  Position position{};
  for (const LogRecord& record : std::vector<LogRecord>{epoch_record(1, 1, 11), store_record("ledger", 0xa1),
                                                        store_record("stock", 0xb2), commit_record(4), commit_record(5),
                                                        EndRecord{Position{4}, {{"ledger", StorePosition{8}}}}}) {
    position = Position{static_cast<std::uint64_t>(position) + 1};
    const auto refused = state.apply(position, record);
    EXPECT_FALSE(refused) << *refused;
  }
  return state;
}

TestifiedBranch branch(std::uint64_t number, std::uint64_t commit,
                       std::vector<std::string> stores = {"ledger", "stock"}) {
  return {id(number), {2, number}, commit == 0 ? "prepared" : "committed", Position{commit}, std::move(stores)};
}

class Restored : public testing::Test {
 protected:
  Result<Restoration> restore() const { return restore_log(old_, testimonies_, without_, kEpoch, kNonce); }

  void expect_refused(ErrorKind kind, const auto& message) const {
    const auto restored = restore();
    ASSERT_TRUE(restored.has_error());
    EXPECT_EQ(restored.error().kind, kind);
    EXPECT_THAT(restored.error().message, message);
  }

  // They hold the branches of the commit at 5, as the copy names them.
  void hold_the_unended(Position at_ledger, Position at_stock) {
    ledger().branches.push_back({id(5), {1, 5}, "a state", at_ledger, {"ledger", "stock"}});
    stock().branches.push_back({id(5), {3, 5}, "a state", at_stock, {"ledger", "stock"}});
  }

  Testimony& ledger() { return testimonies_.at("ledger"); }
  Testimony& stock() { return testimonies_.at("stock"); }

  LogState old_ = old_copy();
  std::map<std::string, Testimony> testimonies_{
      {"ledger", {StoreIdentity{0xa1}, "ledger.example:7001", StorePosition{20}, Position{6}, {}, {}}},
      {"stock", {StoreIdentity{0xb2}, "stock.example:7002", StorePosition{30}, Position{6}, {}, {}}}};
  std::set<std::string> without_;
};

// ---- what is found ----

TEST_F(Restored, ACommitThatOneStoreHasAppliedIsFoundForEveryStoreThatHoldsABranchOfIt) {
  ledger().branches = {branch(7, 9)};
  stock().branches = {branch(7, 0)};
  const auto restored = restore().value();
  const CommitRecord found{
      Position{9}, id(7), {{"ledger", StoreIdentity{0xa1}, {2, 7}}, {"stock", StoreIdentity{0xb2}, {2, 7}}}};
  EXPECT_THAT(restored.found, ElementsAre(found));
  EXPECT_EQ(restored.state.commits.at(Position{9}), found);
  EXPECT_THAT(restored.presumed, IsEmpty());
}

TEST_F(Restored, ACommitThatAllStoresHaveAppliedIsFoundTooSoThatItIsReleasedOnce) {
  ledger().branches = {branch(7, 9)};
  stock().branches = {branch(7, 9)};
  const auto restored = restore().value();
  ASSERT_EQ(restored.found.size(), 1U);
  EXPECT_EQ(restored.found[0].branches.size(), 2U);
}

TEST_F(Restored, AStrayBranchAtAStoreThatHasReleasedTheCommitIsNotCommittedAgain) {
  ledger().branches = {branch(7, 9)};
  stock().branches = {branch(7, 0)};
  stock().released.through = Position{9};
  const auto restored = restore().value();
  ASSERT_EQ(restored.found.size(), 1U);
  EXPECT_THAT(restored.found[0].branches, ElementsAre(CommittedBranch{"ledger", StoreIdentity{0xa1}, {2, 7}}));
  EXPECT_THAT(restored.presumed, ElementsAre(PresumedBranch{id(7), "stock", "prepared", true}));
}

TEST_F(Restored, WhatTheLogHasOnRecordStaysAsItIs) {
  ledger().branches = {branch(4, 4)};
  hold_the_unended(Position{5}, {});
  const auto restored = restore().value();
  EXPECT_THAT(restored.found, IsEmpty());
  EXPECT_EQ(restored.state.commits, old_copy().commits);
  EXPECT_EQ(restored.state.ended, old_copy().ended);
}

TEST_F(Restored, AStrayBranchOfACommitThatHasEndedIsNotCommittedWithWhatIsLeftOfIt) {
  ledger().branches = {branch(4, 4)};
  stock().branches = {branch(4, 0)};
  const auto restored = restore().value();
  EXPECT_THAT(restored.found, IsEmpty());
  EXPECT_THAT(restored.presumed, ElementsAre(PresumedBranch{id(4), "stock", "prepared", true}));
}

TEST_F(Restored, ABranchOfAnUnendedCommitOnRecordIsNotPresumedAborted) {
  hold_the_unended({}, {});
  EXPECT_THAT(restore().value().presumed, IsEmpty());
}

// It has ended since; or the copy is the very log that was lost before, and its stores have been told to abort.
TEST_F(Restored, AnUnendedCommitOnRecordThatANamedStoreHasGivenUpDoesNotStand) {
  ledger().branches = {{id(5), {1, 5}, "prepared", {}, {"ledger", "stock"}}};
  const auto restored = restore().value();
  EXPECT_FALSE(restored.state.commits.contains(Position{5}));
  EXPECT_TRUE(restored.state.has_ended(id(4)));
  EXPECT_THAT(restored.presumed, ElementsAre(PresumedBranch{id(5), "ledger", "prepared", false}));
}

// The log that was lost before has no commit there. The store would commit, and forget it at once; if the log were lost
// once more, it would seem to have given it up, and the other one would abort.
TEST_F(Restored, AnUnendedCommitOnRecordThatAStoreMayForgetDoesNotStand) {
  hold_the_unended({}, {});
  stock().released.through = Position{5};
  const auto restored = restore().value();
  EXPECT_FALSE(restored.state.commits.contains(Position{5}));
  EXPECT_THAT(restored.presumed, ElementsAre(PresumedBranch{id(5), "ledger", "a state", false},
                                             PresumedBranch{id(5), "stock", "a state", false}));
}

TEST_F(Restored, WhatStandsOfSuchACommitIsWhatStoresHaveHeard) {
  stock().branches = {{id(5), {3, 5}, "committed", Position{5}, {"ledger", "stock"}}};
  const auto restored = restore().value();
  ASSERT_EQ(restored.found.size(), 1U);
  EXPECT_THAT(restored.found[0].branches, ElementsAre(CommittedBranch{"stock", StoreIdentity{0xb2}, {3, 5}}));
}

TEST_F(Restored, AnUnendedCommitStandsIfItIsNotKnownThatAStoreHasGivenItUp) {
  ledger().branches = {{id(5), {1, 5}, "prepared", {}, {"ledger", "stock"}}};
  testimonies_.erase("stock");
  without_.insert("stock");
  EXPECT_TRUE(restore().value().state.commits.contains(Position{5}));
}

TEST_F(Restored, APreparedBranchOfWhichNoCommitIsKnownIsPresumedAborted) {
  ledger().branches = {branch(8, 0)};
  stock().branches = {branch(8, 0), {id(9), {1, 1}, "resolved commit", {}, {"stock"}}};
  const auto restored = restore().value();
  EXPECT_THAT(restored.found, IsEmpty());
  EXPECT_THAT(restored.presumed, ElementsAre(PresumedBranch{id(8), "ledger", "prepared", false},
                                             PresumedBranch{id(8), "stock", "prepared", false},
                                             PresumedBranch{id(9), "stock", "resolved commit", false}));
}

TEST_F(Restored, ABranchThatIsNotInTheRecordOfItsCommitIsToldOf) {
  stock().branches = {{id(4), {9, 9}, "prepared", {}, {"ledger", "stock"}}};
  EXPECT_THAT(restore().value().presumed, ElementsAre(PresumedBranch{id(4), "stock", "prepared", true}));
}

// ---- epochs, positions, outcomes ----

TEST_F(Restored, OnlyTheStartThatTheStoresTestifiedToIsKnown) {
  const auto state = restore().value().state;
  EXPECT_EQ(state.starts, (std::map<Epoch, Start>{{kEpoch, {kNonce, state.last}}}));
  const Lineage lineage(kTestLog, state.starts);
  EXPECT_EQ(lineage.conflict({kTestLog, Epoch{6}, Nonce{66}, Position{6}}, state.last), std::nullopt);
  EXPECT_EQ(lineage.conflict({kTestLog, Epoch{1}, Nonce{11}, Position{6}}, state.last),
            "it has seen another start under epoch 1");
}

TEST_F(Restored, IdsOfLostEpochsAreStillThisLogs) {
  const Lineage lineage(kTestLog, restore().value().state.starts);
  EXPECT_TRUE(lineage.owns(id(0, 1)));
  EXPECT_TRUE(lineage.owns(id(0, 4)));
  EXPECT_FALSE(lineage.owns(id(0, 7)));
  EXPECT_FALSE(lineage.owns(id(0, 0)));
  EXPECT_FALSE(lineage.owns({LogIdentity{1}, Epoch{1}, 0}));
}

TEST_F(Restored, StartsOfWhichNoStoreHasHeardAreLeftOut) {
  EXPECT_EQ(restored_epoch(Epoch{5}, Nonce{0}), Epoch{5 + 1 + kUnheardEpochs});
}

// The only store that has seen the starts of one of them may be lost, or not known: else their ids would be the same.
TEST_F(Restored, TwoRestorationsOfOneCopyDoNotGoOnAlike) {
  EXPECT_EQ(restored_epoch(Epoch{5}, Nonce{77'000'123}), Epoch{5 + 1 + kUnheardEpochs + 123});
  EXPECT_GT(restored_epoch(Epoch{5}, Nonce{UINT64_MAX}), restored_epoch(Epoch{5}, Nonce{0}));
}

TEST_F(Restored, PositionsGoOnBehindAllThatAnyStoreHasSeen) {
  EXPECT_EQ(restore().value().state.last, behind(6));
  stock().seen = Position{40};
  EXPECT_EQ(restore().value().state.last, behind(40));
  ledger().branches = {branch(7, 50)};
  EXPECT_EQ(restore().value().state.last, behind(50));
}

TEST_F(Restored, EveryIdOfAnEarlierEpochIsForgottenAndNoneOfALaterOne) {
  const auto state = restore().value().state;
  EXPECT_GE(state.forgotten_through, id(UINT64_MAX, 5));
  EXPECT_LT(state.forgotten_through, id(0, 7));
}

TEST_F(Restored, StoresAreWhereAndAsFarAsTheyWereFound) {
  testimonies_["newer"] = {StoreIdentity{0xc3}, "newer.example:7003", StorePosition{2}, {}, {}, {}};
  ledger().address = "moved.example:7001";
  const auto stores = restore().value().state.stores;
  EXPECT_EQ(stores.at("ledger"), (StoreRecord{"ledger", StoreIdentity{0xa1}, "moved.example:7001", StorePosition{20}}));
  EXPECT_EQ(stores.at("newer"), (StoreRecord{"newer", StoreIdentity{0xc3}, "newer.example:7003", StorePosition{2}}));
}

TEST_F(Restored, AStoreThatIsLostForGoodKeepsItsRecord) {
  testimonies_.erase("stock");
  without_ = {"stock"};
  EXPECT_EQ(restore().value().state.stores.at("stock"), old_copy().stores.at("stock"));
}

// ---- what is refused ----

TEST_F(Restored, EveryStoreOfTheLogMustTestify) {
  testimonies_.erase("stock");
  expect_refused(ErrorKind::kNotFound,
                 AllOf(HasSubstr("store `stock`, which the log knows"), HasSubstr("--store stock")));
}

TEST_F(Restored, EveryStoreOfATransactionMustTestify) {
  ledger().branches = {branch(7, 0, {"ledger", "newer"})};
  expect_refused(ErrorKind::kNotFound,
                 HasSubstr("store `newer`, which has a part in " + to_string(id(7)) + ", has not been asked"));
  without_ = {"newer"};
  EXPECT_TRUE(restore());
}

TEST_F(Restored, AnotherStoreUnderTheNameIsRefused) {
  stock().identity = StoreIdentity{0xb3};
  expect_refused(ErrorKind::kConflict, HasSubstr("store `stock` has identity 00000000000000b2"));
}

TEST_F(Restored, AnOldCopyOfAStoreIsRefused) {
  ledger().position = StorePosition{7};
  expect_refused(ErrorKind::kConflict, HasSubstr("its file is an old copy too"));
}

TEST_F(Restored, OneTransactionAtTwoPositionsIsRefused) {
  ledger().branches = {branch(7, 9)};
  stock().branches = {branch(7, 10)};
  expect_refused(ErrorKind::kConflict, AllOf(HasSubstr(to_string(id(7))), HasSubstr("at position 10"),
                                             HasSubstr("known elsewhere at position 9")));
}

TEST_F(Restored, ATransactionAtAnotherPositionThanItsRecordIsRefused) {
  ledger().branches = {branch(5, 9)};
  expect_refused(ErrorKind::kConflict, AllOf(HasSubstr(to_string(id(5))), HasSubstr("known elsewhere at position 5")));
}

TEST_F(Restored, ThePositionOfAnotherTransactionsRecordIsRefused) {
  ledger().branches = {branch(7, 5)};
  expect_refused(ErrorKind::kConflict, HasSubstr("known elsewhere as the commit of " + to_string(id(5))));
}

TEST_F(Restored, ATransactionThatHasEndedAndIsCommittedBehindTheCopyIsRefused) {
  ledger().branches = {branch(4, 9)};
  stock().branches = {branch(4, 0)};
  expect_refused(ErrorKind::kConflict, AllOf(HasSubstr(to_string(id(4)) + " at position 9"), HasSubstr("two coord")));
}

TEST_F(Restored, ThePositionOfACommitThatHasEndedIsRefusedForAnother) {
  ledger().branches = {branch(7, 4)};
  expect_refused(ErrorKind::kConflict, AllOf(HasSubstr(to_string(id(7)) + " at position 4"), HasSubstr("two coord")));
}

TEST_F(Restored, ACommitThatTheCopyHasForgottenStandsAsTheStoresHaveIt) {
  old_.forgotten_through = id(7);
  ledger().branches = {branch(7, 2)};
  const auto restored = restore().value();
  ASSERT_EQ(restored.found.size(), 1U);
  EXPECT_EQ(restored.found[0].commit, Position{2});
}

TEST_F(Restored, TwoTransactionsAtOnePositionAreRefused) {
  ledger().branches = {branch(7, 9)};
  stock().branches = {branch(8, 9)};
  expect_refused(ErrorKind::kConflict, HasSubstr("known elsewhere as the commit of " + to_string(id(7))));
}

TEST_F(Restored, TwoTransactionsOfOneIdAreRefused) {
  ledger().branches = {branch(7, 9, {"ledger", "stock"})};
  stock().branches = {branch(7, 0, {"stock"})};
  expect_refused(ErrorKind::kConflict,
                 HasSubstr("stores `ledger` and `stock` know different transactions as " + to_string(id(7))));
}

TEST_F(Restored, ACommitOfAnEpochThatHasNotComeIsRefused) {
  ledger().branches = {{id(1, 7), {1, 1}, "committed", Position{9}, {"ledger"}}};
  expect_refused(ErrorKind::kConflict, HasSubstr("no start of log"));
}

// ---- on disk ----

TEST_F(Restored, TheLogOnDiskIsReplacedAndOpens) {
  const TemporaryDirectory folder;
  const FileLogOptions options{true, kTestLog, Nonce{11}, 4096};
  open_file_log(folder.path(), options).value();
  ledger().branches = {branch(7, 900)};
  stock().branches = {branch(7, 0)};
  const auto state = restore().value().state;
  {
    const auto directory = open_log_directory(folder.path()).value();
    const auto claimed = claim_log(*directory, false).value();
    EXPECT_EQ(claimed.segment, 1U);
    EXPECT_EQ(open_file_log(folder.path(), {}).error().kind, ErrorKind::kConflict) << "it is in use";
    ASSERT_TRUE(replace_log(*directory, claimed, state, 4096));
  }
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "segment-0000000001"));
  const auto log = open_file_log(folder.path(), {false, {}, Nonce{77}, 4096}).value();
  LogState expected = state;
  EXPECT_EQ(start(expected, 7, 77), std::nullopt);
  EXPECT_EQ(log->state(), expected);
}

}  // namespace
}  // namespace assent::coordinator
