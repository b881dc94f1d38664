// Client::run(): when the function runs again, and when it must not.
#include <atomic>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/unit/sdk/sdk_test.h"

namespace assent::sdk {
namespace {

class Runs : public SdkTest {
 protected:
  void update() {
    client_.run([this](Transaction& transaction) {
      ++runs_;
      transaction.execute("a", "UPDATE t");
    });
  }

  void abort_next_commit(AbortReason reason) {
    coordinator_.commits.then(answer_outcome<CommitMethod>(OutcomeKind::kAborted, cause_of(reason)));
  }

  Client client_{options_};
  int runs_ = 0;
};

TEST_F(Runs, CommitAndReturnWhatTheFunctionReturned) {
  EXPECT_EQ(client_.run([](Transaction& transaction) { return transaction.execute("a", "UPDATE t"); }), 1U);
  EXPECT_EQ(coordinator_.commits.requests().size(), 1U);
  client_.run([](Transaction& transaction) { transaction.execute("a", "UPDATE t"); }, Return::applied);
  EXPECT_EQ(coordinator_.commits.requests().at(1).return_when, wire::ReturnWhen::APPLIED);
}

TEST_F(Runs, HappenAgainAfterAKnownAbortWithAnotherIdAndTheFirstStamp) {
  a_.executes.then(FakeParticipant::answer(FakeParticipant::ended(cause_of(AbortReason::kWounded))));
  abort_next_commit(AbortReason::kStoreUnavailable);
  update();
  EXPECT_EQ(runs_, 3);
  const auto requests = a_.executes.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ((std::set<std::int64_t>{requests[0].id.number, requests[1].id.number, requests[2].id.number}.size()), 3U);
  EXPECT_EQ(requests[1].begin_stamp, requests[0].begin_stamp);
  EXPECT_EQ(requests[2].begin_stamp, requests[0].begin_stamp);
  EXPECT_EQ(client_.counters().reruns, 2U);
}

TEST_F(Runs, TakeNoMoreIdsOfALeaseWhenAStoreSaysThatTheirCoordinatorHasGone) {
  a_.executes.then(FakeParticipant::answer(FakeParticipant::ended(cause_of(AbortReason::kPresumed))));
  update();
  EXPECT_EQ(runs_, 2);
  EXPECT_EQ(coordinator_.leases.requests().size(), 2U);
}

TEST_F(Runs, HaveTheLevelThatWasAskedForEachTime) {
  a_.executes.then(FakeParticipant::answer(FakeParticipant::ended(cause_of(AbortReason::kWounded))));
  client_.run([](Transaction& transaction) { transaction.execute("a", "UPDATE t"); }, Return::decided,
              IsolationLevel::kReadCommitted);
  update();
  const auto requests = a_.executes.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].level, wire::IsolationLevel::READ_COMMITTED);
  EXPECT_EQ(requests[1].level, wire::IsolationLevel::READ_COMMITTED);
  EXPECT_EQ(requests[2].level, wire::IsolationLevel::SERIALIZABLE);
}

TEST_F(Runs, HappenAgainAfterALostCommitThatIsKnownToBeAborted) {
  coordinator_.commits.then_lose();
  coordinator_.outcomes.then(answer_outcome<OutcomeMethod>(OutcomeKind::kAborted, cause_of(AbortReason::kPresumed)));
  update();
  EXPECT_EQ(runs_, 2);
}

TEST_F(Runs, HappenOnceIfTheLostCommitHasCommitted) {
  coordinator_.commits.then_lose();
  update();
  EXPECT_EQ(runs_, 1);
}

TEST_F(Runs, HappenOnceIfTheOutcomeIsUnknown) {
  coordinator_.commits.then_lose();
  coordinator_.outcomes.always([](const auto&, const auto&) {});
  EXPECT_THROW(update(), OutcomeUnknown);
  EXPECT_EQ(runs_, 1);
}

TEST_F(Runs, HappenOnceIfAnotherRunCannotHelp) {
  abort_next_commit(AbortReason::kConstraint);
  EXPECT_EQ(thrown<Aborted>([&] { update(); }).reason(), AbortReason::kConstraint);
  EXPECT_EQ(runs_, 1);
}

