// What becomes of async_ calls whose client, transaction or io_context goes first.
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <memory>
#include <optional>

#include "tests/unit/sdk/async_calls.h"

namespace assent::sdk {
namespace {

class AsyncEnds : public AsyncTest {
 protected:
  AsyncEnds() {
    options_.call_timeout = 60s;
    options_.commit_timeout = 60s;
    options_.store_retry_time = 60s;
    options_.outcome_time_limit = 60s;
    options_.run_time_limit = 60s;
  }

  // A token that only keeps something alive, and a look at it.
  static auto keeps(const std::shared_ptr<int>& kept) {
    return [kept](const std::exception_ptr&, const auto&) { FAIL() << "nobody runs this"; };
  }
};

TEST_F(AsyncEnds, AClientThatGoesEndsWhatIsOnItsWay) {
  std::optional<Client> client(options_);
  auto statement = client->begin();
  auto commit = client->begin();
  commit.execute("b", "UPDATE t");
  auto arrived = std::array{coordinator_.submits.then_hold(), coordinator_.commits.then_hold(), a_.executes.then_hold(),
                            coordinator_.outcomes.then_hold()};
  auto submitted = client->async_submit(batch_, asio::use_future);
  auto committed = commit.async_commit(asio::use_future);
  auto executed = statement.async_execute("a", "UPDATE t", asio::use_future);
  auto asked = client->async_outcome(commit.id(), asio::use_future);
  for (auto& each : arrived) each.wait();
  client.reset();
  for (auto* ended : {&submitted, &committed, &asked}) EXPECT_EQ(ended->wait_for(0s), std::future_status::ready);
  EXPECT_THROW(submitted.get(), OutcomeUnknown);
  EXPECT_THROW(committed.get(), OutcomeUnknown);
  EXPECT_THROW(asked.get(), OutcomeUnknown);
  EXPECT_EQ(executed.wait_for(0s), std::future_status::ready);
  EXPECT_EQ(thrown<Aborted>([&] { executed.get(); }).reason(), AbortReason::kStoreUnavailable);
}

TEST_F(AsyncEnds, AClientThatGoesEndsWhatHasNotBegun) {
  auto arrived = coordinator_.leases.then_hold();
  std::optional<Client> client(options_);
  auto begun = client->async_begin(asio::use_future);
  auto submitted = client->async_submit(batch_, asio::use_future);
  arrived.wait();
  client.reset();
  EXPECT_THROW(begun.get(), Unavailable);
  EXPECT_THROW(submitted.get(), Unavailable);
}

TEST_F(AsyncEnds, AClientThatGoesEndsTheRunsThatFollowAnAbort) {
  coordinator_.submits.always(answer_outcome<SubmitMethod>(OutcomeKind::kAborted, cause_of(AbortReason::kWounded)));
  std::optional<Client> client(options_);
  auto submitted = client->async_submit(batch_, asio::use_future);
  client.reset();
  try {
    submitted.get();
    FAIL() << "nothing was thrown";
  } catch (const Aborted& aborted) {
    EXPECT_EQ(aborted.reason(), AbortReason::kWounded);
  } catch (const Unavailable&) {  // not even begun
  }
}

TEST_F(AsyncEnds, AClientThatIsReplacedEndsWhatIsOnItsWay) {
  auto arrived = coordinator_.submits.then_hold();
  Client client(options_);
  auto submitted = client.async_submit(batch_, asio::use_future);
  arrived.wait();
  client = Client(options_);
  EXPECT_THROW(submitted.get(), OutcomeUnknown);
  EXPECT_TRUE(client.async_submit(batch_, asio::use_future).get().committed());
}

TEST_F(AsyncEnds, AClientThatHasGoneTouchesNoExecutorOfItsHandlers) {
  const auto kept = std::make_shared<int>();
  {
    asio::io_context never_run;
    auto arrived = coordinator_.submits.then_hold();
    Client client(options_);
    client.async_submit(batch_, asio::bind_executor(never_run, keeps(kept)));
    arrived.wait();
  }
  EXPECT_EQ(kept.use_count(), 1);
}

TEST_F(AsyncEnds, AClientMayGoInAHandlerOnItsOwnThread) {
  auto arrived = coordinator_.submits.then_hold();
  auto client = std::make_unique<Client>(options_);
  auto submitted = client->async_submit(batch_, asio::use_future);
  arrived.wait();
  std::promise<void> gone;
  client->async_begin([&](const std::exception_ptr&, const Transaction&) {
    client.reset();
    gone.set_value();
  });
  gone.get_future().wait();
  EXPECT_THROW(submitted.get(), OutcomeUnknown);
}

TEST_F(AsyncEnds, AClientWithoutAThreadEndsThemWhileItsIoContextRunsWhichThenHasNothingLeft) {
  auto arrived = coordinator_.submits.then_hold();
  std::optional<Client> client(std::in_place, options_, io_);
  auto submitted = client->async_submit(batch_, asio::use_future);
  run_until(std::move(arrived));
  client.reset();
  io_.run();
  EXPECT_THROW(submitted.get(), OutcomeUnknown);
}

TEST_F(AsyncEnds, AnIoContextThatGoesTakesThemAlong) {
  const auto kept = std::make_shared<int>();
  auto submitted = coordinator_.submits.then_hold();
  auto executed = a_.executes.then_hold();
  {
    std::optional<asio::io_context> io(1);
    {
      Client client(options_, *io);
      client.async_submit(batch_, keeps(kept));
      auto coroutine = [](Client& client, std::shared_ptr<int> /*kept*/) -> asio::awaitable<void> {
        auto transaction = co_await client.async_begin(asio::use_awaitable);
        co_await transaction.async_execute("a", "UPDATE t", asio::use_awaitable);
        ADD_FAILURE() << "nobody runs this";
      };
      asio::co_spawn(*io, coroutine(client, kept), asio::detached);
      while (submitted.wait_for(0s) != std::future_status::ready ||
             executed.wait_for(0s) != std::future_status::ready) {
        io->run_one_for(10ms);
      }
      client.async_begin(keeps(kept));
    }
    io.reset();
  }
  EXPECT_EQ(kept.use_count(), 1);
}

TEST_F(AsyncEnds, ATransactionMayGoBeforeItsCallAndIsAbortedWhenThatHasEnded) {
  std::promise<wire::AbortRequest> aborted;
  coordinator_.aborts.then([&](const auto& request, const auto& respond) {
    respond(outcome_answer(request.id, OutcomeKind::kAborted, cause_of(AbortReason::kApplication)));
    aborted.set_value(request);
  });
  Client client(options_);
  auto executed = client.begin().async_execute("a", "UPDATE t", asio::use_future);
  EXPECT_EQ(executed.get(), 1U);
  EXPECT_EQ(aborted.get_future().get().branches.at(0).branch, FakeParticipant::branch());
}

TEST_F(AsyncEnds, ATransactionMayGoBeforeItsCommit) {
  Client client(options_);
  auto transaction = client.begin();
  transaction.execute("a", "UPDATE t");
  auto committed = transaction.async_commit(asio::use_future);
  transaction = Transaction();
  EXPECT_TRUE(committed.get().committed());
}

}  // namespace
}  // namespace assent::sdk
