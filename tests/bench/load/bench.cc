#include "tests/bench/load/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <optional>
#include <stdexcept>

#include "assent/async.h"

namespace assent::bench {

namespace {

namespace asio = boost::asio;
using asio::awaitable;
using asio::use_awaitable;
using ctl::Json;

Scale scale_of(const Options& options, const Cluster& cluster) {
  if (options.stores_per_transaction > cluster.stores().size()) {
    throw std::runtime_error(fmt::format("--stores-per-transaction {}: there are {} stores",
                                         options.stores_per_transaction, cluster.stores().size()));
  }
  return {.stores = cluster.stores(),
          .stores_per_transaction = options.stores_per_transaction,
          .rows = options.rows,
          .touched = options.hot == 0 ? options.rows : options.hot,
          .payload = options.payload.value_or(usual_payload(options.workload))};
}

ClientOptions client_options(const Options& options, const Cluster& cluster) {
  ClientOptions result;
  result.coordinator = cluster.coordinator();
  for (const auto clients : options.clients) {
    result.outstanding_calls = std::max(result.outstanding_calls, 2 * clients);
  }
  return result;
}

}  // namespace

Bench::Bench(const Options& options, const Cluster& cluster)
    : options_(options),
      scale_(scale_of(options, cluster)),
      workload_(make_workload(options.workload, scale_)),
      client_(client_options(options, cluster), io_),
      counts_(io_, cluster) {
  cluster.apply_schema(workload_->schema());
  books_.sum = wait_for(read_sum());
}

template <typename T>
T Bench::wait_for(awaitable<T> operation) {
  std::optional<T> value;
  asio::co_spawn(io_, std::move(operation), [&value](const std::exception_ptr& failure, T result) {
    if (failure) std::rethrow_exception(failure);
    value = std::move(result);
  });
  io_.restart();
  while (!value) io_.run_one();
  return *std::move(value);
}

Bench::Result Bench::run(const Load& load) {
  Result result{{}, Recorder(workload_->kinds())};
  auto& recorder = result.recorder;
  const auto from = Clock::now() + seconds(options_.warm_up);
  const auto until = from + seconds(options_.seconds);
  recorder.measure(from, until);
  Clients clients(io_, client_, *workload_, recorder, books_, load);
  clients.run_until(until);
  const auto counts = wait_for(count(from, until));
  while (clients.are_running()) io_.run_one();

  auto& report = result.report;
  report.system = "assent";
  report.options = describe(load);
  report.seconds = options_.seconds;
  const auto committed = static_cast<double>(std::max<std::uint64_t>(recorder.committed(), 1));
  for (const auto& [name, cost] : counts.costs) report.costs.emplace_back(name, cost / committed);
  for (const auto& [name, total] : counts.values) {
    if (total.count > 0) report.means.emplace_back(name, total.sum / total.count);
  }
  report.aborts = counts.aborts;
  const auto sum = wait_for(read_sum());
  if (sum != books_.sum) {
    books_.problems.push_back(fmt::format("the rows of all stores add up to {}, not {}", sum, books_.sum));
  }
  if (recorder.committed() == 0) books_.problems.emplace_back("nothing has committed");
  report.problems = std::exchange(books_.problems, {});
  return result;
}

// Of all stores, in one transaction.
awaitable<std::int64_t> Bench::read_sum() {
  Batch batch;
  for (const auto& store : scale_.stores) batch.query(store, workload_->sum());
  const auto outcome = co_await client_.async_submit(batch, use_awaitable);
  std::int64_t sum = 0;
  for (const auto& result : outcome.results) sum += result[0].get<std::int64_t>(0);
  co_return sum;
}

awaitable<Counts> Bench::count_now() {
  auto counts = co_await counts_.read();
  for (const auto& [reason, count] : client_.counters().aborted) counts.aborts[std::string(to_string(reason))] = count;
  co_return counts;
}

awaitable<Counts> Bench::count(Clock::time_point from, Clock::time_point until) {
  asio::steady_timer timer(io_, from);
  co_await timer.async_wait(use_awaitable);
  const auto before = co_await count_now();
  timer.expires_at(until);
  co_await timer.async_wait(use_awaitable);
  const auto after = co_await count_now();
  co_return after - before;
}

std::vector<std::pair<std::string, Json>> Bench::describe(const Load& load) const {
  const auto number = [](std::size_t count) { return static_cast<std::int64_t>(count); };
  return {{"workload", options_.workload},
          {"clients", number(load.clients)},
          {"rate", load.rate == 0 ? Json() : Json(load.rate)},
          {"interactive", load.interactive},
          {"applied", load.when == Return::applied},
          {"stores", number(scale_.stores.size())},
          {"stores_per_transaction", number(scale_.stores_per_transaction)},
          {"rows", number(scale_.rows)},
          {"touched", number(scale_.touched)},
          {"payload", number(scale_.payload)},
          {"seed", number(load.seed)}};
}

}  // namespace assent::bench
