// Interactive transactions: what is sent, and what each kind of failure means.
#include <future>
#include <utility>

#include "tests/unit/sdk/sdk_test.h"

namespace assent::sdk {
namespace {

using Transactions = SdkTest;

TEST_F(Transactions, StatementsAreNumberedWithinTheirBranchAndCommitNamesAllBranches) {
  Client client(options_);
  auto transaction = client.begin();
  EXPECT_EQ(transaction.execute("a", "UPDATE t SET x = ?", 7), 1U);
  transaction.execute("b", "UPDATE u");
  transaction.execute("a", "DELETE FROM t");
  const auto outcome = transaction.commit();
  EXPECT_TRUE(outcome.committed());
  EXPECT_EQ(outcome.id, transaction.id());
  EXPECT_FALSE(transaction.is_active());

  const auto at_a = a_.executes.requests();
  ASSERT_EQ(at_a.size(), 2U);
  EXPECT_EQ(at_a[0].store, "a");
  EXPECT_EQ(at_a[0].statement_number, 0);
  EXPECT_EQ(at_a[0].branch, wire::BranchNumber());
  EXPECT_EQ(at_a[0].statement.parameters.at(0).integer, 7);
  EXPECT_GT(at_a[0].timeout_ms, 29'000);
  EXPECT_EQ(at_a[1].statement_number, 1);
  EXPECT_EQ(at_a[1].branch, FakeParticipant::branch());
  EXPECT_EQ(at_a[1].begin_stamp, at_a[0].begin_stamp);

  const auto commits = coordinator_.commits.requests();
  ASSERT_EQ(commits.size(), 1U);
  ASSERT_EQ(commits[0].branches.size(), 2U);
  EXPECT_EQ(commits[0].branches[0].store, "a");
  EXPECT_EQ(commits[0].branches[0].statement_count, 2);
  EXPECT_EQ(commits[0].branches[0].branch, FakeParticipant::branch());
  EXPECT_EQ(commits[0].branches[1].statement_count, 1);
  EXPECT_EQ(commits[0].return_when, wire::ReturnWhen::DECIDED);
  EXPECT_EQ(client.counters().committed, 1U);
}

TEST_F(Transactions, HaveOneLevelAtEveryStore) {
  Client client(options_);
  auto transaction = client.begin(IsolationLevel::kReadCommitted);
  transaction.execute("a", "UPDATE t");
  transaction.query("a", "SELECT id FROM t");
  transaction.execute("b", "UPDATE u");
  client.begin().execute("b", "UPDATE u");
  for (const auto& request : a_.executes.requests()) EXPECT_EQ(request.level, wire::IsolationLevel::READ_COMMITTED);
  const auto at_b = b_.executes.requests();
  ASSERT_EQ(at_b.size(), 2U);
  EXPECT_EQ(at_b[0].level, wire::IsolationLevel::READ_COMMITTED);
  EXPECT_EQ(at_b[1].level, wire::IsolationLevel::SERIALIZABLE);
}

TEST_F(Transactions, QueriesReturnRows) {
  auto answer = FakeParticipant::changed(0);
  StatementResult rows;
  rows.columns = {"id"};
  rows.rows = {{Value{std::int64_t{1}}}, {Value{std::int64_t{2}}}};
  answer.result = rpc::to_wire(rows);
  a_.executes.always(FakeParticipant::answer(answer));
  Client client(options_);
  auto transaction = client.begin();
  std::int64_t sum = 0;
  for (const auto& row : transaction.query("a", "SELECT id FROM t")) sum += row.get<std::int64_t>("id");
  EXPECT_EQ(sum, 3);
  const auto error = thrown<StatementError>([&] { transaction.query_one("a", "SELECT id FROM t"); });
  EXPECT_EQ(error.reason(), AbortReason::kConstraint);
  EXPECT_THAT(error.what(), HasSubstr("expected one row, found 2"));
  EXPECT_TRUE(transaction.is_active());
}

TEST_F(Transactions, ATransactionThatTouchedNothingCommitsWithoutAnyCall) {
  Client client(options_);
  EXPECT_TRUE(client.begin().commit().committed());
  EXPECT_TRUE(coordinator_.commits.requests().empty());
}

TEST_F(Transactions, AFailedStatementIsNamedAndTheTransactionLivesOn) {
  auto cause = cause_of(AbortReason::kConstraint, "UNIQUE constraint failed: t.id");
  cause.sqlite_extended_code = 2067;
  a_.executes.then(FakeParticipant::answer(FakeParticipant::failed(cause)));
  Client client(options_);
  auto transaction = client.begin();
  const auto error = thrown<StatementError>([&] { transaction.execute("a", "INSERT INTO t VALUES (1)"); });
  EXPECT_EQ(error.store(), "a");
  EXPECT_EQ(error.sql(), "INSERT INTO t VALUES (1)");
  EXPECT_EQ(error.sqlite_extended_code(), 2067);
  EXPECT_EQ(error.reason(), AbortReason::kConstraint);
  transaction.execute("a", "INSERT INTO t VALUES (2)");
  transaction.commit();
  EXPECT_EQ(coordinator_.commits.requests().at(0).branches.at(0).statement_count, 2)
      << "the store has answered both, and would miss one otherwise";
}

TEST_F(Transactions, ABranchThatHasEndedAtItsStoreAbortsTheTransaction) {
  b_.executes.then(FakeParticipant::answer(FakeParticipant::ended(cause_of(AbortReason::kWounded))));
  Client client(options_);
  auto transaction = client.begin();
  transaction.execute("a", "UPDATE t");
  const auto error = thrown<Aborted>([&] { transaction.execute("b", "UPDATE t"); });
  EXPECT_EQ(error.reason(), AbortReason::kWounded);
  EXPECT_EQ(error.cause().store, "b");
  EXPECT_EQ(error.id(), transaction.id());
  EXPECT_EQ(thrown<Aborted>([&] { transaction.execute("a", "UPDATE t"); }).reason(), AbortReason::kWounded);
  EXPECT_EQ(thrown<Aborted>([&] { transaction.commit(); }).reason(), AbortReason::kWounded);
  EXPECT_TRUE(coordinator_.commits.requests().empty());
  EXPECT_EQ(client.counters().aborted.at(AbortReason::kWounded), 1U);
}

TEST_F(Transactions, AStatementThatWaitedTooLongForALockEndsTheTransaction) {
  a_.executes.then(FakeParticipant::answer(FakeParticipant::failed(cause_of(AbortReason::kLockTimeout))));
  Client client(options_);
  auto transaction = client.begin();
  EXPECT_EQ(thrown<Aborted>([&] { transaction.execute("a", "UPDATE t"); }).reason(), AbortReason::kLockTimeout);
}

TEST_F(Transactions, AnotherBranchNumberThanBeforeAbortsTheTransaction) {
  auto other = FakeParticipant::changed();
  other.branch = FakeParticipant::branch(2);
  a_.executes.then(FakeParticipant::answer(FakeParticipant::changed())).then(FakeParticipant::answer(other));
  Client client(options_);
  auto transaction = client.begin();
  transaction.execute("a", "UPDATE t");
  EXPECT_EQ(thrown<Aborted>([&] { transaction.execute("a", "UPDATE t"); }).reason(), AbortReason::kStoreUnavailable);
}

TEST_F(Transactions, AnAnswerThatMakesNoSenseAbortsTheTransaction) {
  wire::ExecuteAnswer nothing;
  nothing.branch = FakeParticipant::branch();
  a_.executes.then(FakeParticipant::answer(nothing)).then(FakeParticipant::answer(wire::ExecuteAnswer()));
  Client client(options_);
  auto first = client.begin();
  EXPECT_EQ(thrown<Aborted>([&] { first.execute("a", "UPDATE t"); }).reason(), AbortReason::kStatementFailed);
  auto second = client.begin();
  EXPECT_EQ(thrown<Aborted>([&] { second.execute("a", "UPDATE t"); }).reason(), AbortReason::kStoreUnavailable);
}

TEST_F(Transactions, AStatementWhoseAnswerWasLostIsRepeatedWithItsNumber) {
  a_.executes.then(FakeParticipant::answer(FakeParticipant::changed())).then_lose();
  Client client(options_);
  auto transaction = client.begin();
  transaction.execute("a", "UPDATE t SET x = 1");
  transaction.execute("a", "UPDATE t SET x = 2");
  const auto requests = a_.executes.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[1].statement_number, 1);
  EXPECT_EQ(requests[2].statement_number, 1);
  EXPECT_EQ(requests[2].branch, FakeParticipant::branch());
  EXPECT_EQ(requests[2].statement, requests[1].statement);
}

TEST_F(Transactions, AStoreThatLosesEveryAnswerAbortsTheTransactionAndIsNamedInTheAbort) {
  a_.executes.always([](const auto&, const auto&) {});
  std::promise<wire::AbortRequest> aborted;
  coordinator_.aborts.then([&](const auto& request, const auto& respond) {
    aborted.set_value(request);
    respond(outcome_answer(request.id, OutcomeKind::kAborted, cause_of(AbortReason::kApplication)));
  });
  Client client(options_);
  auto transaction = client.begin();
  const auto error = thrown<Aborted>([&] { transaction.execute("a", "UPDATE t"); });
  EXPECT_EQ(error.reason(), AbortReason::kStoreUnavailable);
  const auto request = aborted.get_future().get();
  ASSERT_EQ(request.branches.size(), 1U);
  EXPECT_EQ(request.branches[0].store, "a");
  EXPECT_EQ(request.branches[0].branch, wire::BranchNumber()) << "it may be there, under a number nobody has heard";
}

TEST_F(Transactions, AStoreThatHasMovedIsFoundAgain) {
  Client client(options_);
  client.begin().execute("a", "UPDATE t");
  FakeParticipant elsewhere;
  coordinator_.place("a", elsewhere.address());
  a_.server().stop();
  auto transaction = client.begin();
  transaction.execute("a", "UPDATE t");
  EXPECT_EQ(elsewhere.executes.requests().size(), 1U);
}

TEST_F(Transactions, AParticipantThatDoesNotServeTheStoreAnyMoreIsLeftForTheOneThatDoes) {
  Client client(options_);
  client.begin().execute("a", "UPDATE t");
  FakeParticipant elsewhere;
  coordinator_.place("a", elsewhere.address());
  a_.executes.then_fault(wire::FaultCode::NOT_FOUND);
  client.begin().execute("a", "UPDATE t");
  EXPECT_EQ(elsewhere.executes.requests().size(), 1U);
}

TEST_F(Transactions, AStoreOutOfReachAbortsTheTransaction) {
  a_.server().stop();
  Client client(options_);
  auto transaction = client.begin();
  EXPECT_EQ(thrown<Aborted>([&] { transaction.execute("a", "UPDATE t"); }).reason(), AbortReason::kStoreUnavailable);
}

TEST_F(Transactions, AStoreThatNobodyKnowsAbortsTheTransactionAndIsNamed) {
  Client client(options_);
  auto transaction = client.begin();
  const auto error = thrown<Aborted>([&] { transaction.execute("nowhere", "UPDATE t"); });
  EXPECT_EQ(error.reason(), AbortReason::kUnknownStore);
  EXPECT_THAT(error.what(), HasSubstr("no store nowhere is registered"));
}

TEST_F(Transactions, AStatementThatTheStoreRefusesAsWrongLeavesNoBranch) {
  a_.executes.then_fault(wire::FaultCode::INVALID_ARGUMENT, "a statement of 9 MiB is too long");
  Client client(options_);
  auto transaction = client.begin();
  EXPECT_THAT(thrown<InvalidArgument>([&] { transaction.execute("a", "UPDATE t"); }).what(), HasSubstr("too long"));
  transaction.execute("b", "UPDATE t");
  transaction.commit();
  const auto branches = coordinator_.commits.requests().at(0).branches;
  ASSERT_EQ(branches.size(), 1U);
  EXPECT_EQ(branches[0].store, "b");
}

TEST_F(Transactions, AStoreWhereSomebodyElseHasDecidedTheTransactionEndsItForGood) {
  for (const auto code : {wire::FaultCode::CONFLICT, wire::FaultCode::FENCED}) {
    a_.executes.then_fault(code, "it has ended here: it takes no more statements");
    Client client(options_);
    const auto error =
        thrown<Aborted>([&] { client.run([](Transaction& transaction) { transaction.execute("a", "UPDATE t"); }); });
    EXPECT_EQ(error.reason(), AbortReason::kStatementFailed);
    EXPECT_EQ(error.cause().store, "a");
    EXPECT_THAT(error.what(), HasSubstr("it has ended here"));
    EXPECT_EQ(client.counters().reruns, 0U);
  }
  EXPECT_EQ(a_.executes.requests().size(), 2U);
}

TEST_F(Transactions, AnOverloadedStoreIsAskedAgain) {
  a_.executes.then_fault(wire::FaultCode::OVERLOADED).then_fault(wire::FaultCode::OVERLOADED);
  Client client(options_);
  auto transaction = client.begin();
  EXPECT_EQ(transaction.execute("a", "UPDATE t"), 1U);
  a_.executes.always([](const auto&, const auto& respond) { respond.fault(wire::FaultCode::OVERLOADED, "full"); });
  EXPECT_EQ(thrown<Aborted>([&] { transaction.execute("a", "UPDATE t"); }).reason(), AbortReason::kOverloaded);
}

TEST_F(Transactions, ATransactionThatGoesOutOfScopeUndecidedIsAborted) {
  std::promise<wire::AbortRequest> aborted;
  coordinator_.aborts.then([&](const auto& request, const auto& respond) {
    aborted.set_value(request);
    respond(outcome_answer(request.id, OutcomeKind::kAborted, cause_of(AbortReason::kApplication)));
  });
  Client client(options_);
  {
    auto transaction = client.begin();
    transaction.execute("a", "UPDATE t");
  }
  const auto request = aborted.get_future().get();
  ASSERT_EQ(request.branches.size(), 1U);
  EXPECT_EQ(request.branches[0].branch, FakeParticipant::branch());
}

TEST_F(Transactions, AnAbortStillLeavesWhenTheClientGoesAtOnce) {
  {
    Client client(options_);
    auto transaction = client.begin();
    transaction.execute("a", "UPDATE t");
  }
  EXPECT_EQ(coordinator_.aborts.requests().size(), 1U);
}

TEST_F(Transactions, AbortThrowsItsReason) {
  Client client(options_);
  auto transaction = client.begin();
  transaction.execute("a", "UPDATE t");
  const auto error = thrown<Aborted>([&] { transaction.abort("insufficient funds"); });
  EXPECT_EQ(error.reason(), AbortReason::kApplication);
  EXPECT_EQ(error.cause().detail, "insufficient funds");
  transaction.roll_back();
  EXPECT_EQ(client.counters().aborted.at(AbortReason::kApplication), 1U);
}

TEST_F(Transactions, MovesCarryTheTransactionWithThem) {
  Client client(options_);
  auto first = client.begin();
  first.execute("a", "UPDATE t");
  auto second = std::move(first);
  EXPECT_FALSE(first.is_active());  // NOLINT(bugprone-use-after-move): what is left of it is defined
  EXPECT_THROW(first.execute("a", "UPDATE t"), InvalidArgument);
  second.commit();
  EXPECT_EQ(coordinator_.commits.requests().size(), 1U);
  EXPECT_THROW(second.commit(), InvalidArgument);
  EXPECT_THROW(second.execute("a", "UPDATE t"), InvalidArgument);
  EXPECT_THROW(second.abort("too late"), InvalidArgument);
}

TEST_F(Transactions, TimeThatIsOverAbortsTheTransaction) {
  coordinator_.transaction_timeout = 0ms;
  Client client(options_);
  auto transaction = client.begin();
  EXPECT_EQ(thrown<Aborted>([&] { transaction.execute("a", "UPDATE t"); }).reason(), AbortReason::kTransactionTimeout);
  EXPECT_TRUE(a_.executes.requests().empty());
}

}  // namespace
}  // namespace assent::sdk
