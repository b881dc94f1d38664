// What a participant does about a coordinator that says nothing.
#include "participant/service/coordinator_link.h"

#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <optional>

#include "tests/unit/participant/service/fake_store.h"

namespace assent::participant {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;

TEST(CoordinatorLink, WhatIsOutstandingWhenItGoesIsNotTakenForAnAnswer) {
  boost::asio::io_context io;
  tcp::acceptor coordinator(io, {boost::asio::ip::address_v4::loopback(), 0});
  const auto address = "127.0.0.1:" + std::to_string(coordinator.local_endpoint().port());
  LinkSettings settings;
  settings.coordinator = rpc::parse_address(address).value();
  settings.call_timeout = 1h;
  StoreRunners stores;
  bool has_attempted = false;
  bool is_told = false;
  std::optional<CoordinatorLink> link(std::in_place, io, settings, stores, silent());
  link->start(settings.coordinator, [&] { has_attempted = true; });
  link->can_answer("a", SendInquiry{kFive, {.start = 1, .counter = 1}, address, {}}, [&](bool) { is_told = true; });
  coordinator.async_accept([&](const boost::system::error_code&, const tcp::socket&) { io.stop(); });
  io.run();
  link.reset();
  io.restart();
  io.poll();
  EXPECT_FALSE(has_attempted);
  EXPECT_FALSE(is_told);
}

}  // namespace
}  // namespace assent::participant
