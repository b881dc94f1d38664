// Channel: one connection to one peer, with many outstanding calls, matched by seqid and answered in any order.
//
// Connects when it is first used, says hello first, and connects again after a failure, with backoff. Frames that
// are ready together leave in one system call; one read serves many answers. After a call timed out its connection
// is closed, and every other outstanding call of it ends as unknown: an answer can never meet another call.
// One thread uses it: the one that runs its io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "assent/result.h"
#include "assent/time.h"
#include "thrift/rpc/address.h"
#include "thrift/rpc/limits.h"
#include "thrift/rpc/methods.h"

namespace assent::rpc {

struct ChannelOptions {
  Limits limits;
  std::string program = "assent";  // named in hello
};

class Channel {
 public:
  Channel(boost::asio::io_context& io, Address peer, ChannelOptions options);
  // Ends every outstanding call as unknown or unavailable, from within the destructor.
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Calls the method, and `on_answer` exactly once, never from inside call() itself. Errors: kUnavailable (not sent),
  // kOverloaded (too many outstanding, or too many bytes queued; not sent), kUnknown (sent, and no answer within
  // `deadline` or before the connection ended), or the kind of the Fault that was answered.
  template <typename Method>
  void call(const Method& method, const typename Method::Request& request, Duration deadline,
            std::function<void(Result<typename Method::Answer>)> on_answer);

  const Address& peer() const;

 private:
  class Connection;
  std::shared_ptr<Connection> connection_;
};

}  // namespace assent::rpc
