// Limits, timers, what operators see, and what a store finds when it is opened.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "participant/core/branch_table.h"
#include "tests/unit/participant/core/script.h"

namespace assent::participant {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr TransactionId kFive{.log = LogIdentity{0xA}, .epoch = Epoch{7}, .number = 5};
constexpr TransactionId kSix{.log = LogIdentity{0xA}, .epoch = Epoch{7}, .number = 6};

// ---- limits ----

TEST(BranchTableLimits, NoMoreBranchesBeginThanMayLive) {
  Script script({.branches = 1});
  script.run("execute 1 5");
  EXPECT_THAT(script.run("execute 2 6"),
              ElementsAre("refuse 2: overloaded: this store has 1 live branches; run the transaction again later"));
  EXPECT_THAT(script.run("submit 3 6"),
              ElementsAre("refuse 3: overloaded: this store has 1 live branches; run the transaction again later"));
  script.run("abort 4 5");
  EXPECT_EQ(script.run("execute 5 6").size(), 2U);
}

TEST(BranchTableLimits, AStatementThatChangesTooMuchFailsAlone) {
  Script script({.changes_bytes = 3});
  script.run_all("execute 1 5\nran 1 wrote=2\nexecute 2 5 branch=1.1 number=1");
  EXPECT_THAT(script.run("ran 2 wrote=2"),
              ElementsAre("answer 2: branch 1.1, the statement failed (statement failed, statement 1: the branch's "
                          "changes would exceed 3 bytes; change fewer rows in one transaction, or raise the limit)"));
  script.run("execute 3 5 branch=1.1 number=2");
  EXPECT_THAT(script.run("ran 3 wrote=1"), ElementsAre("answer 3: branch 1.1, 0 rows, 1 changed row"));
  script.run("prepare 4 5 branch=1.1 count=3");
  EXPECT_THAT(script.run("batch"),
              ElementsAre("write journal: put prepared A-7-5 branch 1.1 (3 changed rows, 0 locks)"));
}

TEST(BranchTableLimits, ASubmittedBranchThatChangesTooMuchIsVotedAgainst) {
  Script script({.changes_bytes = 3});
  script.run("submit 1 5");
  EXPECT_THAT(script.run("ran 1 wrote=4").back(), testing::HasSubstr("answer 1: branch 1.1, no (statement failed"));
}

TEST(BranchTableLimits, ABranchThatTakesTooManyLocksEnds) {
  Script script({.lock_bytes = 1700});  // the store, the table and two keys
  script.run_all("execute 1 5\nran 1 wrote=1 locks=t[1]:X\nexecute 2 5 branch=1.1 number=1");
  EXPECT_THAT(script.run("ran 2 wrote=1 locks=t[2]:X"), ElementsAre("answer 2: branch 1.1, 0 rows, 1 changed row"));
  script.run("execute 3 5 branch=1.1 number=2");
  // Also if the statement fails for another reason: its locks stay.
  EXPECT_THAT(script.run("ran 3 locks=t[3]:X fail=constraint").back(),
              testing::HasSubstr("answer 3: ended (statement failed: the branch's locks would take more than 1700 "
                                 "bytes; change fewer rows in one transaction, or raise the limit)"));
  EXPECT_THAT(script.table().locks(1, script.now()), IsEmpty());
}

TEST(BranchTableLimits, ARunThatIsNotBegunInTimeEndsItsBranchAndIsNotAwaited) {
  Script script({.statement_timeout = 10s});
  script.run("execute 1 5");
  EXPECT_TRUE(script.table().awaits(RunId{1}));
  EXPECT_EQ(script.table().next_deadline(), script.now() + 10s);
  EXPECT_THAT(script.run("pass 10s").back(),
              testing::HasSubstr("overloaded: its statement waited too long for its turn"));
  EXPECT_FALSE(script.table().awaits(RunId{1}));
  EXPECT_THAT(script.run("ran 1"), IsEmpty());
  EXPECT_EQ(script.table().next_deadline(), std::nullopt);
}

TEST(BranchTableLimits, ABranchTakesOnlySoManyStatements) {
  Script script({.statements_per_branch = 1});
  script.run_all("execute 1 5\nran 1");
  EXPECT_THAT(script.run("execute 2 5 branch=1.1 number=1"),
              ElementsAre("refuse 2: invalid argument: a branch takes at most 1 statements; use several transactions, "
                          "or raise the limit"));
  EXPECT_THAT(script.run("submit 3 6 statements=2"),
              ElementsAre("answer 3: no branch, no (statement failed: a branch takes at most 1 statements; use several "
                          "transactions, or raise the limit)"));
}

TEST(BranchTableLimits, EndsAreForgottenOldestFirst) {
  Script script({.remembered_ends = 1});
  script.run_all("abort 1 5\nabort 2 6");
  EXPECT_EQ(script.run("execute 3 6").front().substr(0, 15), "answer 3: ended");
  EXPECT_EQ(script.run("execute 4 5").front(), "A-7-5: none -> active");
}

TEST(BranchTableLimits, SettingsThatCannotWorkTogetherAreNamed) {
  EXPECT_EQ(check(Settings{}), std::nullopt);
  EXPECT_NE(check(Settings{.transaction_timeout = 0s}), std::nullopt);
  EXPECT_NE(check(Settings{.statement_timeout = -1s}), std::nullopt);
  EXPECT_NE(check(Settings{.lock_wait = 0s}), std::nullopt);
  EXPECT_NE(check(Settings{.wound_after = 0s}), std::nullopt);
  EXPECT_NE(check(Settings{.inquiry_first = 0s}), std::nullopt);
  EXPECT_NE(check(Settings{.inquiry_first = 2s, .inquiry_ceiling = 1s}), std::nullopt);
  EXPECT_NE(check(Settings{.decision_ride = -1ms}), std::nullopt);
  EXPECT_NE(check(Settings{.decision_ride = 2s, .idle_journal = 1s}), std::nullopt);
  EXPECT_NE(check(Settings{.branches = 0}), std::nullopt);
  EXPECT_NE(check(Settings{.changes_bytes = 0}), std::nullopt);
  EXPECT_NE(check(Settings{.lock_bytes = 0}), std::nullopt);
  EXPECT_NE(check(Settings{.statements_per_branch = 0}), std::nullopt);
}

// ---- the journal and the time ----

TEST(BranchTableJournal, WhatComesWhileOneIsUnderWayGoesIntoTheNext) {
  Script script;
  script.run_all("submit 1 5\nran 1 wrote=1 locks=t[1]:X\nbatch");
  script.run_all("submit 2 6\nran 2 wrote=1 locks=t[2]:X");
  EXPECT_THAT(script.run("batch"), IsEmpty());
  EXPECT_EQ(script.table().next_deadline(), std::nullopt) << "nothing is due before the journal answers";
  script.run("durable");
  EXPECT_EQ(script.table().next_deadline(), script.now()) << "the next one is due at once";
  EXPECT_THAT(script.run("batch"), ElementsAre("write journal: put prepared A-7-6 branch 1.2 (1 changed row, 1 lock)"));
}

TEST(BranchTableJournal, ADecisionRidesOnTheNextBranchThatPrepares) {
  Script script;
  script.run_all("submit 1 5\nran 1 wrote=1 locks=t[1]:X\nbatch\ndurable\ncommit 2 5 branch=1.1 at=12");
  EXPECT_EQ(script.table().next_deadline(), script.now() + 4ms);
  script.run_all("submit 3 6\nran 2 wrote=1 locks=t[2]:X");
  EXPECT_THAT(script.run("batch"), ElementsAre("write journal: apply A-7-5 as committed at 12, put prepared A-7-6 "
                                               "branch 1.2 (1 changed row, 1 lock)"));
}

TEST(BranchTableJournal, ADecisionThatSomebodyWaitsForIsDueAtOnce) {
  Script script;
  script.run_all("submit 1 5\nran 1 wrote=1 locks=t[1]:X\nbatch\ndurable\nsubmit 2 6\nran 2 wrote=1 locks=t[1]:X");
  script.run("commit 3 5 branch=1.1 at=12");
  EXPECT_THAT(script.run("batch"), ElementsAre("write journal: apply A-7-5 as committed at 12"));
}

TEST(BranchTableJournal, AnAbortOvertakesTheRowOnItsWayToDisk) {
  Script script;
  script.run_all("submit 1 5\nran 1 wrote=1 locks=t[1]:X\nbatch\nabort 2 5 branch=1.1");
  EXPECT_THAT(script.run("durable"), IsEmpty()) << "nobody is told yes";
  script.run_all("submit 3 6\nran 2 wrote=1 locks=t[1]:X");
  EXPECT_THAT(script.run("batch"), ElementsAre("write journal: delete A-7-5, put prepared A-7-6 branch 1.2 (1 changed "
                                               "row, 1 lock)"));
}

TEST(BranchTableJournal, PositionsAndReleasedSetsWaitForAnIdleMoment) {
  Script script;
  script.run("accepted durable=9");
  EXPECT_THAT(script.run("batch"), IsEmpty());
  EXPECT_EQ(script.table().next_deadline(), script.now() + 1s);
  script.run("accepted durable=9");
  EXPECT_EQ(script.run_all("pass 1s\nbatch").size(), 1U);
  script.run_all("durable\naccepted durable=9");
  EXPECT_EQ(script.table().next_deadline(), std::nullopt) << "what is on disk is no news";
}

TEST(BranchTableJournal, AnIdleStoreHasNoTimer) {
  Script script;
  EXPECT_EQ(script.table().next_deadline(), std::nullopt);
  EXPECT_THAT(script.run("batch"), IsEmpty());
}

TEST(BranchTableTime, TheTransactionsTimeIsTheShortestThatWasSaid) {
  Script script;
  script.run_all("execute 1 5 timeout=20s\nran 1");
  EXPECT_EQ(script.table().next_deadline(), script.now() + 20s);
  script.run_all("execute 2 5 branch=1.1 number=1 timeout=3s\nran 2");
  EXPECT_EQ(script.table().next_deadline(), script.now() + 3s);
  script.run_all("execute 3 5 branch=1.1 number=2 timeout=20s\nran 3");
  EXPECT_EQ(script.table().next_deadline(), script.now() + 3s);
  script.run("execute 4 6 timeout=999s");
  script.run("pass 3s");
  EXPECT_EQ(script.table().next_deadline(), script.now() + 7s) << "the statement's time";
}

TEST(BranchTableTime, AStatementsTimeHoldsOverAllItsWaits) {
  Script script({.statement_timeout = 5s, .lock_wait = 3s});
  script.run_all("execute 1 4\nran 1 wrote=1 locks=t[1]:X\nexecute 2 5\nran 2 wrote=1 locks=t[1]:X");
  EXPECT_EQ(script.table().next_deadline(), script.now() + 3s);
  script.run_all("execute 3 3\nran 3 wrote=1 locks=t[2]:X\npass 2s\nabort 4 4\nran 4 wrote=1 locks=t[1]:X,t[2]:X");
  EXPECT_EQ(script.run("pass 3s").front().substr(0, 40), "A-7-5: active -> none (lock timeout: wai");
}

// ---- what operators see ----

TEST(BranchTableSummaries, BranchesAndWhomTheyBlock) {
  Script script;
  script.run_all("submit 1 5\nran 1 wrote=2 locks=t[1]:X\nbatch\ndurable\npass 1s");
  script.run_all("execute 2 6\nran 2 wrote=1 locks=t[1]:X");
  const auto branches = script.table().branches(100, script.now() + 1s);
  ASSERT_EQ(branches.size(), 2U);
  EXPECT_EQ(branches[0].id, kFive);
  EXPECT_EQ(branches[0].state, "prepared");
  EXPECT_EQ(branches[0].age, 2s);
  EXPECT_EQ(branches[0].changes, 2U);
  EXPECT_THAT(branches[0].stores, ElementsAre("here", "there"));
  EXPECT_THAT(branches[0].blocks, ElementsAre(kSix));
  EXPECT_EQ(branches[1].state, "active, waiting for locks");
  EXPECT_EQ(branches[1].age, 1s);
  EXPECT_EQ(branches[1].coordinator_address, "coordinator:1");
}

TEST(BranchTableSummaries, WhatIsInDoubtComesFirst) {
  Script script;
  script.run_all("execute 2 5\nran 1 locks=t[2]:S\nsubmit 1 6\nran 2 wrote=2 locks=t[1]:X\nbatch\ndurable");
  const auto listed = script.table().branches(1, script.now());
  ASSERT_EQ(listed.size(), 1U);
  EXPECT_EQ(listed[0].id, kSix);
  const auto both = script.table().branches(2, script.now());
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[1].id, kFive);
}

