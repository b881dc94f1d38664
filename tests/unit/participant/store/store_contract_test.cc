// What every Store promises: the model of the simulator and the SQLite store pass the same suite.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "participant/store/sqlite_store.h"
#include "tests/simulation/model_store.h"
#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {
namespace {

using simulation::kAddToBalance;
using simulation::kDeleteAccount;
using simulation::kInsertAccount;
using simulation::kSelectAll;
using simulation::kSelectBalance;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::SizeIs;

// A place where a store with the accounts 1 (100), 2 (50) and 3 (0) lives.
class Place {
 public:
  virtual ~Place() = default;
  virtual Result<std::unique_ptr<Store>> open() = 0;
  virtual void forced() {}           // what was journalled is told to the world
  virtual void write_outside() = 0;  // as another program; no store is open
};

class ModelPlace final : public Place {
 public:
  Result<std::unique_ptr<Store>> open() override { return simulation::ModelStore::open(disk_); }
  void forced() override { disk_.forced(); }
  void write_outside() override { disk_.write_from_outside("another program wrote to it"); }

 private:
  simulation::ModelDisk disk_{kIdentity, {{1, 100}, {2, 50}, {3, 0}}};
};

class SqlitePlace final : public Place {
 public:
  Result<std::unique_ptr<Store>> open() override {
    SqliteStoreOptions options{.create = {}, .schema = {}, .limits = {}, .reserve_bytes = 0, .validate_replay = true};
    if (!std::exchange(created_, true)) {
      options.create = kIdentity;
      options.schema =
          "CREATE TABLE accounts(id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);"
          "INSERT INTO accounts VALUES (1, 100), (2, 50), (3, 0)";
    }
    return open_sqlite_store(folder_.file("store.db"), options);
  }
  void write_outside() override {
    participant::write_outside(folder_.file("store.db"), "UPDATE accounts SET balance = balance + 1");
  }

 private:
  TemporaryFolder folder_;
  bool created_ = false;
};

using MakePlace = std::function<std::unique_ptr<Place>()>;

class StoreContract : public testing::TestWithParam<std::pair<const char*, MakePlace>> {
 protected:
  StoreContract() : place_(GetParam().second()) { reopen(); }

  void reopen() {
    store_.reset();
    auto opened = place_->open();
    if (!opened) {
      throw std::runtime_error(opened.error().message);
    }
    store_ = std::move(*opened);
  }

  static Statement make(std::string_view sql, std::vector<Value> parameters = {}) {
    return statement(std::string(sql), std::move(parameters));
  }

  Execution execute(const std::vector<Statement>& statements, const Changes& before = {}) {
    return store_->execute({.id = {}, .before = before, .statements = statements}).value();
  }

  StorePosition journal(const std::vector<JournalOperation>& operations) {
    const StorePosition position = store_->journal(operations).value();
    place_->forced();
    return position;
  }

  std::map<std::int64_t, std::int64_t> accounts() {
    std::map<std::int64_t, std::int64_t> found;
    const Execution execution = execute({make(kSelectAll)});
    for (const auto& row : execution.results.at(0).rows) {
      found[std::get<std::int64_t>(row.at(0))] = std::get<std::int64_t>(row.at(1));
    }
    return found;
  }

  static Lock key(std::int64_t id, LockMode mode = LockMode::kExclusive) {
    return {{"accounts", "(" + std::to_string(id) + ")"}, mode};
  }

