// Batches: one request, its results, and its runs.
#include <thread>

#include "tests/unit/sdk/sdk_test.h"

namespace assent::sdk {
namespace {

wire::StatementResult changed(std::int64_t rows) {
  wire::StatementResult result;
  result.changed_rows = rows;
  return result;
}

class Submits : public SdkTest {
 protected:
  Submits() {
    batch_.execute("b", "UPDATE u SET x = ?", 1).expect_rows(1);
    batch_.execute("a", "UPDATE t");
    batch_.query("b", "SELECT x FROM u");
  }

  // Aborts the next submit.
  void abort_next(AbortReason reason) {
    coordinator_.submits.then(answer_outcome<SubmitMethod>(OutcomeKind::kAborted, cause_of(reason)));
  }

  Batch batch_;
};

TEST_F(Submits, SendEachStoreItsStatementsInOrder) {
  Client client(options_);
  EXPECT_TRUE(client.submit(batch_).committed());
  const auto request = coordinator_.submits.requests().at(0);
  ASSERT_EQ(request.branches.size(), 2U);
  EXPECT_EQ(request.branches[0].store, "b");
  ASSERT_EQ(request.branches[0].statements.size(), 2U);
  EXPECT_EQ(request.branches[0].statements[0].sql, "UPDATE u SET x = ?");
  EXPECT_EQ(request.branches[0].statements[0].expected_rows, 1);
  EXPECT_EQ(request.branches[0].statements[1].sql, "SELECT x FROM u");
  EXPECT_FALSE(request.branches[0].statements[1].__isset.expected_rows);
  EXPECT_EQ(request.branches[1].store, "a");
  EXPECT_EQ(request.return_when, wire::ReturnWhen::DECIDED);
}

TEST_F(Submits, HaveTheLevelThatWasAskedForEachTime) {
  abort_next(AbortReason::kWounded);
  Client client(options_);
  EXPECT_TRUE(client.submit(batch_, Return::decided, IsolationLevel::kReadCommitted).committed());
  EXPECT_TRUE(client.submit(batch_).committed());
  const auto requests = coordinator_.submits.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].level, wire::IsolationLevel::READ_COMMITTED);
  EXPECT_EQ(requests[1].level, wire::IsolationLevel::READ_COMMITTED);
  EXPECT_EQ(requests[2].level, wire::IsolationLevel::SERIALIZABLE);
}

TEST_F(Submits, ReturnTheResultsInTheOrderOfTheBatch) {
  coordinator_.submits.then([](const auto& request, const auto& respond) {
    auto outcome = outcome_answer(request.id, OutcomeKind::kCommitted);
    outcome.results.resize(2);
    outcome.results[0].store = "a";
    outcome.results[0].results = {changed(20)};
    outcome.results[1].store = "b";
    outcome.results[1].results = {changed(10), changed(11)};
    respond(outcome);
  });
  Client client(options_);
  const auto outcome = client.submit(batch_);
  ASSERT_EQ(outcome.results.size(), 3U);
  EXPECT_EQ(outcome.results[0].changed_rows(), 10U);
  EXPECT_EQ(outcome.results[1].changed_rows(), 20U);
  EXPECT_EQ(outcome.results[2].changed_rows(), 11U);
  EXPECT_TRUE(client.submit(batch_).results.empty()) << "an answer without results is a commit all the same";
}

TEST_F(Submits, RunAgainAfterAKnownAbortWithAnotherIdAndTheFirstStamp) {
  abort_next(AbortReason::kWounded);
  abort_next(AbortReason::kLockTimeout);
  Client client(options_);
  EXPECT_TRUE(client.submit(batch_).committed());
  const auto requests = coordinator_.submits.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_NE(requests[0].id, requests[1].id);
  EXPECT_NE(requests[1].id, requests[2].id);
  EXPECT_EQ(requests[0].begin_stamp, requests[1].begin_stamp);
  EXPECT_EQ(requests[0].begin_stamp, requests[2].begin_stamp);
  EXPECT_EQ(client.counters().reruns, 2U);
  EXPECT_EQ(client.counters().aborted.at(AbortReason::kWounded), 1U);
}

TEST_F(Submits, ThatWillNotSucceedThrowAtOnce) {
  abort_next(AbortReason::kConstraint);
  Client client(options_);
  EXPECT_EQ(thrown<Aborted>([&] { client.submit(batch_); }).reason(), AbortReason::kConstraint);
  EXPECT_EQ(coordinator_.submits.requests().size(), 1U);
}

