// Network: one thread, and a channel to each address that was called. Calls wait for their answers, or hand them to
// a function.
//
// Thread-safe. The functions are called on the network's thread; they may not block, nor destroy the network. The
// destructor gives calls that are still on their way (aborts that nobody waits for) a moment, then ends them.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "assent/result.h"
#include "assent/time.h"
#include "thrift/rpc/channel.h"

namespace assent::sdk {

// Connections to one address are kept apart by what they are for: a call that timed out takes with it all the others
// of its connection.
enum class Lane {
  kCalls,    // answered soon, or not at all
  kApplied,  // answered when every store has applied the transaction, which may be down for long
};

class Network {
 public:
  explicit Network(rpc::ChannelOptions options);
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  // Calls `on_answer` exactly once, with an error as Channel::call() gives it, or kInvalidInput for an address that
  // is none.
  template <typename Method>
  void send(Lane lane, const std::string& address, const Method& method, typename Method::Request request,
            Duration deadline, std::function<void(Result<typename Method::Answer>)> on_answer) {
    boost::asio::post(io_, [this, lane, address, method, request = std::move(request), deadline,
                            on_answer = std::move(on_answer)]() mutable {
      auto found = channel(lane, address);
      if (!found) {
        on_answer(found.error());
        return;
      }
      ++outstanding_;
      (*found)->call(method, request, deadline,
                     [this, on_answer = std::move(on_answer)](Result<typename Method::Answer> answer) {
                       on_answer(std::move(answer));
                       ended();
                     });
    });
  }

  // The same, and waits. Not on the network's thread.
  template <typename Method>
  Result<typename Method::Answer> call(Lane lane, const std::string& address, const Method& method,
                                       typename Method::Request request, Duration deadline) {
    using Answer = Result<typename Method::Answer>;
    auto answered = std::make_shared<std::promise<Answer>>();
    auto answer = answered->get_future();
    send(lane, address, method, std::move(request), deadline,
         [answered](Answer result) { answered->set_value(std::move(result)); });
    return answer.get();
  }

 private:
  // On the network's thread, all of them.
  Result<rpc::Channel*> channel(Lane lane, const std::string& address);
  void ended();
  void close();

  const rpc::ChannelOptions options_;
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::map<std::pair<std::string, Lane>, std::unique_ptr<rpc::Channel>> channels_;
  std::size_t outstanding_ = 0;
  bool closing_ = false;
  boost::asio::steady_timer last_moment_;
  std::thread thread_;
};

}  // namespace assent::sdk
