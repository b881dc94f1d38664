// The async_ calls: their tokens, and where their handlers run.
#include "assent/async.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <thread>

#include "tests/unit/sdk/sdk_test.h"

namespace assent::sdk {
namespace {

namespace asio = boost::asio;

class AsyncCalls : public SdkTest {
 protected:
  AsyncCalls() { batch_.execute("a", "UPDATE t"); }

  void abort_next(AbortReason reason) {
    coordinator_.submits.then(answer_outcome<SubmitMethod>(OutcomeKind::kAborted, cause_of(reason)));
  }

  static wire::ExecuteAnswer row_of(std::int64_t id) {
    auto answer = FakeParticipant::changed(0);
    answer.result = rpc::to_wire(StatementResult{{"id"}, {{Value{id}}}, 0});
    return answer;
  }

  asio::io_context io_{1};
  Batch batch_;
};

TEST_F(AsyncCalls, EndWithAFuture) {
  Client client(options_);
  EXPECT_TRUE(client.async_submit(batch_, asio::use_future).get().committed());
  abort_next(AbortReason::kConstraint);
  auto aborted = client.async_submit(batch_, asio::use_future);
  EXPECT_EQ(thrown<Aborted>([&] { aborted.get(); }).reason(), AbortReason::kConstraint);
}

asio::awaitable<int> submit_twice(Client& client, const Batch& batch) {
  const auto outcome = co_await client.async_submit(batch, asio::use_awaitable);
  EXPECT_TRUE(outcome.committed());
  try {
    co_await client.async_submit(batch, asio::use_awaitable);
  } catch (const Aborted& aborted) {
    EXPECT_EQ(aborted.reason(), AbortReason::kConstraint);
    co_return 2;
  }
  co_return 1;
}

TEST_F(AsyncCalls, EndInACoroutine) {
  Client client(options_, io_);
  coordinator_.submits.then(answer_outcome<SubmitMethod>(OutcomeKind::kCommitted));
  abort_next(AbortReason::kConstraint);
  auto ended = asio::co_spawn(io_, submit_twice(client, batch_), asio::use_future);
  while (ended.wait_for(0s) != std::future_status::ready) io_.run_one();
  EXPECT_EQ(ended.get(), 2);
}

TEST_F(AsyncCalls, EndInACallbackOnTheThreadOfTheClient) {
  Client client(options_, io_);
  bool called = false;
  client.async_submit(batch_, [&](std::exception_ptr failure, Outcome outcome) {
    called = true;
    EXPECT_FALSE(failure);
    EXPECT_TRUE(outcome.committed());
    EXPECT_TRUE(io_.get_executor().running_in_this_thread());
  });
  EXPECT_FALSE(called);
  while (!called) io_.run_one();
}

TEST_F(AsyncCalls, EndWhereTheirHandlerBelongsWhichHasWorkUntilThen) {
  Client client(options_);
  bool called = false;
  client.async_submit(batch_, asio::bind_executor(io_, [&](std::exception_ptr, Outcome outcome) {
                        called = true;
                        EXPECT_TRUE(outcome.committed());
                        EXPECT_TRUE(io_.get_executor().running_in_this_thread());
                      }));
  io_.run();
  EXPECT_TRUE(called);
}

TEST_F(AsyncCalls, BeginWhenADeferredOneIsAskedTo) {
  Client client(options_);
  auto submit = client.async_submit(batch_, asio::deferred);
  EXPECT_TRUE(coordinator_.submits.requests().empty());
  EXPECT_TRUE(std::move(submit)(asio::use_future).get().committed());
}

asio::awaitable<TransactionId> transfer(Client& client) {
  auto transaction = co_await client.async_begin(asio::use_awaitable);
  const auto row = co_await transaction.async_query_one("a", "SELECT id FROM t WHERE id = ?", 7, asio::use_awaitable);
  const auto id = row.get<std::int64_t>("id");
  const auto changed = co_await transaction.async_execute("b", "UPDATE u SET x = ?", id, asio::use_awaitable);
  EXPECT_EQ(changed, 1U);
  const auto rows = co_await transaction.async_query("b", "SELECT x FROM u", asio::use_awaitable);
  EXPECT_EQ(rows.changed_rows(), 1U);
  const auto outcome = co_await transaction.async_commit(asio::use_awaitable);
  EXPECT_TRUE(outcome.committed());
  const auto asked = co_await client.async_outcome(outcome.id, asio::use_awaitable);
  EXPECT_TRUE(asked.committed());
  co_return outcome.id;
}

TEST_F(AsyncCalls, MakeAWholeTransaction) {
  a_.executes.then(FakeParticipant::answer(row_of(7)));
  Client client(options_, io_);
  auto ended = asio::co_spawn(io_, transfer(client), asio::use_future);
  while (ended.wait_for(0s) != std::future_status::ready) io_.run_one();
  const auto id = ended.get();
  EXPECT_EQ(a_.executes.requests().at(0).statement.parameters.at(0).integer, 7);
  EXPECT_EQ(b_.executes.requests().at(0).statement.parameters.at(0).integer, 7);
  const auto commits = coordinator_.commits.requests();
  ASSERT_EQ(commits.size(), 1U);
  EXPECT_EQ(rpc::from_wire(commits[0].id), id);
  EXPECT_EQ(commits[0].branches.size(), 2U);
}

}  // namespace
}  // namespace assent::sdk
