#include "thrift/rpc/channel.h"

#include <utility>

#include "thrift/rpc/channel_connection.h"

namespace assent::rpc {

Channel::Channel(boost::asio::io_context& io, Address peer, ChannelOptions options)
    : connection_(std::make_shared<ChannelConnection>(io, std::move(peer), std::move(options))) {}

Channel::~Channel() {
  connection_->shut_down();
}

void Channel::start(const char* method, const apache::thrift::TBase& request, Duration deadline, AnswerReader reader) {
  connection_->start(method, request, deadline, std::move(reader));
}

void Channel::connect() {
  connection_->begin();
}

const Counters& Channel::counters() const {
  return connection_->counters();
}

std::size_t Channel::outstanding_calls() const {
  return connection_->outstanding_calls();
}

}  // namespace assent::rpc
