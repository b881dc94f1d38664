#include "thrift/rpc/server.h"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/assert.hpp>
#include <chrono>
#include <utility>
#include <vector>

#include "thrift/rpc/server_connection.h"

namespace assent::rpc {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// How often connections are looked at, and accepting is tried again after it failed.
Duration round_of(const Limits& limits) {
  const Duration shortest = std::min(
      {limits.write_timeout, limits.read_timeout, limits.frame_timeout, limits.idle_timeout, limits.connect_timeout});
  return std::clamp<Duration>(shortest / 4, std::chrono::milliseconds(5), std::chrono::seconds(1));
}

Error cannot_listen(const Address& address, const error_code& error) {
  const bool in_use = error == asio::error::address_in_use;
  return Error{in_use ? ErrorKind::kConflict : ErrorKind::kIo,
               "cannot listen on " + to_string(address) + ": " + error.message() +
                   (in_use ? "; stop the process that uses it, or choose another port"
                           : "; choose an address of this machine, and a port that you may use")};
}

}  // namespace

class Server::State : public std::enable_shared_from_this<Server::State> {
 public:
  State(asio::io_context& io, const Limits& limits, wire::HelloAnswer hello)
      : io_(io),
        methods_(std::make_shared<MethodTable>(limits, std::move(hello))),
        acceptor_(io),
        round_timer_(io),
        round_(round_of(limits)) {}

  MethodTable& methods() { return *methods_; }
  std::size_t open_connections() const {
    return static_cast<std::size_t>(
        std::count_if(connections_.begin(), connections_.end(), [](const auto& one) { return one->is_open(); }));
  }

  Result<Address> listen(const Address& address) {
    BOOST_ASSERT_MSG(!acceptor_.is_open(), "a server listens once");
    error_code error;
    tcp::resolver resolver(io_);
    const auto found = resolver.resolve(address.host, std::to_string(address.port), tcp::resolver::passive, error);
    if (error) {
      return cannot_listen(address, error);
    }
    const tcp::endpoint endpoint = found.begin()->endpoint();
    if (acceptor_.open(endpoint.protocol(), error) || acceptor_.set_option(tcp::acceptor::reuse_address(true), error) ||
        acceptor_.bind(endpoint, error) || acceptor_.listen(asio::socket_base::max_listen_connections, error)) {
      error_code ignored;  // it is closed in any case
      acceptor_.close(ignored);
      return cannot_listen(address, error);
    }
    const tcp::endpoint local = acceptor_.local_endpoint(error);
    if (error) {
      return cannot_listen(address, error);
    }
    accept();
    begin_round();
    return Address{address.host, local.port()};
  }

  void stop_accepting() {
    close_acceptor();
    for (const auto& connection : connections_) {
      connection->drain();
    }
  }

  void shut_down() {
    close_acceptor();
    round_timer_.cancel();
    for (const auto& connection : std::exchange(connections_, {})) {
      connection->close();
    }
  }

 private:
  void close_acceptor() {
    error_code ignored;  // it is closed in any case
    acceptor_.close(ignored);
  }

  void accept() {
    accepting_ = true;
    acceptor_.async_accept([self = shared_from_this()](const error_code& error, tcp::socket socket) {
      self->accepting_ = false;
      if (!self->acceptor_.is_open()) {
        return;
      }
      if (error == asio::error::no_descriptors && self->evict_one()) {
        return self->accept();
      }
      if (error) {
        return;  // the next round tries again
      }
      self->take(std::move(socket));
      self->accept();
    });
  }

  void take(tcp::socket socket) {
    forget_closed();
    if (connections_.size() >= methods_->limits.connections && !evict_one()) {
      ++methods_->counters->refused_connections;
      return;  // the socket closes
    }
    connections_.push_back(std::make_shared<ServerConnection>(methods_, std::move(socket)));
    connections_.back()->start();
  }

  // Makes room: who has been idle for longest can come back when it has something to say. So idle callers cannot keep
  // out those who recover a transaction.
  bool evict_one() {
    auto longest = connections_.end();
    for (auto each = connections_.begin(); each != connections_.end(); ++each) {
      if ((*each)->is_idle() && (longest == connections_.end() || (*each)->last_busy() < (*longest)->last_busy())) {
        longest = each;
      }
    }
    if (longest == connections_.end()) {
      return false;
    }
    ++methods_->counters->evicted_connections;
    (*longest)->close();
    connections_.erase(longest);
    return true;
  }

  // Often enough that closed connections never count, seldom enough that it costs nothing.
  void forget_closed() {
    if (connections_.size() >= methods_->limits.connections) {
      std::erase_if(connections_, [](const auto& connection) { return !connection->is_open(); });
    }
  }

  void begin_round() {
    round_timer_.expires_after(round_);
    round_timer_.async_wait([weak = weak_from_this()](const error_code& error) {
      const auto self = weak.lock();
      if (self && !error) {
        self->end_round();
      }
    });
  }

  void end_round() {
    const auto now = ServerConnection::Clock::now();
    for (const auto& connection : connections_) {
      connection->check(now);
    }
    std::erase_if(connections_, [](const auto& connection) { return !connection->is_open(); });
    if (acceptor_.is_open() && !accepting_) {
      accept();
    }
    if (acceptor_.is_open() || !connections_.empty()) {
      begin_round();
    }
  }

  asio::io_context& io_;
  const std::shared_ptr<MethodTable> methods_;
  tcp::acceptor acceptor_;
  bool accepting_ = false;
  std::vector<std::shared_ptr<ServerConnection>> connections_;  // and closed ones, until the end of the round
  asio::steady_timer round_timer_;
  const Duration round_;
};

Server::Server(asio::io_context& io, Limits limits, wire::HelloAnswer hello)
    : state_(std::make_shared<State>(io, limits, std::move(hello))) {}

Server::~Server() {
  state_->shut_down();
}

MethodTable& Server::methods() {
  return state_->methods();
}

Result<Address> Server::listen(const Address& address) {
  return state_->listen(address);
}

void Server::stop_accepting() {
  state_->stop_accepting();
}

const Counters& Server::counters() const {
  return *state_->methods().counters;
}

std::size_t Server::open_connections() const {
  return state_->open_connections();
}

}  // namespace assent::rpc
