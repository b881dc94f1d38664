// Calls over loopback between two threads.
#include <benchmark/benchmark.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <memory>
#include <thread>

#include "assent_constants.h"
#include "thrift/rpc/channel.h"
#include "thrift/rpc/server.h"

namespace assent::rpc {
namespace {

constexpr auto kPatience = std::chrono::seconds(20);

// Answers every `locate`, on a thread of its own.
class EchoServer {
 public:
  EchoServer() {
    wire::HelloAnswer hello;
    hello.__set_protocol_version(wire::g_assent_constants.PROTOCOL_VERSION);
    server_ = std::make_unique<Server>(io_, Limits{}, hello);
    server_->on(methods::kLocate, [](wire::LocateRequest&& request, const Responder<wire::StoreLocation>& respond) {
      wire::StoreLocation location;
      location.__set_address(request.store);
      respond(location);
    });
    address_ = server_->listen({"127.0.0.1", 0}).value();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~EchoServer() {
    boost::asio::post(io_, [this] { server_.reset(); });
    work_.reset();
    thread_.join();
  }
  EchoServer(const EchoServer&) = delete;
  EchoServer& operator=(const EchoServer&) = delete;

  const Address& address() const { return address_; }

 private:
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ = boost::asio::make_work_guard(io_);
  std::unique_ptr<Server> server_;
  Address address_;
  std::thread thread_;
};

// So many calls leave together, and all are waited for.
void calls(benchmark::State& state) {
  const EchoServer server;
  boost::asio::io_context io{1};
  Channel channel(io, server.address(), {});
  wire::LocateRequest request;
  request.__set_store("127.0.0.1:7500");
  const auto together = state.range(0);
  for (auto _ : state) {
    auto awaited = together;
    for (auto call = together; call > 0; --call) {
      channel.call(methods::kLocate, request, kPatience, [&](const Result<wire::StoreLocation>& answer) {
        if (!answer) state.SkipWithError(answer.error().message.c_str());
        --awaited;
      });
    }
    io.restart();
    while (awaited > 0) io.run_one();
  }
  state.SetItemsProcessed(state.iterations() * together);
}
BENCHMARK(calls)->Name("rpc/round_trip")->Arg(1)->UseRealTime();
BENCHMARK(calls)->Name("rpc/pipelined")->Arg(8)->Arg(64)->Arg(512)->UseRealTime();

}  // namespace
}  // namespace assent::rpc
