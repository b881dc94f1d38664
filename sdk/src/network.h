// Network: the environment of a real client: one thread, a channel to each address that was called, the steady clock.
//
// The functions that it is given are called on its thread; they may not block. The destructor gives calls that are
// still on their way (aborts that nobody waits for) a moment, then ends them. It waits for that if the network has a
// thread of its own, and this is not it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>

#include "sdk/src/connections.h"
#include "sdk/src/environment.h"
#include "thrift/rpc/channel.h"

namespace assent::sdk {

class Network : public Environment {
 public:
  // Has a thread of its own.
  explicit Network(rpc::ChannelOptions options);
  // Its thread is the one that runs `io`, which outlives it.
  Network(rpc::ChannelOptions options, boost::asio::io_context& io);
  ~Network() override;

  boost::asio::io_context& io() const { return io_; }

  bool has_own_thread() const override { return own_io_ != nullptr; }
  bool is_inside() const override { return io_.get_executor().running_in_this_thread(); }
  bool is_closing() const override;
  void close_soon() override;
  Time now() const override;
  std::uint64_t random() override;
  void after(Duration delay, std::function<void()> action) override;

  void call(Route to, wire::LeaseRequest request, OnAnswer<wire::Lease> on_answer) override;
  void call(Route to, wire::LocateRequest request, OnAnswer<wire::StoreLocation> on_answer) override;
  void call(Route to, wire::ExecuteRequest request, OnAnswer<wire::ExecuteAnswer> on_answer) override;
  void call(Route to, wire::SubmitRequest request, OnAnswer<wire::Outcome> on_answer) override;
  void call(Route to, wire::CommitRequest request, OnAnswer<wire::Outcome> on_answer) override;
  void call(Route to, wire::AbortRequest request, OnAnswer<wire::Outcome> on_answer) override;
  void call(Route to, wire::OutcomeRequest request, OnAnswer<wire::Outcome> on_answer) override;

 private:
  template <typename Method>
  void send(const Method& method, Route to, typename Method::Request request,
            OnAnswer<typename Method::Answer> on_answer);

  const std::shared_ptr<boost::asio::io_context> own_io_;  // null if it is somebody else's
  boost::asio::io_context& io_;
  const std::weak_ptr<Connections> connections_;  // which live as long as the io_context, whatever holds this
  std::thread thread_;                            // none if somebody else runs the io_context
};

}  // namespace assent::sdk
