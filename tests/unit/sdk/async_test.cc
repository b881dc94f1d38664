// The async_ calls: each token, what each call does, and where handlers run.
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/unit/sdk/async_calls.h"

namespace assent::sdk {
namespace {

using AsyncCalls = AsyncTest;

TEST_F(AsyncCalls, EndWithAFuture) {
  Client client(options_);
  EXPECT_TRUE(client.async_submit(batch_, asio::use_future).get().committed());
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
  abort_next_submit(AbortReason::kConstraint);
  EXPECT_EQ(run(submit_twice(client, batch_)), 2);
}

TEST_F(AsyncCalls, EndInACallbackOnTheThreadOfTheClientNeverFromInsideOfTheCall) {
  Client client(options_, io_);
  std::promise<void> done;
  bool returned = false;
  asio::post(io_, [&] {
    client.async_begin([&](const std::exception_ptr& failure, const Transaction& first) {
      EXPECT_FALSE(failure);
      EXPECT_TRUE(first.is_active());
      // Now there are ids, so that nothing has to be waited for.
      client.async_begin([&](const std::exception_ptr&, const Transaction& second) {
        EXPECT_TRUE(returned);
        EXPECT_TRUE(second.is_active());
        EXPECT_TRUE(io_.get_executor().running_in_this_thread());
        done.set_value();
      });
      returned = true;
    });
  });
  run_until(done.get_future());
}

TEST_F(AsyncCalls, EndWhereTheirHandlerBelongsWhichHasWorkUntilThen) {
  Client client(options_);
  bool called = false;
  client.async_submit(batch_, asio::bind_executor(io_, [&](const std::exception_ptr&, const Outcome& outcome) {
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
  EXPECT_TRUE(submit(asio::use_future).get().committed());
  EXPECT_TRUE(std::move(submit)(asio::use_future).get().committed());
  EXPECT_EQ(coordinator_.submits.requests().size(), 2U);
}

TEST_F(AsyncCalls, TakeHandlersThatCannotBeCopied) {
  Client client(options_, io_);
  auto transaction = run_until(client.async_begin(asio::use_future));
  std::promise<std::uint64_t> done;
  transaction.async_execute("a", "UPDATE t SET x = ?", 7,
                            [&done, add = std::make_unique<std::uint64_t>(10)](
                                const std::exception_ptr&, std::uint64_t changed) { done.set_value(*add + changed); });
  EXPECT_EQ(run_until(done.get_future()), 11U);
}

TEST_F(AsyncCalls, MayHaveNobodyWhoWaits) {
  std::promise<void> submitted;
  coordinator_.submits.then([&](const auto& request, const auto& respond) {
    respond(outcome_answer(request.id, OutcomeKind::kCommitted));
    submitted.set_value();
  });
  Client client(options_);
  client.async_submit(batch_, asio::detached);
  submitted.get_future().wait();
}

asio::awaitable<TransactionId> transfer(Client& client) {
  auto transaction = co_await client.async_begin(asio::use_awaitable);
  const auto row = co_await transaction.async_query_one("a", "SELECT id FROM t WHERE id = ?", 7, asio::use_awaitable);
  const auto id = row.get<std::int64_t>("id");
  const auto changed = co_await transaction.async_execute("b", "UPDATE u SET x = ?", id, asio::use_awaitable);
  EXPECT_EQ(changed, 1U);
  const auto rows = co_await transaction.async_query("b", "SELECT x FROM u", asio::use_awaitable);
  EXPECT_EQ(rows.changed_rows(), 1U);
  Statement statement{"DELETE FROM u", {}, {}};
  const auto deleted = co_await transaction.async_run("b", statement, asio::use_awaitable);
  EXPECT_EQ(deleted.changed_rows(), 1U);
  const auto outcome = co_await transaction.async_commit(asio::use_awaitable);
  EXPECT_TRUE(outcome.committed());
  const auto asked = co_await client.async_outcome(outcome.id, asio::use_awaitable);
  EXPECT_TRUE(asked.committed());
  co_return outcome.id;
}

TEST_F(AsyncCalls, MakeAWholeTransaction) {
  a_.executes.then(FakeParticipant::answer(row_of(7)));
  Client client(options_, io_);
  const auto id = run(transfer(client));
  EXPECT_EQ(a_.executes.requests().at(0).statement.parameters.at(0).integer, 7);
  EXPECT_EQ(b_.executes.requests().at(0).statement.parameters.at(0).integer, 7);
  const auto commits = coordinator_.commits.requests();
  ASSERT_EQ(commits.size(), 1U);
  EXPECT_EQ(rpc::from_wire(commits[0].id), id);
  ASSERT_EQ(commits[0].branches.size(), 2U);
  EXPECT_EQ(commits[0].branches[1].statement_count, 3);
}

TEST_F(AsyncCalls, HaveTheOptionsOfThoseThatWait) {
  Client client(options_);
  auto transaction = client.async_begin(IsolationLevel::kReadCommitted, asio::use_future).get();
  transaction.async_execute("a", "UPDATE t", asio::use_future).get();
  EXPECT_TRUE(transaction.async_commit(Return::applied, asio::use_future).get().applied);
  EXPECT_TRUE(client.async_submit(batch_, Return::applied, asio::use_future).get().applied);
  client.async_submit(batch_, Return::decided, IsolationLevel::kReadCommitted, asio::use_future).get();
  EXPECT_EQ(a_.executes.requests().at(0).level, wire::IsolationLevel::READ_COMMITTED);
  EXPECT_EQ(coordinator_.commits.requests().at(0).return_when, wire::ReturnWhen::APPLIED);
  EXPECT_EQ(coordinator_.submits.requests().at(0).return_when, wire::ReturnWhen::APPLIED);
  EXPECT_EQ(coordinator_.submits.requests().at(1).return_when, wire::ReturnWhen::DECIDED);
  EXPECT_EQ(coordinator_.submits.requests().at(1).level, wire::IsolationLevel::READ_COMMITTED);
}

TEST_F(AsyncCalls, EndAsThoseThatWaitThrow) {
  Client client(options_, io_);
  auto transaction = run_until(client.async_begin(asio::use_future));
  a_.executes.then(FakeParticipant::answer(FakeParticipant::failed(cause_of(AbortReason::kConstraint))));
  auto failed = transaction.async_execute("a", "INSERT INTO t", asio::use_future);
  EXPECT_EQ(failed_with<StatementError>(std::move(failed)).sql(), "INSERT INTO t");
  auto no_row = transaction.async_query_one("a", "SELECT 1", asio::use_future);
  EXPECT_THAT(failed_with<StatementError>(std::move(no_row)).what(), HasSubstr("expected one row, found 0"));
  a_.executes.then(FakeParticipant::answer(FakeParticipant::ended(cause_of(AbortReason::kWounded))));
  auto ended = transaction.async_query("a", "SELECT 1", asio::use_future);
  EXPECT_EQ(failed_with<Aborted>(std::move(ended)).reason(), AbortReason::kWounded);
  auto commit = transaction.async_commit(asio::use_future);
  EXPECT_EQ(failed_with<Aborted>(std::move(commit)).reason(), AbortReason::kWounded);
  failed_with<InvalidArgument>(client.async_submit(Batch(), asio::use_future));
  abort_next_submit(AbortReason::kConstraint);
  auto submit = client.async_submit(batch_, asio::use_future);
  EXPECT_EQ(failed_with<Aborted>(std::move(submit)).reason(), AbortReason::kConstraint);
  coordinator_.outcomes.always([](const auto&, const auto&) {});
  auto unknown = client.async_outcome(transaction.id(), asio::use_future);
  EXPECT_EQ(failed_with<OutcomeUnknown>(std::move(unknown)).id(), transaction.id());
}

TEST_F(AsyncCalls, GiveAnEmptyValueBesideAFailure) {
  Client client(options_);
  coordinator_.leases.then_fault(wire::FaultCode::OVERLOADED);
  std::promise<void> done;
  client.async_begin([&](const std::exception_ptr& failure, Transaction none) {
    EXPECT_THROW(std::rethrow_exception(failure), Overloaded);
    EXPECT_FALSE(none.is_active());
    EXPECT_THROW(none.commit(), InvalidArgument);
    done.set_value();
  });
  done.get_future().wait();
  EXPECT_EQ(Row().size(), 0U);
  EXPECT_THROW(Row().get<int>("id"), InvalidArgument);
}

TEST_F(AsyncCalls, ThrowAtOnceWhatIsWrongWithTheCallItself) {
  Client client(options_);
  auto transaction = client.begin();
  const auto moved = std::move(transaction);
  const char* const null = nullptr;
  EXPECT_THROW(transaction.async_commit(asio::detached), InvalidArgument);  // NOLINT(bugprone-use-after-move)
  transaction = client.begin();
  EXPECT_THROW(transaction.async_execute("a", "UPDATE t SET x = ?", null, asio::detached), InvalidArgument);
  const Client elsewhere = std::move(client);
  EXPECT_THROW(client.async_submit(batch_, asio::detached), InvalidArgument);  // NOLINT(bugprone-use-after-move)
}

TEST_F(AsyncCalls, OfATransactionAreMadeOneAfterTheOther) {
  Client client(options_, io_);
  auto transaction = run_until(client.async_begin(asio::use_future));
  auto arrived = a_.executes.then_hold();
  auto first = transaction.async_execute("a", "UPDATE t", asio::use_future);
  const auto respond = run_until(std::move(arrived));
  auto second = transaction.async_execute("b", "UPDATE t", asio::use_future);
  EXPECT_THAT(failed_with<InvalidArgument>(std::move(second)).what(), HasSubstr("is busy"));
  a_.server().run([&] { respond(FakeParticipant::changed()); });
  EXPECT_EQ(run_until(std::move(first)), 1U);
  EXPECT_TRUE(run_until(transaction.async_commit(asio::use_future)).committed());
}

TEST_F(AsyncCalls, RefuseTheOnesThatWaitOnTheirOwnThread) {
  Client client(options_);
  std::promise<std::string> refused;
  client.async_begin([&](const std::exception_ptr&, Transaction transaction) {
    EXPECT_THROW(transaction.execute("a", "UPDATE t"), InvalidArgument);
    EXPECT_THROW(client.outcome(transaction.id()), InvalidArgument);
    refused.set_value(thrown<InvalidArgument>([&] { client.submit(batch_); }).what());
  });
  EXPECT_THAT(refused.get_future().get(), HasSubstr("use its async_ form there"));
}

// Begins the next transaction when the last has ended.
void submit_again(Client& client, const Batch& batch, int left, const std::shared_ptr<std::promise<void>>& done) {
  client.async_submit(batch, [&client, &batch, left, done](const std::exception_ptr& failure, const Outcome&) {
    if (failure) return done->set_exception(failure);
    if (left == 1) return done->set_value();
    submit_again(client, batch, left - 1, done);
  });
}

TEST_F(AsyncCalls, OfAThousandClientsAreMadeByOneThread) {
  options_.lease_ids = 1'000;
  options_.run_time_limit = 60s;
  Client client(options_, io_);
  std::vector<std::future<void>> clients;
  for (int i = 0; i < 1'000; ++i) {
    auto done = std::make_shared<std::promise<void>>();
    clients.push_back(done->get_future());
    submit_again(client, batch_, 3, done);
  }
  for (auto& done : clients) run_until(std::move(done));
  EXPECT_EQ(client.counters().committed, 3'000U);
  std::set<std::int64_t> ids;
  for (const auto& request : coordinator_.submits.requests()) ids.insert(request.id.number);
  EXPECT_EQ(ids.size(), 3'000U);
}

}  // namespace
}  // namespace assent::sdk
