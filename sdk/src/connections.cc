#include "sdk/src/connections.h"

#include <chrono>

#include "thrift/rpc/address.h"

namespace assent::sdk {

namespace {

// For what is still on its way when the network ends. Enough for a peer that lives.
constexpr std::chrono::milliseconds kLastMoment{300};

}  // namespace

std::shared_ptr<Connections> Connections::make(rpc::ChannelOptions options, boost::asio::io_context& io) {
  std::shared_ptr<Connections> made(new Connections(std::move(options), io));
  made->wait();
  return made;
}

Connections::Connections(rpc::ChannelOptions options, boost::asio::io_context& io)
    : options_(std::move(options)), io_(io), last_moment_(io, boost::asio::steady_timer::time_point::max()) {}

Connections::~Connections() {
  close();
}

Result<rpc::Channel*> Connections::channel(Lane lane, const std::string& address) {
  if (state_ == State::kClosed) return Error{ErrorKind::kUnavailable, "its client has gone: make another one"};
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

void Connections::ended() {
  --outstanding_;
  if (state_ == State::kClosing && outstanding_ == 0) last_moment_.cancel();
}

void Connections::close_soon() {
  if (state_ != State::kOpen) return;
  state_ = State::kClosing;
  last_moment_.expires_after(kLastMoment);
}

void Connections::release() {
  is_released_ = true;
  close_soon();
  if (state_ == State::kClosed) last_moment_.cancel();
}

// Holds it, and gives the io_context work to do, for as long as there is something to wait for.
void Connections::wait() {
  last_moment_.async_wait([self = shared_from_this()](const boost::system::error_code& /*changed*/) {
    const bool is_over = self->outstanding_ == 0 || self->last_moment_.expiry() <= std::chrono::steady_clock::now();
    if (self->state_ == State::kClosing && is_over) self->close();
    if (self->state_ != State::kClosed || !self->is_released_) self->wait();
  });
}

void Connections::close() {
  state_ = State::kClosed;
  last_moment_.expires_at(boost::asio::steady_timer::time_point::max());
  // Ends what is outstanding, from within: nothing may be found in the map meanwhile.
  auto channels = std::move(channels_);
  channels_.clear();
  channels.clear();
}

}  // namespace assent::sdk
