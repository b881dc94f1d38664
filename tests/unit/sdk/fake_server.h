// FakeServer: a real rpc::Server on a thread of its own, whose handlers a test scripts.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "assent_constants.h"
#include "thrift/rpc/address.h"
#include "thrift/rpc/server.h"

namespace assent::sdk {

class FakeServer {
 public:
  FakeServer() : work_(io_.get_executor()), thread_([this] { io_.run(); }) {}

  ~FakeServer() {
    stop();
    work_.reset();
    thread_.join();
  }

  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  // REQUIRES: before start(). Handlers run on the server's thread.
  template <typename Method>
  void on(const Method& method,
          std::function<void(const typename Method::Request&, rpc::Responder<typename Method::Answer>)> handler) {
    installers_.push_back([method, handler](rpc::Server& server) {
      server.on(method, std::function<void(typename Method::Request&&, rpc::Responder<typename Method::Answer>)>(
                            [handler](typename Method::Request&& request,
                                      rpc::Responder<typename Method::Answer> respond) { handler(request, respond); }));
    });
  }

  // The first time at any free port, then at the same again.
  void start() {
    run([this] { open(); });
  }

  // Closes every connection: nobody listens at the address any more.
  void stop() {
    run([this] { server_.reset(); });
  }

  // From a handler: every connection breaks, once the handler has returned, and callers can connect again.
  void break_connections() {
    boost::asio::post(io_, [this] {
      server_.reset();
      open();
    });
  }

  const std::string& address() const { return address_; }

  // Runs the task on the server's thread, and waits for it.
  void run(const std::function<void()>& task) {
    std::promise<void> done;
    boost::asio::post(io_, [&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }

 private:
  void open() {
    wire::HelloAnswer hello;
    hello.protocol_version = wire::g_assent_constants.PROTOCOL_VERSION;
    hello.program = "fake";
    server_ = std::make_unique<rpc::Server>(io_, rpc::Limits{}, hello);
    for (const auto& install : installers_) install(*server_);
    const auto wanted = rpc::parse_address(address_.empty() ? "127.0.0.1:0" : address_);
    const auto listens = server_->listen(*wanted);
    ASSERT_TRUE(listens) << listens.error().message;
    address_ = rpc::to_string(*listens);
  }

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  std::vector<std::function<void(rpc::Server&)>> installers_;
  std::unique_ptr<rpc::Server> server_;
  std::string address_;
  std::thread thread_;
};

}  // namespace assent::sdk
