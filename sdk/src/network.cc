#include "sdk/src/network.h"

#include "thrift/rpc/address.h"

namespace assent::sdk {

Network::Network(rpc::ChannelOptions options)
    : options_(std::move(options)), io_(1), work_(io_.get_executor()), thread_([this] { io_.run(); }) {}

Network::~Network() {
  // In the order of posting: what was sent before leaves, or ends as unknown, before its channel is gone.
  boost::asio::post(io_, [this] {
    channels_.clear();
    work_.reset();
  });
  thread_.join();
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
