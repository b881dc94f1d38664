// Caller: one call after the other to one peer, each blocking until it is answered. For tools and tests.
//
// On one thread: a Caller has an io_context of its own that runs while a call waits.
#pragma once

#include <boost/asio/io_context.hpp>
#include <optional>
#include <string>
#include <utility>

#include "assent/result.h"
#include "assent/time.h"
#include "thrift/rpc/address.h"
#include "thrift/rpc/channel.h"

namespace assent::daemon {

class Caller {
 public:
  Caller(rpc::Address peer, std::string program) : channel_(io_, std::move(peer), {{}, std::move(program)}) {}

  // As Channel::call(); the address of the peer stands in messages about the connection.
  template <typename Method>
  Result<typename Method::Answer> call(const Method& method, const typename Method::Request& request,
                                       Duration deadline) {
    std::optional<Result<typename Method::Answer>> answer;
    channel_.call(method, request, deadline,
                  [&answer](Result<typename Method::Answer> arrived) { answer.emplace(std::move(arrived)); });
    io_.restart();
    while (!answer) io_.run_one();
    return std::move(*answer);
  }

 private:
  boost::asio::io_context io_{1};
  rpc::Channel channel_;
};

}  // namespace assent::daemon