TEST_F(Submits, ThrowTheLastAbortAtTheLimitOfRuns) {
  options_.run_attempts = 3;
  coordinator_.submits.always(answer_outcome<SubmitMethod>(OutcomeKind::kAborted, cause_of(AbortReason::kWounded)));
  Client client(options_);
  EXPECT_EQ(thrown<Aborted>([&] { client.submit(batch_); }).reason(), AbortReason::kWounded);
  EXPECT_EQ(coordinator_.submits.requests().size(), 3U);
}

TEST_F(Submits, WhoseAnswerWasLostAreSettledByTheOutcomeAndNotRunTwice) {
  coordinator_.submits.then_lose();
  Client client(options_);
  const auto outcome = client.submit(batch_);
  EXPECT_TRUE(outcome.committed());
  EXPECT_TRUE(outcome.results.empty());
  EXPECT_EQ(coordinator_.submits.requests().size(), 1U);
  EXPECT_EQ(coordinator_.outcomes.requests().at(0).id, coordinator_.submits.requests().at(0).id);
}

TEST_F(Submits, WhoseAnswerWasLostRunAgainOnceTheyAreKnownToBeAborted) {
  coordinator_.submits.then_lose();
  coordinator_.outcomes.then(answer_outcome<OutcomeMethod>(OutcomeKind::kAborted, cause_of(AbortReason::kPresumed)));
  Client client(options_);
  EXPECT_TRUE(client.submit(batch_).committed());
  EXPECT_EQ(coordinator_.submits.requests().size(), 2U);
}

TEST_F(Submits, WhoseOutcomeNobodyCanSayAreNotRunAgain) {
  coordinator_.submits.then_lose();
  coordinator_.outcomes.always([](const auto&, const auto&) {});
  Client client(options_);
  const auto error = thrown<OutcomeUnknown>([&] { client.submit(batch_); });
  EXPECT_EQ(rpc::to_wire(error.id()), coordinator_.submits.requests().at(0).id);
  EXPECT_EQ(coordinator_.submits.requests().size(), 1U);
}

TEST_F(Submits, AfterARestartOfTheCoordinatorTakeIdsOfTheNewEpoch) {
  Client client(options_);
  EXPECT_TRUE(client.submit(batch_).committed());
  coordinator_.raise_epoch();
  abort_next(AbortReason::kPresumed);
  EXPECT_TRUE(client.submit(batch_).committed());
  EXPECT_EQ(coordinator_.submits.requests().at(1).id.epoch, 1);
  EXPECT_EQ(coordinator_.submits.requests().at(2).id.epoch, 2);
}

TEST_F(Submits, WaitForACoordinatorThatIsAwayForAMoment) {
  Client client(options_);
  EXPECT_TRUE(client.submit(batch_).committed());
  coordinator_.server().stop();
  std::thread comes_back([this] { coordinator_.server().start(); });
  EXPECT_TRUE(client.submit(batch_).committed());
  comes_back.join();
}

TEST_F(Submits, SayThatTheCoordinatorIsAwayOrTooBusyAndThatNothingHappened) {
  options_.run_attempts = 2;
  coordinator_.submits.always([](const auto&, const auto& respond) {
    respond.fault(wire::FaultCode::OVERLOADED, "65536 transactions are under way");
  });
  Client client(options_);
  EXPECT_THAT(thrown<Overloaded>([&] { client.submit(batch_); }).what(), HasSubstr("65536"));
  coordinator_.server().stop();
  EXPECT_THROW(client.submit(batch_), Unavailable);
  EXPECT_EQ(client.counters().lost_answers, 0U);
}

TEST_F(Submits, ThatAreWrongSayWhy) {
  coordinator_.submits.then_fault(wire::FaultCode::INVALID_ARGUMENT, "store b is named twice");
  Client client(options_);
  EXPECT_THAT(thrown<InvalidArgument>([&] { client.submit(batch_); }).what(), HasSubstr("store b is named twice"));
  EXPECT_THAT(thrown<InvalidArgument>([&] { client.submit(Batch{}); }).what(), HasSubstr("the batch is empty"));
}

TEST_F(Submits, WithReturnAppliedAskForIt) {
  Client client(options_);
  EXPECT_TRUE(client.submit(batch_, Return::applied).applied);
  EXPECT_EQ(coordinator_.submits.requests().at(0).return_when, wire::ReturnWhen::APPLIED);
}

}  // namespace
}  // namespace assent::sdk
