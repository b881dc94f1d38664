// A server that keeps calls until the test answers them, and what its callers see.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/rpc/loop.h"
#include "tests/unit/rpc/raw_peer.h"

namespace assent::rpc {

class ServerTest : public Loop {
 protected:
  // A server that keeps the calls of `locate` until the test answers them.
  std::unique_ptr<Server> make_waiting_server(const Limits& limits = {}) {
    auto server = std::make_unique<Server>(io_, limits, hello_of());
    server->on(methods::kLocate,
               [this](wire::LocateRequest&&, LocateResponder respond) { waiting_.push_back(std::move(respond)); });
    return server;
  }

  void pump_until_messages(RawPeer& peer, std::size_t count) {
    run_until([&] {
      peer.pump();
      return peer.messages().size() >= count;
    });
  }

  void pump_until_closed(RawPeer& peer) {
    run_until([&] {
      peer.pump();
      return peer.is_closed();
    });
  }

  // The fault of an answer to `locate` or `hello`.
  static wire::Fault fault_in(const std::string& message) {
    Decoder decoder{Limits{}, 1000};
    const auto head = decoder.begin({reinterpret_cast<const std::uint8_t*>(message.data()), message.size()});
    EXPECT_TRUE(head.has_value());
    wire::Coordinator_locate_result result;
    EXPECT_TRUE(decoder.read(result).has_value());
    EXPECT_TRUE(result.__isset.fault);
    return result.fault;
  }

  std::vector<LocateResponder> waiting_;
};

}  // namespace assent::rpc
