// How commits come to a known end, or are reported as unknown.
#include <memory>
#include <vector>

#include "tests/unit/sdk/sdk_test.h"

namespace assent::sdk {
namespace {

class Commits : public SdkTest {
 protected:
  // A transaction that has done something, ready to commit.
  Transaction worked(Client& client) {
    auto transaction = client.begin();
    transaction.execute("a", "UPDATE t");
    return transaction;
  }

  std::shared_ptr<Script<CommitMethod>::Respond> kept_;  // neither answered nor let go
};

TEST_F(Commits, ThatTheCoordinatorAbortsSayWhy) {
  auto cause = cause_of(AbortReason::kVoteNo, "the schema has changed");
  cause.store = "a";
  coordinator_.commits.then(answer_outcome<CommitMethod>(OutcomeKind::kAborted, cause));
  Client client(options_);
  auto transaction = worked(client);
  const auto error = thrown<Aborted>([&] { transaction.commit(); });
  EXPECT_EQ(error.cause(), cause);
  EXPECT_EQ(thrown<Aborted>([&] { transaction.commit(); }).cause(), cause);
}

TEST_F(Commits, WhoseAnswerWasLostAreCommittedIfTheCoordinatorSaysSo) {
  coordinator_.commits.then_lose();
  coordinator_.outcomes.then(answer_outcome<OutcomeMethod>(OutcomeKind::kInProgress));
  Client client(options_);
  auto transaction = worked(client);
  EXPECT_TRUE(transaction.commit().committed());
  EXPECT_EQ(coordinator_.commits.requests().size(), 1U);
  EXPECT_EQ(coordinator_.outcomes.requests().size(), 2U);
  EXPECT_EQ(coordinator_.outcomes.requests().at(0).id, rpc::to_wire(transaction.id()));
  EXPECT_EQ(client.counters().lost_answers, 1U);
}

TEST_F(Commits, WhoseAnswerWasLostAreAbortedIfTheCoordinatorSaysSo) {
  coordinator_.commits.then_lose();
  coordinator_.outcomes.then(answer_outcome<OutcomeMethod>(OutcomeKind::kAborted, cause_of(AbortReason::kPresumed)));
  Client client(options_);
  auto transaction = worked(client);
  EXPECT_EQ(thrown<Aborted>([&] { transaction.commit(); }).reason(), AbortReason::kPresumed);
}

TEST_F(Commits, WhoseAnswerWasLostAskThroughARestartOfTheCoordinator) {
  coordinator_.commits.then([this](const auto&, const auto& respond) {
    coordinator_.server().break_connections();
    kept_ = std::make_shared<Script<CommitMethod>::Respond>(respond);
  });
  Client client(options_);
  auto transaction = worked(client);
  EXPECT_TRUE(transaction.commit().committed());
}

TEST_F(Commits, WhoseOutcomeNobodyCanSayAreUnknownAndNeverAborted) {
  coordinator_.commits.then_lose();
  coordinator_.outcomes.always(
      [](const auto&, const auto& respond) { respond.fault(wire::FaultCode::UNAVAILABLE, "starting"); });
  Client client(options_);
  auto transaction = worked(client);
  const auto error = thrown<OutcomeUnknown>([&] { transaction.commit(); });
  EXPECT_EQ(error.id(), transaction.id());
  EXPECT_FALSE(transaction.is_active());
  EXPECT_THROW(transaction.execute("a", "UPDATE t"), OutcomeUnknown);
  EXPECT_THROW(transaction.commit(), OutcomeUnknown);
  EXPECT_THROW(transaction.abort("no"), OutcomeUnknown);
  transaction.roll_back();
  EXPECT_TRUE(coordinator_.aborts.requests().empty()) << "it may have committed";
  EXPECT_EQ(client.counters().unknown_outcomes, 1U);
  EXPECT_TRUE(client.counters().aborted.empty());
}

TEST_F(Commits, ThatWereForgottenAreUnknown) {
  coordinator_.commits.then_lose();
  coordinator_.outcomes.then(answer_outcome<OutcomeMethod>(OutcomeKind::kForgotten));
  Client client(options_);
  auto transaction = worked(client);
  EXPECT_THAT(thrown<OutcomeUnknown>([&] { transaction.commit(); }).what(), HasSubstr("keeps outcomes"));
}

TEST_F(Commits, ThatWereRefusedForNowAreSentAgain) {
  coordinator_.commits.then_fault(wire::FaultCode::OVERLOADED).then_fault(wire::FaultCode::UNAVAILABLE);
  Client client(options_);
  auto transaction = worked(client);
  EXPECT_TRUE(transaction.commit().committed());
  EXPECT_EQ(coordinator_.commits.requests().size(), 3U);
  EXPECT_TRUE(coordinator_.outcomes.requests().empty()) << "a question would have aborted it";
}

TEST_F(Commits, ThatNeverReachTheCoordinatorAreAborted) {
  Client client(options_);
  auto transaction = worked(client);
  coordinator_.server().stop();
  const auto error = thrown<Aborted>([&] { transaction.commit(); });
  EXPECT_EQ(error.reason(), AbortReason::kPresumed);
  EXPECT_THAT(error.what(), HasSubstr("the coordinator did not take in the commit"));
}

TEST_F(Commits, ThatTheCoordinatorIsTooBusyForAreAbortedInTheEnd) {
  coordinator_.commits.always(
      [](const auto&, const auto& respond) { respond.fault(wire::FaultCode::OVERLOADED, "65536 transactions"); });
  Client client(options_);
  auto transaction = worked(client);
  EXPECT_EQ(thrown<Aborted>([&] { transaction.commit(); }).reason(), AbortReason::kOverloaded);
}

TEST_F(Commits, ThatAreRefusedAsWrongAreAborted) {
  coordinator_.commits.then_fault(wire::FaultCode::INVALID_ARGUMENT, "65 stores are too many");
  Client client(options_);
  auto transaction = worked(client);
  EXPECT_THAT(thrown<InvalidArgument>([&] { transaction.commit(); }).what(), HasSubstr("65 stores are too many"));
  EXPECT_THROW(transaction.commit(), Aborted);
}

TEST_F(Commits, ThatAreRefusedForAnotherReasonAreAskedFor) {
  coordinator_.commits.then_fault(wire::FaultCode::CONFLICT);
  coordinator_.outcomes.then(answer_outcome<OutcomeMethod>(OutcomeKind::kAborted, cause_of(AbortReason::kWounded)));
  Client client(options_);
  auto transaction = worked(client);
  EXPECT_EQ(thrown<Aborted>([&] { transaction.commit(); }).reason(), AbortReason::kWounded);
}

TEST_F(Commits, WithReturnAppliedSayThatEveryStoreHasAppliedThem) {
  Client client(options_);
  auto transaction = worked(client);
  EXPECT_TRUE(transaction.commit(Return::applied).applied);
  EXPECT_EQ(coordinator_.commits.requests().at(0).return_when, wire::ReturnWhen::APPLIED);
  EXPECT_FALSE(worked(client).commit().applied);
}

TEST_F(Commits, WithReturnAppliedAskAgainForItAfterALostAnswer) {
  coordinator_.commits.then_lose();
  Client client(options_);
  auto transaction = worked(client);
  EXPECT_TRUE(transaction.commit(Return::applied).applied);
  EXPECT_EQ(coordinator_.commits.requests().size(), 2U);
}

TEST_F(Commits, WithReturnAppliedReturnWithoutAStoreThatStaysAway) {
  options_.applied_timeout = 50ms;
  std::vector<Script<CommitMethod>::Respond> held;
  coordinator_.commits.always([&](const auto&, const auto& respond) { held.push_back(respond); });
  {
    Client client(options_);
    auto transaction = worked(client);
    const auto outcome = transaction.commit(Return::applied);
    EXPECT_TRUE(outcome.committed());
    EXPECT_FALSE(outcome.applied);
    EXPECT_EQ(coordinator_.commits.requests().size(), 1U) << "it has waited for applied_timeout, and not once more";
    EXPECT_TRUE(worked(client).is_active()) << "other calls have a connection of their own";
  }
  coordinator_.server().stop();
}

TEST_F(Commits, AnAnswerAboutAnotherTransactionIsNoAnswer) {
  coordinator_.commits.then([](const auto& request, const auto& respond) {
    auto id = request.id;
    ++id.number;
    respond(outcome_answer(id, OutcomeKind::kCommitted));
  });
  coordinator_.outcomes.then(answer_outcome<OutcomeMethod>(OutcomeKind::kAborted, cause_of(AbortReason::kPresumed)));
  Client client(options_);
  auto transaction = worked(client);
  EXPECT_THROW(transaction.commit(), Aborted);
}

TEST_F(Commits, WhoseIdTheCoordinatorDoesNotKnowAnyMoreAreUnknownAtOnce) {
  coordinator_.commits.then_lose();
  coordinator_.outcomes.always([](const auto&, const auto& respond) {
    respond.fault(wire::FaultCode::INVALID_ARGUMENT, "it was never leased from this decision log");
  });
  Client client(options_);
  auto transaction = worked(client);
  EXPECT_THAT(thrown<OutcomeUnknown>([&] { transaction.commit(); }).what(), HasSubstr("never leased"));
  EXPECT_EQ(coordinator_.outcomes.requests().size(), 1U);
  EXPECT_THROW(client.outcome(transaction.id()), InvalidArgument);
}

TEST_F(Commits, TheOutcomeOfAnIdIsAskedForUntilItIsKnown) {
  coordinator_.outcomes.then_lose()
      .then(answer_outcome<OutcomeMethod>(OutcomeKind::kInProgress))
      .then(answer_outcome<OutcomeMethod>(OutcomeKind::kForgotten));
  Client client(options_);
  const TransactionId id{LogIdentity{0xA}, Epoch{1}, 77};
  EXPECT_EQ(client.outcome(id).kind, OutcomeKind::kForgotten);
  coordinator_.outcomes.always(answer_outcome<OutcomeMethod>(OutcomeKind::kInProgress));
  const auto error = thrown<OutcomeUnknown>([&] { client.outcome(id); });
  EXPECT_EQ(error.id(), id);
  EXPECT_THAT(error.what(), HasSubstr("it is in progress"));
}

}  // namespace
}  // namespace assent::sdk