TEST(BranchTableSummaries, LocksWithTheirHoldersAndWaiters) {
  Script script;
  script.run_all("submit 1 5\nran 1 wrote=2 locks=t[1]:X\npass 1s\nexecute 2 6\nran 2 locks=t[1]:S");
  const auto locks = script.table().locks(100, script.now() + 1s);
  ASSERT_EQ(locks.size(), 6U);
  EXPECT_EQ(locks[4].name, (LockName{"t", "1"}));
  EXPECT_EQ(locks[4].mode, "exclusive");
  EXPECT_EQ(locks[4].id, kFive);
  EXPECT_TRUE(locks[4].granted);
  EXPECT_EQ(locks[4].age, 2s);
  EXPECT_EQ(locks[5].mode, "shared");
  EXPECT_FALSE(locks[5].granted);
  EXPECT_EQ(locks[5].age, 1s);
}

TEST(BranchTableSummaries, TotalsAndCounters) {
  Script script;
  script.run_all(
      "submit 1 5\nran 1 wrote=1 locks=t[1]:X\nbatch\ndurable\npass 1s\nexecute 2 6\nran 2 wrote=1 locks=t[1]:X");
  Totals totals = script.table().totals(script.now());
  EXPECT_EQ(totals.active, 1U);
  EXPECT_EQ(totals.prepared, 1U);
  EXPECT_EQ(totals.oldest_doubt, 1s);
  EXPECT_EQ(totals.locks, 3U) << "the key, and intentions on its table and the store";
  EXPECT_EQ(totals.waiting, 1U);

  script.run_all("pass 1s\ninquiry 5 branch=1.1 commit at=12\nbatch\ndurable\nabort 3 6");
  totals = script.table().totals(script.now());
  EXPECT_EQ(totals.committed, 1U);
  EXPECT_EQ(totals.active + totals.prepared + totals.locks + totals.waiting, 0U);
  EXPECT_EQ(totals.oldest_doubt, 0s);
  const Counters& counters = script.table().counters();
  EXPECT_EQ(counters.prepared, 1U);
  EXPECT_EQ(counters.committed, 1U);
  EXPECT_EQ(counters.aborted, 1U);
  EXPECT_EQ(counters.lock_waits, 1U);
  EXPECT_EQ(counters.resolved_in_doubt, 1U);
  EXPECT_EQ(counters.alarms, 0U);

  script.run_all("accepted released=12\npass 1s\nbatch\ndurable");
  EXPECT_THAT(script.table().branches(100, script.now()), IsEmpty());
  EXPECT_THAT(script.rows(), IsEmpty());
  EXPECT_EQ(script.table().next_deadline(), std::nullopt) << "nothing is left over";
}

