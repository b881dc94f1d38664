#include "sdk/src/network.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "thrift/rpc/address.h"

namespace assent::sdk {

namespace {

// For what is still on its way when the network ends. Enough for a peer that lives.
constexpr std::chrono::milliseconds kLastMoment{300};

}  // namespace

// What lives on the thread. Only its io_context is used from others.
class Network::Connections : public std::enable_shared_from_this<Connections> {
 public:
  explicit Connections(rpc::ChannelOptions options)
      : options_(std::move(options)),
        own_io_(std::make_unique<boost::asio::io_context>(1)),
        io_(*own_io_),
        work_(io_.get_executor()),
        last_moment_(io_) {}

  Connections(rpc::ChannelOptions options, boost::asio::io_context& io)
      : options_(std::move(options)), io_(io), last_moment_(io_) {}

  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;
  // Of channels only if the io_context has gone before it could run what close_soon() left there.
  ~Connections() { close(); }

  boost::asio::io_context& io() { return io_; }

  Result<rpc::Channel*> channel(Lane lane, const std::string& address) {
    auto& channel = channels_[{address, lane}];
    if (!channel) {
      auto peer = rpc::parse_address(address);
      if (!peer) {
        channels_.erase({address, lane});
        return peer.error();
      }
      channel = std::make_unique<rpc::Channel>(io_, *std::move(peer), options_);
    }
    return channel.get();
  }

  void began() { ++outstanding_; }

  void ended() {
    --outstanding_;
    if (is_closing_ && outstanding_ == 0) last_moment_.cancel();
  }

  void close_soon() {
    is_closing_ = true;
    last_moment_.expires_after(kLastMoment);
    last_moment_.async_wait(
        [self = shared_from_this()](const boost::system::error_code& /*cancelled*/) { self->close(); });
    if (outstanding_ == 0) last_moment_.cancel();
  }

 private:
  void close() {
    // Ends what is outstanding, from within: nothing may be found in the map meanwhile.
    auto channels = std::move(channels_);
    channels_.clear();
    channels.clear();
    if (work_) work_.reset();
  }

  const rpc::ChannelOptions options_;
  const std::unique_ptr<boost::asio::io_context> own_io_;  // null if it is another's
  boost::asio::io_context& io_;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;  // of its own
  std::map<std::pair<std::string, Lane>, std::unique_ptr<rpc::Channel>> channels_;
  std::size_t outstanding_ = 0;
  bool is_closing_ = false;
  boost::asio::steady_timer last_moment_;
};

Network::Network(rpc::ChannelOptions options)
    : connections_(std::make_shared<Connections>(std::move(options))),
      thread_([connections = connections_] { connections->io().run(); }) {}

Network::Network(rpc::ChannelOptions options, boost::asio::io_context& io)
    : connections_(std::make_shared<Connections>(std::move(options), io)) {}

Network::~Network() {
  boost::asio::post(io(), [connections = connections_] { connections->close_soon(); });
  if (!thread_.joinable()) return;
  if (is_inside()) {
    thread_.detach();
  } else {
    thread_.join();
  }
}

boost::asio::io_context& Network::io() const {
  return connections_->io();
}

Time Network::now() const {
  return Time(std::chrono::steady_clock::now().time_since_epoch());
}

std::uint64_t Network::random() {
  thread_local std::mt19937 engine{std::random_device{}()};
  return engine();
}

void Network::after(Duration delay, std::function<void()> action) {
  if (delay <= Duration::zero()) return boost::asio::post(connections_->io(), std::move(action));
  // The timer may only be touched on its thread.
  boost::asio::post(
      connections_->io(), [connections = connections_.get(), delay, action = std::move(action)]() mutable {
        auto timer = std::make_shared<boost::asio::steady_timer>(connections->io(), delay);
        timer->async_wait([timer, action = std::move(action)](const boost::system::error_code& cancelled) {
          if (!cancelled) action();
        });
      });
}

template <typename Method>
void Network::send(const Method& method, Route to, typename Method::Request request,
                   OnAnswer<typename Method::Answer> on_answer) {
  boost::asio::post(connections_->io(), [connections = connections_.get(), method, to = std::move(to),
                                         request = std::move(request), on_answer = std::move(on_answer)]() mutable {
    auto found = connections->channel(to.lane, to.address);
    if (!found) return on_answer(found.error());
    connections->began();
    (*found)->call(method, request, to.deadline,
                   [connections, on_answer = std::move(on_answer)](Result<typename Method::Answer> answer) {
                     on_answer(std::move(answer));
                     connections->ended();
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