  const Lock table_shared_{{"accounts", ""}, LockMode::kShared};
  const std::map<std::int64_t, std::int64_t> untouched_{{1, 100}, {2, 50}, {3, 0}};
  std::unique_ptr<Place> place_;
  std::unique_ptr<Store> store_;
};

TEST_P(StoreContract, AQueryByKeyReturnsColumnsAndRowsAndLocksTheKeyShared) {
  const Execution execution = execute({make(kSelectBalance, {std::int64_t{1}})});
  EXPECT_EQ(execution.failure.reason, AbortReason::kNone);
  ASSERT_THAT(execution.results, SizeIs(1));
  EXPECT_THAT(execution.results[0].columns, ElementsAre("balance"));
  EXPECT_EQ(execution.results[0].rows, (Rows{{std::int64_t{100}}}));
  EXPECT_EQ(execution.results[0].changed_rows, 0U);
  EXPECT_TRUE(execution.changes.empty());
  EXPECT_THAT(execution.locks, ElementsAre(key(1, LockMode::kShared)));
}

TEST_P(StoreContract, AQueryOfAllLocksTheTableShared) {
  const Execution execution = execute({make(kSelectAll)});
  EXPECT_THAT(execution.results.at(0).rows, SizeIs(3));
  EXPECT_THAT(execution.locks, ElementsAre(table_shared_));
}

TEST_P(StoreContract, AnUpdateByKeyLocksTheKeyAndLeavesNoTrace) {
  const Execution execution = execute({make(kAddToBalance, {std::int64_t{1}, std::int64_t{-30}})});
  EXPECT_EQ(execution.failure.reason, AbortReason::kNone);
  EXPECT_THAT(execution.results.at(0).columns, IsEmpty());
  EXPECT_EQ(execution.results.at(0).changed_rows, 1U);
  EXPECT_EQ(execution.changes.rows, 1U);
  EXPECT_THAT(execution.locks, ElementsAre(key(1)));
  EXPECT_EQ(accounts(), untouched_);
}

TEST_P(StoreContract, AWriteByKeyThatFindsNoRowLocksTheKeyAllTheSame) {
  const Execution execution =
      execute({make(kAddToBalance, {std::int64_t{9}, std::int64_t{1}}), make(kDeleteAccount, {std::int64_t{8}})});
  EXPECT_EQ(execution.failure.reason, AbortReason::kNone);
  EXPECT_EQ(execution.results.at(0).changed_rows, 0U);
  EXPECT_EQ(execution.results.at(1).changed_rows, 0U);
  EXPECT_TRUE(execution.changes.empty());
  EXPECT_THAT(execution.locks, ElementsAre(key(8), key(9)));
}

TEST_P(StoreContract, StatementsOfOneRunSeeEachOther) {
  const Execution execution =
      execute({make(kInsertAccount, {std::int64_t{4}, std::int64_t{10}}),
               make(kAddToBalance, {std::int64_t{4}, std::int64_t{5}}), make(kSelectBalance, {std::int64_t{4}}),
               make(kDeleteAccount, {std::int64_t{4}}), make(kSelectAll)});
  ASSERT_THAT(execution.results, SizeIs(5));
  EXPECT_EQ(execution.results[2].rows, (Rows{{std::int64_t{15}}}));
  EXPECT_THAT(execution.results[4].rows, SizeIs(3));
  EXPECT_EQ(execution.changes.rows, 3U);
  EXPECT_THAT(execution.locks, IsSupersetOf({table_shared_, key(4), key(4, LockMode::kShared)}));
}

TEST_P(StoreContract, ARunGoesOnFromTheChangesBeforeIt) {
  const Execution first = execute({make(kInsertAccount, {std::int64_t{4}, std::int64_t{10}})});
  const Execution second = execute({make(kAddToBalance, {std::int64_t{4}, std::int64_t{5}})}, first.changes);
  EXPECT_EQ(second.results.at(0).changed_rows, 1U);
  EXPECT_EQ(second.changes.rows, 1U) << "only its own";
  const Changes both{.bytes = first.changes.bytes + second.changes.bytes, .rows = 2};
  const Execution third = execute({make(kSelectBalance, {std::int64_t{4}})}, both);
  EXPECT_EQ(third.results.at(0).rows, (Rows{{std::int64_t{15}}}));
  EXPECT_EQ(accounts(), untouched_);
}

TEST_P(StoreContract, AConstraintFailsTheRunButNotTheStore) {
  const Execution execution = execute({make(kAddToBalance, {std::int64_t{2}, std::int64_t{1}}),
                                       make(kInsertAccount, {std::int64_t{1}, std::int64_t{10}}), make(kSelectAll)});
  EXPECT_EQ(execution.failure.reason, AbortReason::kConstraint);
  EXPECT_EQ(execution.failure.sqlite_extended_code, 1555);
  EXPECT_EQ(execution.failure.statement_index, 1);
  EXPECT_EQ(execution.failure.detail, "UNIQUE constraint failed: accounts.id");
  EXPECT_THAT(execution.results, SizeIs(1)) << "of those before the failure";
  EXPECT_TRUE(execution.changes.empty());
  EXPECT_THAT(execution.locks, ElementsAre(table_shared_, key(2))) << "an error is an answer";
  EXPECT_EQ(accounts(), untouched_);
}

TEST_P(StoreContract, AnotherNumberOfRowsThanExpectedFailsTheRun) {
  Statement update = make(kAddToBalance, {std::int64_t{9}, std::int64_t{1}});
  update.expected_rows = 1;
  const Execution missing = execute({update});
  EXPECT_EQ(missing.failure.reason, AbortReason::kConstraint);
  EXPECT_EQ(missing.failure.statement_index, 0);
  EXPECT_EQ(missing.failure.detail, "expected 1 rows, got 0");
  EXPECT_THAT(missing.locks, ElementsAre(key(9)));

  Statement query = make(kSelectAll);
  query.expected_rows = 3;
  EXPECT_EQ(execute({query}).failure.reason, AbortReason::kNone);
  query.expected_rows = 2;
  EXPECT_EQ(execute({query}).failure.reason, AbortReason::kConstraint);
}

TEST_P(StoreContract, AWrongNumberOfParametersIsRefused) {
  for (const auto& parameters : std::vector<std::vector<Value>>{{}, {std::int64_t{1}, std::int64_t{2}}}) {
    const Execution execution = execute({make(kSelectBalance, parameters)});
    EXPECT_EQ(execution.failure.reason, AbortReason::kStatementFailed);
    EXPECT_EQ(execution.failure.statement_index, 0);
    EXPECT_THAT(execution.locks, IsEmpty());
  }
}

TEST_P(StoreContract, APreparedBranchIsThereAfterReopeningAndNotApplied) {
  const Execution execution = execute({make(kAddToBalance, {std::int64_t{1}, std::int64_t{-30}})});
  BranchRow row = prepared_row(1, execution.changes, execution.locks);
  row.begin_stamp = ~std::uint64_t{0};
  journal({PutPrepared{row}});
  EXPECT_EQ(accounts(), untouched_);
  reopen();
  EXPECT_THAT(store_->recovered().rows, ElementsAre(row));
  EXPECT_EQ(accounts(), untouched_);
}

TEST_P(StoreContract, AnAppliedBranchChangesTheDataAndKeepsItsRow) {
  const Execution execution =
      execute({make(kAddToBalance, {std::int64_t{1}, std::int64_t{-30}}),
               make(kInsertAccount, {std::int64_t{7}, std::int64_t{30}}), make(kDeleteAccount, {std::int64_t{3}})});
  BranchRow row = prepared_row(1, execution.changes, execution.locks);
  journal({PutPrepared{row}, apply_branch(1, 12)});
  const std::map<std::int64_t, std::int64_t> after{{1, 70}, {2, 50}, {7, 30}};
  EXPECT_EQ(accounts(), after);
  reopen();
  EXPECT_EQ(accounts(), after);
  row.state = RowState::kCommitted;
  row.commit = Position{12};
  row.changes = {};
  row.locks = {};
  EXPECT_THAT(store_->recovered().rows, ElementsAre(row));
  journal({DeleteBranch{transaction(1)}});
  reopen();
  EXPECT_THAT(store_->recovered().rows, IsEmpty());
  EXPECT_EQ(accounts(), after);
}

TEST_P(StoreContract, AnOperatorsWordIsAStateOfTheRow) {
  const Execution execution = execute({make(kAddToBalance, {std::int64_t{1}, std::int64_t{-30}})});
  journal({PutPrepared{prepared_row(1, execution.changes, execution.locks)}});
  journal({MarkBranch{.id = transaction(1), .state = RowState::kResolvedAbort, .commit = {}, .reason = "ann: gone"}});
  reopen();
  ASSERT_THAT(store_->recovered().rows, SizeIs(1));
  EXPECT_EQ(store_->recovered().rows[0].state, RowState::kResolvedAbort);
  EXPECT_EQ(store_->recovered().rows[0].reason, "ann: gone");
  EXPECT_TRUE(store_->recovered().rows[0].changes.empty());
  EXPECT_EQ(accounts(), untouched_);

  journal({PutPrepared{prepared_row(2, execution.changes, execution.locks)},
           ApplyBranch{.id = transaction(2), .state = RowState::kResolvedCommit, .commit = {}, .reason = "ann: now"}});
  EXPECT_EQ(accounts().at(1), 70);
  journal({MarkBranch{.id = transaction(2), .state = RowState::kCommitted, .commit = Position{5}, .reason = {}}});
  EXPECT_EQ(accounts().at(1), 70);
  reopen();
  ASSERT_THAT(store_->recovered().rows, SizeIs(2));
}

TEST_P(StoreContract, WhatWasSeenOfCoordinatorsIsKept) {
  const CoordinatorLine line{.log = LogIdentity{~std::uint64_t{0}},
                             .epoch = Epoch{5},
                             .nonce = Nonce{0xfedcba9876543210U},
                             .durable = Position{40}};
  SeenCoordinator seen{.line = line, .released = {.through = Position{30}, .except = {Position{3}, Position{29}}}};
  const SeenCoordinator other{.line = {.log = LogIdentity{1}, .epoch = Epoch{1}, .nonce = Nonce{2}, .durable = {}},
                              .released = {}};
  journal({PutCoordinator{seen}, PutCoordinator{other}});
  seen.released = {.through = Position{35}, .except = {}};
  journal({PutCoordinator{seen}});
  reopen();
  EXPECT_THAT(store_->recovered().coordinators, testing::UnorderedElementsAre(seen, other));
}

TEST_P(StoreContract, EachOpeningRaisesTheStartNumberAndWhatSomebodyMayRelyOnThePosition) {
  const std::uint64_t start = store_->recovered().start_number;
  EXPECT_EQ(store_->recovered().identity, kIdentity);
  EXPECT_GT(start, 0U);
  const StorePosition first = journal({AcknowledgeWrite{}});
  EXPECT_GT(first, store_->recovered().position);
  EXPECT_EQ(static_cast<std::uint64_t>(journal({AcknowledgeWrite{}})), static_cast<std::uint64_t>(first) + 1);
  reopen();
  EXPECT_EQ(store_->recovered().start_number, start + 1);
  EXPECT_EQ(store_->recovered().position, StorePosition{static_cast<std::uint64_t>(first) + 1});
}

TEST_P(StoreContract, WhatAnOldCopyDoesAsWellRaisesNoPosition) {
  const StorePosition before = journal({PutPrepared{prepared_row(1, {}, {})}});
  const SeenCoordinator seen{.line = {.log = LogIdentity{1}, .epoch = Epoch{2}, .nonce = Nonce{3}, .durable = {}},
                             .released = {}};
  EXPECT_EQ(journal({PutCoordinator{seen}}), before);
  EXPECT_EQ(journal({PutCoordinator{seen}, DeleteBranch{transaction(1)}}), before);
  reopen();
  EXPECT_EQ(store_->recovered().position, before);
  EXPECT_THAT(store_->recovered().coordinators, testing::ElementsAre(seen));
  EXPECT_TRUE(store_->recovered().rows.empty());
}

TEST_P(StoreContract, AJournalTransactionStandsOrFallsAsAWhole) {
  const Execution execution = execute({make(kAddToBalance, {std::int64_t{1}, std::int64_t{-30}})});
  const std::vector<JournalOperation> operations = {PutPrepared{prepared_row(1, execution.changes)}, apply_branch(1),
                                                    DeleteBranch{transaction(2)}};
  const auto result = store_->journal(operations);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kCorrupt);
  EXPECT_FALSE(store_->execute({.id = {}, .before = {}, .statements = {}}))
      << "after a failure nothing may be asked of it";
  EXPECT_FALSE(store_->journal({}));
  reopen();
  EXPECT_THAT(store_->recovered().rows, IsEmpty());
  EXPECT_EQ(accounts(), untouched_);
}

