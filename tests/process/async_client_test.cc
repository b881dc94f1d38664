// One thread, a thousand transactions on their way, and real daemons.
#include "assent/async.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <exception>
#include <future>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "tests/process/daemons.h"
#include "tests/sanitized.h"
#include "thrift/daemon/failpoint_client.h"

namespace assent {
namespace {

namespace asio = boost::asio;

constexpr std::int64_t kMoney = 100'000;  // at each store
constexpr auto kTransfers = static_cast<std::int64_t>(unless_sanitized(1'000));

// Each transfer moves one unit between two accounts of its own, and is put on record at both stores.
class AsyncClientTest : public ProcessTest {
 protected:
  void SetUp() override {
    schema_ =
        "CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance >= 0));"
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n LIMIT 1000) "
        "INSERT INTO accounts SELECT i, 100 FROM n;"
        "CREATE TABLE transfers (id INTEGER PRIMARY KEY);";
    start_coordinator({"--idle-force", "10ms"});
    start_participant();
  }

  static Batch transfer(std::int64_t id) {
    const auto account = id % kTransfers;
    Batch batch;
    batch.execute("left", "UPDATE accounts SET balance = balance - 1 WHERE id = ?", account).expect_rows(1);
    batch.execute("left", "INSERT INTO transfers VALUES (?)", id);
    batch.execute("right", "UPDATE accounts SET balance = balance + 1 WHERE id = ?", account).expect_rows(1);
    batch.execute("right", "INSERT INTO transfers VALUES (?)", id);
    return batch;
  }

  // Those on record, which must be the same at both stores, as must the money that they moved.
  std::set<std::int64_t> transfers() {
    Client client({.coordinator = coordinator_.address()});
    Batch batch;
    for (const auto* store : {"left", "right"}) {
      batch.query(store, "SELECT id FROM transfers");
      batch.query(store, "SELECT sum(balance) FROM accounts");
    }
    const auto results = client.submit(batch).results;
    std::set<std::int64_t> left;
    std::set<std::int64_t> right;
    for (const auto& row : results.at(0)) left.insert(row.get<std::int64_t>(0));
    for (const auto& row : results.at(2)) right.insert(row.get<std::int64_t>(0));
    EXPECT_EQ(left, right);
    const auto moved = static_cast<std::int64_t>(left.size());
    EXPECT_EQ(results.at(1)[0].get<std::int64_t>(0), kMoney - moved);
    EXPECT_EQ(results.at(3)[0].get<std::int64_t>(0), kMoney + moved);
    return left;
  }

  asio::io_context io_{1};
};

class AsyncTokensTest : public AsyncClientTest {
 protected:
  void SetUp() override {
    AsyncClientTest::SetUp();
    client_.emplace(ClientOptions{.coordinator = coordinator_.address(), .lease_ids = 1'000}, io_);
  }

  Client& client() { return *client_; }

  // A callback that counts the transfer.
  auto told() {
    return [this](const std::exception_ptr& failure, const auto&...) { tell(failure); };
  }

  void tell(const std::exception_ptr& failure) {
    EXPECT_EQ(std::this_thread::get_id(), thread_);
    if (failure) std::rethrow_exception(failure);
    ++told_;
  }

  // Runs the io_context, alone on this thread, until every transfer has been told, and looks at what they did.
  void expect_all_transfers() {
    while (told_ < kTransfers) io_.run_one();
    EXPECT_EQ(client().counters().committed, kTransfers);
    client_.reset();
    EXPECT_EQ(transfers().size(), kTransfers);
    expect_nothing_left();
  }

  std::optional<Client> client_;
  const std::thread::id thread_ = std::this_thread::get_id();
  std::int64_t told_ = 0;
};

TEST_F(AsyncTokensTest, AThousandBatchesWithCallbacks) {
  for (std::int64_t id = 0; id < kTransfers; ++id) client().async_submit(transfer(id), told());
  expect_all_transfers();
}

TEST_F(AsyncTokensTest, AThousandBatchesWithFutures) {
  std::vector<std::future<Outcome>> outcomes;
  outcomes.reserve(kTransfers);
  for (std::int64_t id = 0; id < kTransfers; ++id) {
    outcomes.push_back(client().async_submit(transfer(id), asio::use_future));
  }
  for (auto& outcome : outcomes) {
    while (outcome.wait_for(std::chrono::seconds(0)) != std::future_status::ready) io_.run_one();
    EXPECT_TRUE(outcome.get().committed());
    ++told_;
  }
  expect_all_transfers();
}

TEST_F(AsyncTokensTest, AThousandDeferredBatches) {
  using Deferred = decltype(client().async_submit(Batch(), asio::deferred));
  std::vector<Deferred> submits;
  submits.reserve(kTransfers);
  for (std::int64_t id = 0; id < kTransfers; ++id)
    submits.push_back(client().async_submit(transfer(id), asio::deferred));
  for (auto& submit : submits) std::move(submit)(told());
  expect_all_transfers();
}

asio::awaitable<void> run_transfer(Client& client, std::int64_t id) {
  const auto function = [id](Transaction& transaction) -> asio::awaitable<std::int64_t> {
    const auto row = co_await transaction.async_query_one("left", "SELECT balance FROM accounts WHERE id = ?", id,
                                                          asio::use_awaitable);
    const auto balance = row.get<std::int64_t>("balance");
    for (const auto* store : {"left", "right"}) {
      co_await transaction.async_execute(store, "UPDATE accounts SET balance = balance + ? WHERE id = ?",
                                         store == std::string("left") ? -1 : 1, id, asio::use_awaitable);
      co_await transaction.async_execute(store, "INSERT INTO transfers VALUES (?)", id, asio::use_awaitable);
    }
    co_return balance;
  };
  const auto balance = co_await client.async_run(function, asio::use_awaitable);
  EXPECT_EQ(balance, 100);
}

TEST_F(AsyncTokensTest, AThousandInteractiveTransactionsInCoroutines) {
  for (std::int64_t id = 0; id < kTransfers; ++id) asio::co_spawn(io_, run_transfer(client(), id), told());
  expect_all_transfers();
}

// What a client has been told about its transfers.
struct Ledger {
  std::set<std::int64_t> committed;
  std::set<std::int64_t> aborted;
};

asio::awaitable<void> submit_transfer(Client& client, Batch batch, std::int64_t id, Ledger& ledger) {
  std::optional<TransactionId> unknown;
  try {
    co_await client.async_submit(std::move(batch), asio::use_awaitable);
    ledger.committed.insert(id);
  } catch (const OutcomeUnknown& error) {
    unknown = error.id();
  } catch (const Aborted&) {
    ledger.aborted.insert(id);
  } catch (const Unavailable&) {
    ledger.aborted.insert(id);
  }
  if (!unknown) co_return;
  const auto outcome = co_await client.async_outcome(*unknown, asio::use_awaitable);
  (outcome.committed() ? ledger.committed : ledger.aborted).insert(id);
}

asio::awaitable<void> submit_transfers(Client& client, std::vector<Batch> batches, std::int64_t first, Ledger& ledger) {
  for (auto& batch : batches) {
    co_await submit_transfer(client, std::move(batch), first, ledger);
    first += kTransfers;
  }
}

// Its client has a thread of its own, which goes on while this one starts the coordinator. It dies twice: before
// anything was decided, and while it answers.
TEST_F(AsyncClientTest, ACoordinatorThatDiesUnderAThousandTransactionsTellsEachOfThemTheTruth) {
  constexpr std::int64_t kEach = kIsSanitized ? 1 : 3;
  daemon::FailpointClient(coordinator_.failpoints())
      .arm("coordinator.before_force", daemon::FailpointAction::kCrash)
      .value();
  Client client({.coordinator = coordinator_.address(), .lease_ids = 1'000});
  Ledger ledger;
  std::int64_t running = kTransfers;
  for (std::int64_t id = 0; id < kTransfers; ++id) {
    std::vector<Batch> batches;
    for (std::int64_t turn = 0; turn < kEach; ++turn) batches.push_back(transfer(id + turn * kTransfers));
    asio::co_spawn(io_, submit_transfers(client, std::move(batches), id, ledger),
                   [&running](const std::exception_ptr& failure) {
                     --running;
                     if (failure) std::rethrow_exception(failure);
                   });
  }
  io_.poll();  // they submit the first of their batches
  EXPECT_EQ(coordinator_.wait().value(), -SIGKILL);
  start_coordinator({"--idle-force", "10ms"});
  while (ledger.committed.size() < kTransfers / 2) io_.run_one();
  coordinator_.kill();
  start_coordinator({"--idle-force", "10ms"});
  io_.run();
  EXPECT_EQ(running, 0);
  EXPECT_EQ(ledger.committed.size() + ledger.aborted.size(), kEach * kTransfers);
  EXPECT_GE(client.counters().lost_answers, 1U);
  EXPECT_EQ(transfers(), ledger.committed);
  expect_nothing_left();
}

}  // namespace
}  // namespace assent
