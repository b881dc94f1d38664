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
#include "thrift/rpc/codec.h"
#include "thrift/rpc/counters.h"
#include "thrift/rpc/faults.h"
#include "thrift/rpc/limits.h"
#include "thrift/rpc/methods.h"
#include "thrift/rpc/outstanding_calls.h"

namespace assent::rpc {

struct ChannelOptions {
  Limits limits;
  std::string program = "assent";           // named in hello
  std::shared_ptr<Counters> counters = {};  // of several channels together; null: each has its own
};

class ChannelConnection;

class Channel {
 public:
  Channel(boost::asio::io_context& io, Address peer, ChannelOptions options);
  // Ends every outstanding call as unknown or unavailable, from within the destructor.
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Calls the method, and `on_answer` exactly once, never from inside call() itself. Errors: kUnavailable (not sent:
  // among others, the peer could not be reached), kWrongVersion (not sent), kOverloaded (too many outstanding, or too
  // many bytes queued; not sent), kInvalidInput (larger than a frame may be, or a method that the peer does not have),
  // kUnknown (sent, and no answer within `deadline` or before the connection ended, or one that says no more), or the
  // kind of the Fault that was answered.
  template <typename Method>
  void call(const Method& method, const typename Method::Request& request, Duration deadline,
            std::function<void(Result<typename Method::Answer>)> on_answer);

  // Connects now, so that the first call finds the connection ready. Nothing if it is, or if that has begun.
  void connect();

  // Called whenever a connection that was made has ended, after its calls have; not by the channel's own end.
  void on_break(std::function<void()> action);

  // Of all channels that share them.
  const Counters& counters() const;
  std::size_t outstanding_calls() const;

 private:
  void start(const char* method, const apache::thrift::TBase& request, Duration deadline, AnswerReader reader);

  std::shared_ptr<ChannelConnection> connection_;
};

template <typename Method>
void Channel::call(const Method& method, const typename Method::Request& request, Duration deadline,
                   std::function<void(Result<typename Method::Answer>)> on_answer) {
  start(method.name, request, deadline, [on_answer = std::move(on_answer)](Result<Decoder*> arrived) {
    if (arrived.has_error()) {
      on_answer(std::move(arrived).error());
      return true;
    }
    typename Method::Result result;
    const Result<void> read = arrived.value()->read(result);
    if (read.has_error()) {
      on_answer(Error{ErrorKind::kUnknown, "the answer is " + read.error().message});
      return false;
    }
    if (result.__isset.success) {
      on_answer(std::move(result.success));
    } else if (result.__isset.fault) {
      on_answer(error_from(result.fault));
    } else {
      on_answer(Error{ErrorKind::kUnknown, "the answer holds no result"});
    }
    return true;
  });
}

}  // namespace assent::rpc