TEST_F(Runs, HappenOnceIfTheFunctionAborts) {
  const auto error = thrown<Aborted>([&] {
    client_.run([this](Transaction& transaction) {
      ++runs_;
      transaction.abort("insufficient funds");
    });
  });
  EXPECT_EQ(error.reason(), AbortReason::kApplication);
  EXPECT_EQ(error.cause().detail, "insufficient funds");
  EXPECT_EQ(runs_, 1);
}

TEST_F(Runs, AbortAndPassOnWhatTheFunctionThrows) {
  EXPECT_THROW(client_.run([](Transaction& transaction) {
    transaction.execute("a", "UPDATE t");
    throw std::out_of_range("mine");
  }),
               std::out_of_range);
  EXPECT_TRUE(coordinator_.commits.requests().empty());
  EXPECT_EQ(client_.counters().aborted.at(AbortReason::kApplication), 1U);
}

TEST_F(Runs, HappenAgainAlthoughTheFunctionKeptTheAbortToItself) {
  a_.executes.then(FakeParticipant::answer(FakeParticipant::ended(cause_of(AbortReason::kWounded))));
  client_.run([this](Transaction& transaction) {
    ++runs_;
    try {
      transaction.execute("a", "UPDATE t");
    } catch (const Aborted&) {
    }
  });
  EXPECT_EQ(runs_, 2);
}

TEST_F(Runs, HappenOnceIfTheFunctionHasCommittedWhateverItThrowsAfterwards) {
  EXPECT_THROW(client_.run([this](Transaction& transaction) {
    ++runs_;
    transaction.execute("a", "UPDATE t");
    transaction.commit();
    throw Aborted(TransactionId{}, cause_of(AbortReason::kWounded));
  }),
               Aborted);
  EXPECT_EQ(runs_, 1);
  client_.run([](Transaction& transaction) {
    transaction.execute("a", "UPDATE t");
    transaction.commit();
  });
  EXPECT_EQ(coordinator_.commits.requests().size(), 2U);
}

TEST_F(Runs, EndWithTheLastAbortAtTheLimitOfRuns) {
  options_.run_attempts = 4;
  client_ = Client(options_);
  coordinator_.commits.always(answer_outcome<CommitMethod>(OutcomeKind::kAborted, cause_of(AbortReason::kWounded)));
  EXPECT_EQ(thrown<Aborted>([&] { update(); }).reason(), AbortReason::kWounded);
  EXPECT_EQ(runs_, 4);
}

TEST_F(Runs, EndWithUnavailableIfTheCoordinatorStaysAway) {
  options_.run_attempts = 3;
  client_ = Client(options_);
  coordinator_.server().stop();
  EXPECT_THROW(update(), Unavailable);
  EXPECT_EQ(runs_, 0);
}

TEST_F(Runs, OfManyThreadsShareOneClient) {
  // Every fourth commit is wounded, and every ninth answer is lost.
  std::atomic<int> calls = 0;
  coordinator_.commits.always([&calls](const auto& request, const auto& respond) {
    const int call = ++calls;
    if (call % 9 == 0) return;
    const bool wounded = call % 4 == 0;
    respond(outcome_answer(request.id, wounded ? OutcomeKind::kAborted : OutcomeKind::kCommitted,
                           wounded ? cause_of(AbortReason::kWounded) : AbortCause{}));
  });
  options_.lease_ids = 16;
  client_ = Client(options_);
  std::vector<std::thread> threads;
  threads.reserve(4);
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([this] {
      for (int i = 0; i < 50; ++i) {
        client_.run([](Transaction& transaction) {
          transaction.execute("a", "UPDATE t");
          transaction.execute("b", "UPDATE t");
        });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(client_.counters().committed, 200U);
  std::set<std::pair<std::int64_t, std::int64_t>> ids;
  for (const auto& request : coordinator_.commits.requests()) ids.emplace(request.id.epoch, request.id.number);
  EXPECT_EQ(ids.size(), coordinator_.commits.requests().size()) << "every run has an id of its own";
}

}  // namespace
}  // namespace assent::sdk
