// What the tests of channel and server share: a loop that runs until something is true, on loopback.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "assent_constants.h"
#include "thrift/rpc/channel.h"
#include "thrift/rpc/server.h"

namespace assent::rpc {

inline constexpr Duration kLong = std::chrono::seconds(20);
inline const Address kAnyPort{"127.0.0.1", 0};

inline wire::HelloAnswer hello_of(std::int32_t version = wire::g_assent_constants.PROTOCOL_VERSION) {
  wire::HelloAnswer hello;
  hello.__set_protocol_version(version);
  hello.__set_program("test-server");
  hello.__set_log_identity(7);
  return hello;
}

inline wire::LocateRequest locate_request(const std::string& store) {
  wire::LocateRequest request;
  request.__set_store(store);
  return request;
}

inline wire::StoreLocation location_of(const wire::LocateRequest& request) {
  wire::StoreLocation location;
  location.__set_store(request.store);
  location.__set_address("for " + request.store);
  return location;
}

using Located = Result<wire::StoreLocation>;
using LocateResponder = Responder<wire::StoreLocation>;

class Loop : public testing::Test {
 protected:
  // Runs the loop until `done()`, or reports a failure after a time that no machine needs.
  template <typename Done>
  bool run_until(Done done) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!done()) {
      if (std::chrono::steady_clock::now() > give_up) {
        ADD_FAILURE() << "the condition never became true";
        return false;
      }
      io_.restart();
      io_.run_one_for(std::chrono::milliseconds(100));
    }
    return true;
  }

  // Runs what is ready now.
  void run_ready() {
    io_.restart();
    io_.poll();
  }

  // The answer of a call, wherever it ends up.
  static auto into(std::optional<Located>& answer) {
    return [&answer](Located located) {
      EXPECT_FALSE(answer.has_value()) << "a call was answered twice";
      answer.emplace(std::move(located));
    };
  }

  Located locate(Channel& channel, const std::string& store, Duration deadline = kLong) {
    std::optional<Located> answer;
    channel.call(methods::kLocate, locate_request(store), deadline, into(answer));
    run_until([&] { return answer.has_value(); });
    return answer.value_or(Located(Error{ErrorKind::kUnknown, "no answer"}));
  }

  // So many calls in one turn. `answered` counts their answers, and lives until the last.
  static void call_often(Channel& channel, int calls, int& answered) {
    for (int i = 0; i < calls; ++i) {
      channel.call(methods::kLocate, locate_request("x"), kLong, [&answered](const Located& located) {
        EXPECT_TRUE(located.has_value());
        ++answered;
      });
    }
  }

  // A server that answers every `locate` at once.
  std::unique_ptr<Server> make_server(const Limits& limits = {}) {
    auto server = std::make_unique<Server>(io_, limits, hello_of());
    server->on(methods::kLocate,
               [](wire::LocateRequest&& request, const LocateResponder& respond) { respond(location_of(request)); });
    return server;
  }

  boost::asio::io_context io_{1};
};

}  // namespace assent::rpc