TEST(BranchTableSummaries, ARunAfterAWaitForLocksTellsHowLongItWas) {
  Script script;
  script.run_all(
      "execute 1 5\nran 1 wrote=1 locks=t[1]:X\npass 1s\nexecute 2 6\nran 2 wrote=1 locks=t[1]:X\npass 40ms");
  Effects effects;
  script.table().step(DecisionReceived{.call = CallId{3},
                                       .opening = Opening{1},
                                       .coordinator = std::make_shared<const CoordinatorView>(CoordinatorView{
                                           .line = script.table().seen(kFive.log), .address = {}, .released = {}}),
                                       .id = kFive,
                                       .branch = {.start = 1, .counter = 1}},
                      script.now(), effects);
  const auto run = std::find_if(effects.begin(), effects.end(),
                                [](const Effect& effect) { return std::holds_alternative<RunStatements>(effect); });
  ASSERT_NE(run, effects.end());
  EXPECT_EQ(std::get<RunStatements>(*run).id, kSix);
  EXPECT_EQ(std::get<RunStatements>(*run).waited, 40ms);
}

// ---- opening ----

TEST(BranchTableOpening, PreparedBranchesHoldTheirLocksBeforeTheFirstEvent) {
  Script script;
  script.run_all("submit 1 5\nran 1 wrote=1 locks=t[1]:X,u:S\nbatch\ndurable\nrestart");
  EXPECT_EQ(script.table().totals(script.now()).prepared, 1U);
  EXPECT_EQ(script.table().locks(100, script.now()).size(), 4U);
  EXPECT_EQ(script.table().next_deadline(), script.now()) << "it asks at once";
}

