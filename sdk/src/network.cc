#include "sdk/src/network.h"

#include <boost/asio/defer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <random>
#include <string>
#include <utility>

namespace assent::sdk {

Network::Network(rpc::ChannelOptions options)
    : own_io_(std::make_shared<boost::asio::io_context>(1)),
      io_(*own_io_),
      connections_(Connections::make(std::move(options), io_)),
      thread_([io = own_io_] { io->run(); }) {}

Network::Network(rpc::ChannelOptions options, boost::asio::io_context& io)
    : io_(io), connections_(Connections::make(std::move(options), io_)) {}

Network::~Network() {
  if (auto connections = connections_.lock()) {
    boost::asio::defer(io_, [connections = std::move(connections)] { connections->release(); });
  }
  if (!thread_.joinable()) return;
  if (is_inside()) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

bool Network::is_closing() const {
  const auto connections = connections_.lock();
  return !connections || connections->is_closing();
}

void Network::close_soon() {
  after(Duration::zero(), [connections = connections_] {
    if (const auto open = connections.lock()) open->close_soon();
  });
}

Time Network::now() const {
  return Time(std::chrono::steady_clock::now().time_since_epoch());
}

std::uint64_t Network::random() {
  thread_local std::mt19937 engine{std::random_device{}()};
  return engine();
}

void Network::after(Duration delay, std::function<void()> action) {
  if (connections_.expired()) return;  // and nothing runs there any more
  if (delay <= Duration::zero()) return boost::asio::defer(io_, std::move(action));
  // The timer may only be touched on its thread.
  boost::asio::defer(io_, [&io = io_, delay, action = std::move(action)]() mutable {
    auto timer = std::make_shared<boost::asio::steady_timer>(io, delay);
    timer->async_wait([timer, action = std::move(action)](const boost::system::error_code& cancelled) {
      if (!cancelled) action();
    });
  });
}

template <typename Method>
void Network::send(const Method& method, Route to, typename Method::Request request,
                   OnAnswer<typename Method::Answer> on_answer) {
  if (connections_.expired()) return;
  boost::asio::defer(io_, [weak = connections_, method, to = std::move(to), request = std::move(request),
                           on_answer = std::move(on_answer)]() mutable {
    const auto connections = weak.lock();
    if (!connections) return;
    auto found = connections->channel(to.lane, to.address);
    if (!found) return on_answer(found.error());
    connections->began();
    (*found)->call(
        method, request, to.deadline,
        [&connections = *connections, on_answer = std::move(on_answer)](Result<typename Method::Answer> answer) {
          on_answer(std::move(answer));
          connections.ended();
        });
  });
}

void Network::call(Route to, wire::LeaseRequest request, OnAnswer<wire::Lease> on_answer) {
  send(rpc::methods::kLease, std::move(to), std::move(request), std::move(on_answer));
}

void Network::call(Route to, wire::LocateRequest request, OnAnswer<wire::StoreLocation> on_answer) {
  send(rpc::methods::kLocate, std::move(to), std::move(request), std::move(on_answer));
}

void Network::call(Route to, wire::ExecuteRequest request, OnAnswer<wire::ExecuteAnswer> on_answer) {
  send(rpc::methods::kExecute, std::move(to), std::move(request), std::move(on_answer));
}

void Network::call(Route to, wire::SubmitRequest request, OnAnswer<wire::Outcome> on_answer) {
  send(rpc::methods::kSubmit, std::move(to), std::move(request), std::move(on_answer));
}

void Network::call(Route to, wire::CommitRequest request, OnAnswer<wire::Outcome> on_answer) {
  send(rpc::methods::kCommit, std::move(to), std::move(request), std::move(on_answer));
}

void Network::call(Route to, wire::AbortRequest request, OnAnswer<wire::Outcome> on_answer) {
  send(rpc::methods::kAbort, std::move(to), std::move(request), std::move(on_answer));
}

void Network::call(Route to, wire::OutcomeRequest request, OnAnswer<wire::Outcome> on_answer) {
  send(rpc::methods::kOutcome, std::move(to), std::move(request), std::move(on_answer));
}

}  // namespace assent::sdk
