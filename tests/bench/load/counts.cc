#include "tests/bench/load/counts.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <ctime>
#include <memory>
#include <set>
#include <string>

#include "tests/bench/measure/processor_time.h"
#include "thrift/rpc/methods.h"

namespace assent::bench {

namespace {

namespace asio = boost::asio;
namespace methods = rpc::methods;

constexpr auto kAnswerTime = std::chrono::minutes(1);

rpc::ChannelOptions channel_options() {
  return {{}, "assent-bench"};
}

// An answer, or an exception.
template <typename Method>
asio::awaitable<typename Method::Answer> ask(rpc::Channel& channel, const Method& method) {
  using Answer = Result<typename Method::Answer>;
  auto begin = [&channel, &method]<typename Handler>(Handler&& handler) {
    // Shared, for the channel copies what it calls.
    channel.call(method, {}, kAnswerTime,
                 [shared = std::make_shared<std::decay_t<Handler>>(std::forward<Handler>(handler))](Answer answer) {
                   std::move (*shared)(std::move(answer));
                 });
  };
  auto answer =
      co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Answer)>(std::move(begin), asio::use_awaitable);
  co_return std::move(answer).value();
}

// What is said for one transaction or several, and not for all to come (leases, registrations), nor to operators.
const std::set<std::string> kOfTransactions{
    "submit", "commit", "abort", "outcome", "inquire", "wound", "execute", "execute_and_prepare", "prepare", "decide"};

// Requests and answers of whoever calls.
void count_messages(const wire::ConnectionCounters& callers, const std::string& called, Counts& counts) {
  for (const auto& method : callers.methods) {
    auto& cost = counts.costs[kOfTransactions.contains(method.method) ? "messages, to " + called : "other messages"];
    cost += static_cast<double>(method.requests + method.answers);
  }
}

// All that is read and written on connections, from both sides.
void count_connections(const wire::ConnectionCounters& connections, const std::string& daemon, Counts& counts) {
  counts.costs["bytes on connections, " + daemon] +=
      static_cast<double>(connections.bytes_in) + static_cast<double>(connections.bytes_out);
  counts.costs["system calls on connections, " + daemon] +=
      static_cast<double>(connections.reads) + static_cast<double>(connections.writes);
}

void count_values(const wire::Distribution& values, const std::string& name, Counts& counts) {
  auto& total = counts.values[name];
  total.sum += static_cast<double>(values.sum);
  total.count += static_cast<double>(values.count);
}

void count_coordinator(const wire::CoordinatorCounters& counters, Counts& counts) {
  counts.costs["forced writes, coordinator"] = static_cast<double>(counters.log.syncs);
  counts.costs["bytes written, coordinator"] = static_cast<double>(counters.log.written_bytes);
  counts.costs["processor us, of that the log's thread"] = static_cast<double>(counters.log.cpu_us);
  count_messages(counters.callers, "the coordinator", counts);
  count_connections(counters.callers, "coordinator", counts);
  count_connections(counters.stores, "coordinator", counts);
  count_values(counters.turn_events, "events of a coordinator's turn", counts);
  count_values(counters.turn_wait_us, "us that a turn waits", counts);
  count_values(counters.log.records, "records of a block of the log", counts);
  count_values(counters.log.wait_us, "us that a block waits", counts);
  count_values(counters.log.force_us, "us to write and force a block", counts);
}

void count_store(const wire::StoreCounters& counters, Counts& counts) {
  counts.costs["forced writes, stores"] += static_cast<double>(counters.syncs);
  counts.costs["bytes written, stores"] += static_cast<double>(counters.written_bytes);
  counts.costs["system calls on files, stores"] +=
      static_cast<double>(counters.writes) + static_cast<double>(counters.reads) + static_cast<double>(counters.syncs);
  counts.costs["waits for locks"] += static_cast<double>(counters.lock_waits);
  counts.costs["processor us, of that the stores' threads"] += static_cast<double>(counters.cpu_us);
  count_values(counters.batch_items, "items of a store's batch", counts);
  count_values(counters.batch_wait_us, "us that a batch waits", counts);
  count_values(counters.run_us, "us to run a branch's statements", counts);
  count_values(counters.journal_operations, "operations of a journal transaction", counts);
  count_values(counters.journal_us, "us of a journal transaction", counts);
  count_values(counters.lock_wait_us, "us of a wait for locks", counts);
}

}  // namespace

Counts operator-(Counts later, const Counts& earlier) {
  for (const auto& [name, cost] : earlier.costs) later.costs[name] -= cost;
  for (const auto& [name, total] : earlier.values) {
    later.values[name].sum -= total.sum;
    later.values[name].count -= total.count;
  }
  for (const auto& [reason, count] : earlier.aborts) later.aborts[reason] -= count;
  std::erase_if(later.aborts, [](const auto& reason) { return reason.second == 0; });
  return later;
}

CountReader::CountReader(asio::io_context& io, const Cluster& cluster)
    : coordinator_(io, rpc::parse_address(cluster.coordinator()).value(), channel_options()),
      processes_(cluster.processes()) {
  for (const auto& address : cluster.participants()) {
    participants_.emplace_back(io, rpc::parse_address(address).value(), channel_options());
  }
}

asio::awaitable<Counts> CountReader::read() {
  Counts counts;
  const auto coordinator = co_await ask(coordinator_, methods::kCoordinatorStatus);
  count_coordinator(coordinator.counters, counts);
  for (auto& channel : participants_) {
    const auto participant = co_await ask(channel, methods::kParticipantStatus);
    count_messages(participant.counters.callers, "participants", counts);
    count_connections(participant.counters.callers, "participants", counts);
    count_connections(participant.counters.coordinators, "participants", counts);
    for (const auto& store : participant.stores) count_store(store.counters, counts);
  }
  for (const auto& [what, process] : processes_) {
    counts.costs["processor us, " + what] += processor_time(process).count();
  }
  counts.costs["processor us, clients"] =
      Microseconds(std::chrono::duration<double>(static_cast<double>(std::clock()) / CLOCKS_PER_SEC)).count();
  co_return counts;
}

}  // namespace assent::bench