TEST_P(StoreContract, ARowThatIsNotAsItWasCapturedIsABrokenInvariant) {
  const Execution execution = execute({make(kAddToBalance, {std::int64_t{1}, std::int64_t{-30}})});
  journal({PutPrepared{prepared_row(1, execution.changes)}, PutPrepared{prepared_row(2, execution.changes)}});
  journal({apply_branch(1)});
  const std::vector<JournalOperation> operations = {apply_branch(2)};
  const auto result = store_->journal(operations);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kCorrupt);
  reopen();
  EXPECT_EQ(accounts().at(1), 70);
  EXPECT_THAT(store_->recovered().rows, SizeIs(2)) << "the evidence stays";
}

TEST_P(StoreContract, AForeignWriteIsToldUntilItIsAcknowledged) {
  EXPECT_EQ(store_->foreign_write(), "");
  store_.reset();
  place_->write_outside();
  for (int opening = 0; opening < 2; ++opening) {
    reopen();
    EXPECT_NE(store_->foreign_write(), "");
  }
  journal({AcknowledgeWrite{}});
  EXPECT_EQ(store_->foreign_write(), "");
  reopen();
  EXPECT_EQ(store_->foreign_write(), "");
}

TEST_P(StoreContract, ASchemaThatCannotBeAppliedIsAnAnswer) {
  const auto change = store_->apply_schema("nonsense");
  ASSERT_TRUE(change) << change.error().message;
  EXPECT_THAT(change->failure, testing::HasSubstr("was applied"));
  journal({});
  EXPECT_EQ(accounts(), untouched_);
}

TEST_P(StoreContract, OnlyOneStoreAtATimeHasThePlace) {
  const auto second = place_->open();
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().kind, ErrorKind::kConflict);
}

TEST_P(StoreContract, ExecutionsMayEndAtAnyTime) {
  EXPECT_TRUE(store_->end_executions());
  const Execution execution = execute({make(kAddToBalance, {std::int64_t{1}, std::int64_t{-30}})});
  EXPECT_TRUE(store_->end_executions());
  journal({PutPrepared{prepared_row(1, execution.changes)}, apply_branch(1)});
  EXPECT_TRUE(store_->end_executions());
  EXPECT_EQ(accounts().at(1), 70);
  EXPECT_FALSE(store_->is_short_of_space());
}

INSTANTIATE_TEST_SUITE_P(
    Stores, StoreContract,
    testing::Values(std::pair<const char*, MakePlace>{"Model", [] { return std::make_unique<ModelPlace>(); }},
                    std::pair<const char*, MakePlace>{"Sqlite", [] { return std::make_unique<SqlitePlace>(); }}),
    [](const auto& information) { return information.param.first; });

}  // namespace
}  // namespace assent::participant
