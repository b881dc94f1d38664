#include "tests/bench/load/counts.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <ctime>
#include <memory>

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

}  // namespace

Counts operator-(Counts later, const Counts& earlier) {
  for (const auto& [name, cost] : earlier.costs) later.costs[name] -= cost;
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
  counts.costs["forced writes, coordinator"] = static_cast<double>(coordinator.forces);
  for (auto& channel : participants_) {
    const auto participant = co_await ask(channel, methods::kParticipantStatus);
    for (const auto& store : participant.stores) {
      counts.costs["forced writes, stores"] += static_cast<double>(store.forces);
    }
  }
  for (const auto& [what, process] : processes_) {
    counts.costs["processor us, " + what] += processor_time(process).count();
  }
  counts.costs["processor us, clients"] =
      Microseconds(std::chrono::duration<double>(static_cast<double>(std::clock()) / CLOCKS_PER_SEC)).count();
  co_return counts;
}

}  // namespace assent::bench
