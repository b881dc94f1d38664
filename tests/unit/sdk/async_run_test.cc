// Client::async_run(): as Client::run(), of coroutines.
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <stdexcept>
#include <string>

#include "tests/unit/sdk/async_calls.h"

namespace assent::sdk {
namespace {

class AsyncRuns : public AsyncTest {
 protected:
  auto update() {
    return [this](Transaction& transaction) -> asio::awaitable<void> {
      ++runs_;
      EXPECT_TRUE(io_.get_executor().running_in_this_thread());
      co_await transaction.async_execute("a", "UPDATE t", asio::use_awaitable);
    };
  }

  void run_update() { run(client_.async_run(update(), asio::use_awaitable)); }

  void abort_next_commit(AbortReason reason) {
    coordinator_.commits.then(answer_outcome<CommitMethod>(OutcomeKind::kAborted, cause_of(reason)));
  }

  Client client_{options_, io_};
  int runs_ = 0;
};

TEST_F(AsyncRuns, CommitAndReturnWhatTheFunctionReturned) {
  const auto changed = run(client_.async_run(
      [](Transaction& transaction) -> asio::awaitable<std::uint64_t> {
        const auto rows = co_await transaction.async_execute("a", "UPDATE t", asio::use_awaitable);
        co_return rows;
      },
      Return::applied, IsolationLevel::kReadCommitted, asio::use_awaitable));
  EXPECT_EQ(changed, 1U);
  ASSERT_EQ(coordinator_.commits.requests().size(), 1U);
  EXPECT_EQ(coordinator_.commits.requests().at(0).return_when, wire::ReturnWhen::APPLIED);
  EXPECT_EQ(a_.executes.requests().at(0).level, wire::IsolationLevel::READ_COMMITTED);
}

TEST_F(AsyncRuns, RunTheirCoroutinesWhereTheHandlerBelongs) {
  Client client(options_);
  bool told = false;
  client.async_run(update(), asio::bind_executor(io_, [&](const std::exception_ptr& failure) {
                     EXPECT_FALSE(failure);
                     EXPECT_TRUE(io_.get_executor().running_in_this_thread());
                     told = true;
                   }));
  while (!told) io_.run_one_for(10ms);
  EXPECT_EQ(runs_, 1);
}

TEST_F(AsyncRuns, RunThemOnTheThreadOfTheClientIfTheHandlerBelongsNowhere) {
  auto committed = client_.async_run(update(), asio::use_future);
  run_until(std::move(committed));
  EXPECT_EQ(runs_, 1);
}

TEST_F(AsyncRuns, HappenAgainAfterAKnownAbortWithAnotherIdAndTheFirstStamp) {
  a_.executes.then(FakeParticipant::answer(FakeParticipant::ended(cause_of(AbortReason::kWounded))));
  abort_next_commit(AbortReason::kStoreUnavailable);
  run_update();
  EXPECT_EQ(runs_, 3);
  const auto requests = a_.executes.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_NE(requests[1].id.number, requests[0].id.number);
  EXPECT_NE(requests[2].id.number, requests[1].id.number);
  EXPECT_EQ(requests[1].begin_stamp, requests[0].begin_stamp);
  EXPECT_EQ(requests[2].begin_stamp, requests[0].begin_stamp);
  EXPECT_EQ(client_.counters().reruns, 2U);
}

TEST_F(AsyncRuns, HappenOnceIfTheOutcomeIsUnknown) {
  coordinator_.commits.then_lose();
  coordinator_.outcomes.always([](const auto&, const auto&) {});
  EXPECT_THROW(run_update(), OutcomeUnknown);
  EXPECT_EQ(runs_, 1);
}

TEST_F(AsyncRuns, HappenOnceIfAnotherRunCannotHelp) {
  abort_next_commit(AbortReason::kConstraint);
  EXPECT_EQ(thrown<Aborted>([&] { run_update(); }).reason(), AbortReason::kConstraint);
  EXPECT_EQ(runs_, 1);
}

TEST_F(AsyncRuns, EndWithTheLastAbortAtTheLimitOfRuns) {
  options_.run_attempts = 4;
  client_ = Client(options_, io_);
  coordinator_.commits.always(answer_outcome<CommitMethod>(OutcomeKind::kAborted, cause_of(AbortReason::kWounded)));
  EXPECT_EQ(thrown<Aborted>([&] { run_update(); }).reason(), AbortReason::kWounded);
  EXPECT_EQ(runs_, 4);
}

TEST_F(AsyncRuns, EndWithUnavailableIfTheCoordinatorStaysAway) {
  options_.run_attempts = 3;
  client_ = Client(options_, io_);
  coordinator_.server().stop();
  EXPECT_THROW(run_update(), Unavailable);
  EXPECT_EQ(runs_, 0);
}

TEST_F(AsyncRuns, HappenOnceIfTheFunctionAborts) {
  const auto error = thrown<Aborted>([&] {
    run(client_.async_run(
        [this](Transaction& transaction) -> asio::awaitable<void> {
          ++runs_;
          co_await transaction.async_execute("a", "UPDATE t", asio::use_awaitable);
          transaction.abort("insufficient funds");
        },
        asio::use_awaitable));
  });
  EXPECT_EQ(error.cause().detail, "insufficient funds");
  EXPECT_EQ(runs_, 1);
}

TEST_F(AsyncRuns, AbortAndPassOnWhatTheFunctionThrows) {
  EXPECT_THROW(run(client_.async_run(
                   [](Transaction& transaction) -> asio::awaitable<void> {
                     co_await transaction.async_execute("a", "UPDATE t", asio::use_awaitable);
                     throw std::out_of_range("mine");
                   },
                   asio::use_awaitable)),
               std::out_of_range);
  // A function that makes a coroutine, and does not get that far.
  EXPECT_THROW(
      run(client_.async_run([](Transaction&) -> asio::awaitable<void> { throw std::out_of_range("mine, too"); },
                            asio::use_awaitable)),
      std::out_of_range);
  EXPECT_TRUE(coordinator_.commits.requests().empty());
  EXPECT_EQ(client_.counters().aborted.at(AbortReason::kApplication), 2U);
}

TEST_F(AsyncRuns, HappenOnceIfTheFunctionHasCommitted) {
  run(client_.async_run(
      [this](Transaction& transaction) -> asio::awaitable<void> {
        ++runs_;
        co_await transaction.async_execute("a", "UPDATE t", asio::use_awaitable);
        co_await transaction.async_commit(asio::use_awaitable);
      },
      asio::use_awaitable));
  EXPECT_EQ(coordinator_.commits.requests().size(), 1U);
  EXPECT_EQ(runs_, 1);
}

TEST_F(AsyncRuns, AbortIfTheFunctionLeavesACallBehind) {
  std::promise<wire::AbortRequest> aborted;
  coordinator_.aborts.then([&](const auto& request, const auto& respond) {
    respond(outcome_answer(request.id, OutcomeKind::kAborted, cause_of(AbortReason::kApplication)));
    aborted.set_value(request);
  });
  bool told = false;
  const auto error = thrown<InvalidArgument>([&] {
    run(client_.async_run(
        [&](Transaction& transaction) -> asio::awaitable<void> {
          transaction.async_execute("a", "UPDATE t", [&](const std::exception_ptr&, std::uint64_t) { told = true; });
          co_return;
        },
        asio::use_awaitable));
  });
  EXPECT_THAT(error.what(), HasSubstr("is busy"));
  const auto request = run_until(aborted.get_future());
  EXPECT_TRUE(told);
  EXPECT_EQ(request.branches.at(0).branch, FakeParticipant::branch());
  EXPECT_TRUE(coordinator_.commits.requests().empty());
}

}  // namespace
}  // namespace assent::sdk
