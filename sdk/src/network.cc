#include "sdk/src/network.h"

#include <chrono>

#include "thrift/rpc/address.h"

namespace assent::sdk {

namespace {

// For what is still on its way when the network ends. Enough for a peer that lives.
constexpr std::chrono::milliseconds kLastMoment{300};

}  // namespace

Network::Network(rpc::ChannelOptions options)
    : options_(std::move(options)), io_(1), work_(io_.get_executor()), last_moment_(io_), thread_([this] {
        io_.run();
      }) {}

Network::~Network() {
  boost::asio::post(io_, [this] {
    closing_ = true;
    last_moment_.expires_after(kLastMoment);
    last_moment_.async_wait([this](const boost::system::error_code& /*cancelled*/) { close(); });
    if (outstanding_ == 0) last_moment_.cancel();
  });
  thread_.join();
}

void Network::ended() {
  --outstanding_;
  if (closing_ && outstanding_ == 0) last_moment_.cancel();
}

void Network::close() {
  // Ends what is outstanding, from within: nothing may be found in the map meanwhile.
  auto channels = std::move(channels_);
  channels_.clear();
  channels.clear();
  work_.reset();
}

Result<rpc::Channel*> Network::channel(Lane lane, const std::string& address) {
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

}  // namespace assent::sdk
