#include "tests/bench/load/clients.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "assent/async.h"

namespace assent::bench {

namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;

awaitable<void> run_statements(Transaction& transaction, const Batch& batch, Results& results) {
  for (const auto& entry : batch.entries()) {
    auto result = co_await transaction.async_run(entry.store, entry.statement, use_awaitable);
    results.push_back(std::move(result));
  }
}

// Called in a handler of exceptions.
std::string name_of_failure() {
  try {
    throw;
  } catch (const Aborted& aborted) {
    return std::string(to_string(aborted.reason()));
  } catch (const OutcomeUnknown&) {
    return "outcome unknown";
  } catch (const Unavailable&) {
    return "unavailable";
  } catch (const Overloaded&) {
    return "overloaded";
  } catch (const StatementError& error) {
    return std::string(to_string(error.reason()));
  }
}

}  // namespace

Clients::Clients(asio::io_context& io, Client& client, Workload& workload, Recorder& recorder, Books& books,
                 const Load& load)
    : io_(io), client_(client), workload_(workload), recorder_(recorder), books_(books), load_(load) {}

void Clients::run_until(Clock::time_point until) {
  began_ = Clock::now();
  until_ = until;
  running_ = load_.clients;
  for (std::size_t number = 0; number < load_.clients; ++number) {
    asio::co_spawn(io_, run_one(number), [this](const std::exception_ptr& failure) {
      --running_;
      if (failure) std::rethrow_exception(failure);  // out of io_context::run()
    });
  }
}

// The clients take turns: together they begin one transaction after the other, evenly.
Clock::time_point Clients::next_start(std::size_t number, std::uint64_t count) const {
  if (load_.rate == 0) return Clock::now();
  const auto turn = static_cast<double>(count) * static_cast<double>(load_.clients) + static_cast<double>(number);
  return began_ + seconds(turn / load_.rate);
}

awaitable<void> Clients::run_one(std::size_t number) {
  std::seed_seq seed{load_.seed, std::uint64_t{number}};
  Random random(seed);
  asio::steady_timer timer(io_);
  for (std::uint64_t count = 0;; ++count) {
    const auto start = next_start(number, count);
    const auto now = Clock::now();
    if (start >= until_ || now >= until_) co_return;
    if (start > now) {
      timer.expires_at(start);
      co_await timer.async_wait(use_awaitable);
    }
    const auto plan = workload_.next(number, random);
    const bool has_committed = co_await execute(plan);
    if (has_committed) recorder_.committed(plan.kind, start, Clock::now());
  }
}

awaitable<bool> Clients::execute(const Plan& plan) {
  try {
    // Named: GCC 12 destroys temporaries of some co_await expressions twice.
    auto results_to_come = load_.interactive || plan.then ? run_interactively(plan) : submit(plan);
    const auto results = co_await std::move(results_to_come);
    settle(plan, results);
    co_return true;
  } catch (const InvalidArgument&) {
    throw;
  } catch (const ClientError&) {
    recorder_.failed(name_of_failure(), Clock::now());
    co_return false;
  }
}

awaitable<Results> Clients::submit(const Plan& plan) {
  auto outcome = co_await client_.async_submit(plan.batch, load_.when, use_awaitable);
  co_return std::move(outcome.results);
}

awaitable<Results> Clients::run_interactively(const Plan& plan) {
  auto run = [&plan](Transaction& transaction) -> awaitable<Results> {
    Results results;
    co_await run_statements(transaction, plan.batch, results);
    if (plan.then) {
      const auto rest = plan.then(results);
      co_await run_statements(transaction, rest, results);
    }
    co_return results;
  };
  auto results = co_await client_.async_run(std::move(run), load_.when, use_awaitable);
  co_return results;
}

void Clients::settle(const Plan& plan, const Results& results) {
  if (!plan.settle) return;
  if (results.size() < plan.batch.size()) {
    books_.problems.push_back("the results of a commit were lost: the sum cannot be known");
    return;
  }
  plan.settle(results, books_);
}

}  // namespace assent::bench