TEST(BranchTableOpening, WhoAskedTooEarlyAsksAsIfForTheFirstTime) {
  Script script;
  script.run_all("submit 1 5\nran 1 wrote=1 locks=t[1]:X\nbatch\ndurable\nrestart\npass 1ms");
  script.run_all("pass 4s\npass 8s\ninquiry 5 branch=1.1 not-accepted");
  EXPECT_GE(*script.table().next_deadline() - script.now(), 8s);
  EXPECT_THAT(script.run("accepted"), testing::SizeIs(1));
  EXPECT_LT(*script.table().next_deadline() - script.now(), 4s) << "if that answer is lost, it is not long to the next";
}

TEST(BranchTableOpening, BranchNumbersOfAnotherStartAreOthers) {
  Script script;
  script.run_all("execute 1 5\nran 1\nrestart");
  script.run("execute 2 5");
  EXPECT_THAT(script.run("ran 1"), ElementsAre("answer 2: branch 2.1, 0 rows, 0 changed rows"));
}

// A copy of the store's file, served in its place for a while, is opened as often as the store. If a statement reached
// both, for a message may come twice, the client would go on at one with what the other one's branch has read.
TEST(BranchTableOpening, BranchNumbersOfACopyOpenedAsOftenAreOthers) {
  const auto first_branch = [](std::uint64_t opening) {
    BranchTable table({}, {}, Opening{opening}, Time{});
    Effects effects;
    ExecuteRequested execute;
    execute.id = kFive;
    execute.statement = std::make_shared<const std::vector<Statement>>(1);
    execute.timeout = 5s;
    table.step(execute, Time{}, effects);
    StatementsRan ran;
    ran.run = std::get<RunStatements>(effects.back()).run;
    ran.results = std::make_shared<const std::vector<StatementResult>>(1);
    table.step(ran, Time{}, effects);
    return std::get<ExecuteAnswered>(effects.back()).branch;
  };
  const auto one = first_branch(0x1234'5678'0000'0001);
  EXPECT_NE(one, kNoBranch);
  EXPECT_NE(first_branch(0x1234'5679'0000'0001), one);
}

BranchRow row(const TransactionId& id, RowState state) {
  BranchRow row;
  row.id = id;
  row.branch = {.start = 1, .counter = id.number};
  row.state = state;
  return row;
}

TEST(BranchTableOpening, WhatWasReleasedBeforeTheRestartIsDeleted) {
  RecoveredStore recovered;
  recovered.rows.push_back(row(kFive, RowState::kCommitted));
  recovered.rows.back().commit = Position{12};
  recovered.coordinators.emplace_back();
  recovered.coordinators.back().line.log = kFive.log;
  recovered.coordinators.back().released.through = Position{12};
  BranchTable table({}, recovered, Opening{1}, Time{});
  EXPECT_THAT(table.branches(100, Time{}), IsEmpty());
  EXPECT_EQ(table.next_deadline(), Time{} + 1s);
  Effects effects;
  table.step(BatchEnded{}, Time{} + 1s, effects);
  ASSERT_EQ(effects.size(), 1U);
  EXPECT_EQ(std::get<WriteJournal>(effects[0]).operations.size(), 1U);
}

TEST(BranchTableOpeningDeathTest, TwoOwnersOfOneKeyStopTheProcess) {
  RecoveredStore recovered;
  for (const TransactionId& id : {kFive, kSix}) {
    recovered.rows.push_back(row(id, RowState::kPrepared));
    recovered.rows.back().locks = {{.name = {"t", "1"}, .mode = LockMode::kExclusive}};
  }
  EXPECT_DEATH(BranchTable({}, recovered, Opening{1}, Time{}), "J2");
}

TEST(BranchTableDeathTest, WhatWasNotOrderedCannotBeDurable) {
  BranchTable table({}, {}, Opening{1}, Time{});
  Effects effects;
  EXPECT_DEATH(table.step(JournalDurable{}, Time{}, effects), "J1");
}

}  // namespace
}  // namespace assent::participant
