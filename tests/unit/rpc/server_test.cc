#include <gmock/gmock.h>

#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/unit/rpc/server_fixture.h"

namespace assent::rpc {
namespace {

using apache::thrift::TApplicationException;
using testing::HasSubstr;

TEST_F(ServerTest, AnUnknownMethodIsAnsweredAsStockServersDo) {
  Server server(io_, {}, hello_of());
  const Address address = server.listen(kAnyPort).value();
  RawPeer peer(io_, address);
  peer.say_hello();
  peer.say_call("frobnicate", locate_request("x"), 5);
  pump_until_messages(peer, 2);
  Decoder decoder{Limits{}, 1000};
  const std::string message = peer.messages()[1];
  const MessageHead head =
      decoder.begin({reinterpret_cast<const std::uint8_t*>(message.data()), message.size()}).value();
  EXPECT_EQ(head.seqid, 5);
  EXPECT_EQ(head.type, apache::thrift::protocol::T_EXCEPTION);
  TApplicationException exception;
  ASSERT_TRUE(decoder.read(exception).has_value());
  EXPECT_EQ(exception.getType(), TApplicationException::UNKNOWN_METHOD);
  // To a channel it says that nothing happened, and the connection goes on.
  Channel channel(io_, address, {});
  EXPECT_EQ(locate(channel, "x").error().kind, ErrorKind::kInvalidInput);
  EXPECT_EQ(locate(channel, "x").error().kind, ErrorKind::kInvalidInput);
  EXPECT_EQ(channel.counters().connections, 1U);
}

TEST_F(ServerTest, TheFirstCallMustBeHello) {
  const auto server = make_server();
  RawPeer peer(io_, server->listen(kAnyPort).value());
  peer.say_call("locate", locate_request("x"));
  peer.say_hello();
  pump_until_messages(peer, 1);
  EXPECT_EQ(fault_in(peer.messages()[0]).code, wire::FaultCode::WRONG_VERSION);
  EXPECT_THAT(fault_in(peer.messages()[0]).message, HasSubstr("must be `hello`"));
  pump_until_closed(peer);
  EXPECT_EQ(peer.messages().size(), 1U);
}

TEST_F(ServerTest, ACallerOfAnotherVersionIsToldAndClosed) {
  const auto server = make_server();
  RawPeer peer(io_, server->listen(kAnyPort).value());
  peer.say_hello(1);
  peer.say_call("locate", locate_request("x"));
  pump_until_closed(peer);
  ASSERT_EQ(peer.messages().size(), 1U);
  EXPECT_EQ(fault_in(peer.messages()[0]).code, wire::FaultCode::WRONG_VERSION);
  EXPECT_THAT(fault_in(peer.messages()[0]).message, HasSubstr("speaks version 2 of the protocol, the caller 1"));
}

TEST_F(ServerTest, WhatAHandlerThrowsIsAnswered) {
  Server server(io_, {}, hello_of());
  server.on(methods::kLocate, [](wire::LocateRequest&& request, const LocateResponder&) {
    if (request.store == "fault") {
      wire::Fault fault;
      fault.code = wire::FaultCode::CONFLICT;
      fault.message = "taken";
      throw fault;
    }
    if (request.store == "error") {
      throw ResultError(Error{ErrorKind::kOverloaded, "full"});
    }
    throw std::runtime_error("a bug");
  });
  Channel channel(io_, server.listen(kAnyPort).value(), {});
  EXPECT_EQ(locate(channel, "fault").error().kind, ErrorKind::kConflict);
  EXPECT_EQ(locate(channel, "error").error().kind, ErrorKind::kOverloaded);
  const Located bug = locate(channel, "bug");
  EXPECT_EQ(bug.error().kind, ErrorKind::kUnknown);
  EXPECT_THAT(bug.error().message, HasSubstr("a bug"));
}

TEST_F(ServerTest, ErrorsAfterWhichSomethingMayHaveHappenedAreUnknownToTheCaller) {
  Server server(io_, {}, hello_of());
  ErrorKind kind{};
  server.on(methods::kLocate, [&](wire::LocateRequest&&, const LocateResponder& respond) {
    respond.fault(Error{kind, "why"});
  });
  Channel channel(io_, server.listen(kAnyPort).value(), {});
  const std::vector<std::pair<ErrorKind, ErrorKind>> kinds = {{ErrorKind::kInvalidInput, ErrorKind::kInvalidInput},
                                                              {ErrorKind::kNotFound, ErrorKind::kNotFound},
                                                              {ErrorKind::kConflict, ErrorKind::kConflict},
                                                              {ErrorKind::kCorrupt, ErrorKind::kUnavailable},
                                                              {ErrorKind::kIo, ErrorKind::kUnknown},
                                                              {ErrorKind::kUnavailable, ErrorKind::kUnavailable},
                                                              {ErrorKind::kOverloaded, ErrorKind::kOverloaded},
                                                              {ErrorKind::kUnknown, ErrorKind::kUnknown},
                                                              {ErrorKind::kFenced, ErrorKind::kFenced},
                                                              {ErrorKind::kWrongVersion, ErrorKind::kWrongVersion}};
  for (const auto& [sent, expected] : kinds) {
    kind = sent;
    EXPECT_EQ(locate(channel, "x").error().kind, expected) << static_cast<int>(sent);
  }
}

TEST_F(ServerTest, ACallThatIsGivenUpIsUnknownToTheCaller) {
  const auto server = make_waiting_server();
  std::optional<Located> answer;
  Channel channel(io_, server->listen(kAnyPort).value(), {});
  channel.call(methods::kLocate, locate_request("x"), kLong, into(answer));
  run_until([&] { return waiting_.size() == 1; });
  waiting_.clear();
  run_until([&] { return answer.has_value(); });
  EXPECT_EQ(answer->error().kind, ErrorKind::kUnknown);
  EXPECT_THAT(answer->error().message, HasSubstr("given up"));
}

TEST_F(ServerTest, OnlyTheFirstAnswerCounts) {
  Server server(io_, {}, hello_of());
  server.on(methods::kLocate, [](wire::LocateRequest&& request, const LocateResponder& respond) {
    const std::vector<LocateResponder> copies(2, respond);
    copies[0](location_of(request));
    copies[1].fault(wire::FaultCode::CONFLICT, "too late");
  });
  Channel channel(io_, server.listen(kAnyPort).value(), {});
  EXPECT_TRUE(locate(channel, "x").has_value());
  EXPECT_TRUE(locate(channel, "y").has_value());
}

TEST_F(ServerTest, AnswersToACallerThatHasGoneAreDropped) {
  const auto server = make_waiting_server();
  const Address address = server->listen(kAnyPort).value();
  auto channel = std::make_unique<Channel>(io_, address, ChannelOptions());
  channel->call(methods::kLocate, locate_request("x"), kLong, [](const Located&) {});
  channel->call(methods::kLocate, locate_request("y"), kLong, [](const Located&) {});
  run_until([&] { return waiting_.size() == 2; });
  channel.reset();
  run_until([&] { return server->open_connections() == 0; });
  waiting_[0](wire::StoreLocation());
  waiting_.clear();
}

TEST_F(ServerTest, AnswersAfterTheServerHasGoneAreDropped) {
  auto server = make_waiting_server();
  Channel channel(io_, server->listen(kAnyPort).value(), {});
  std::vector<std::optional<Located>> answers(2);
  for (auto& answer : answers) {
    channel.call(methods::kLocate, locate_request("x"), kLong, into(answer));
  }
  run_until([&] { return waiting_.size() == 2; });
  server.reset();
  waiting_[0](wire::StoreLocation());
  waiting_.clear();
  run_until([&] { return answers[0] && answers[1]; });
  EXPECT_EQ(answers[0]->error().kind, ErrorKind::kUnknown);
}

TEST_F(ServerTest, AnAddressInUseIsAConflict) {
  const auto server = make_server();
  const Address address = server->listen(kAnyPort).value();
  const auto other = make_server();
  const Result<Address> listening = other->listen(address);
  EXPECT_EQ(listening.error().kind, ErrorKind::kConflict);
  EXPECT_THAT(listening.error().message, HasSubstr(to_string(address)));
}

TEST_F(ServerTest, AnAddressThatIsNotOfThisMachineIsAnError) {
  const auto server = make_server();
  EXPECT_EQ(server->listen({"192.0.2.1", 0}).error().kind, ErrorKind::kIo);
}

TEST_F(ServerTest, StoppingFinishesWhatIsOutstandingAndRefusesTheRest) {
  const auto server = make_waiting_server();
  const Address address = server->listen(kAnyPort).value();
  std::optional<Located> answer;
  Channel idle(io_, address, {});
  idle.call(methods::kLocate, locate_request("x"), kLong, into(answer));
  run_until([&] { return waiting_.size() == 1; });
  waiting_[0](wire::StoreLocation());
  run_until([&] { return answer.has_value(); });
  std::optional<Located> busy_answer;
  Channel busy(io_, address, {});
  busy.call(methods::kLocate, locate_request("y"), kLong, into(busy_answer));
  run_until([&] { return waiting_.size() == 2; });

  server->stop_accepting();
  run_until([&] { return server->open_connections() == 1; });
  const Located late = locate(busy, "late");
  EXPECT_EQ(late.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(late.error().message, HasSubstr("shutting down"));
  EXPECT_EQ(locate(idle, "new").error().kind, ErrorKind::kUnavailable);
  EXPECT_FALSE(busy_answer.has_value());
  waiting_[1](wire::StoreLocation());
  run_until([&] { return busy_answer.has_value(); });
  EXPECT_TRUE(busy_answer->has_value());
  run_until([&] { return server->open_connections() == 0; });
}

TEST_F(ServerTest, AnAnswerTooLargeForAFrameIsUnknownForTheCallWasServed) {
  Limits limits;
  limits.frame_bytes = 1000;
  Server server(io_, limits, hello_of());
  server.on(methods::kLocate, [](wire::LocateRequest&&, const LocateResponder& respond) {
    wire::StoreLocation location;
    location.__set_address(std::string(2000, 'x'));
    respond(location);
  });
  Channel channel(io_, server.listen(kAnyPort).value(), {});
  const Located located = locate(channel, "x");
  EXPECT_EQ(located.error().kind, ErrorKind::kUnknown);
  EXPECT_THAT(located.error().message, HasSubstr("too large"));
}

TEST_F(ServerTest, ACallWithoutItsRequestIsRefused) {
  const auto server = make_server();
  RawPeer peer(io_, server->listen(kAnyPort).value());
  peer.say_hello();
  peer.say_frame(std::string("\x80\x01\x00\x01", 4) + RawPeer::big_endian(6) + "locate" + RawPeer::big_endian(3) +
                 std::string(1, '\0'));
  pump_until_messages(peer, 2);
  EXPECT_EQ(fault_in(peer.messages()[1]).code, wire::FaultCode::INVALID_ARGUMENT);
}

TEST_F(ServerTest, AThreadMayWaitForAnAnswerWhileAnotherRunsTheLoop) {
  const auto server = make_server();
  auto channel = std::make_unique<Channel>(io_, server->listen(kAnyPort).value(), ChannelOptions());
  const auto work = boost::asio::make_work_guard(io_);
  std::thread runner([&] { io_.run(); });
  for (int i = 0; i < 10; ++i) {
    std::promise<Located> promise;
    boost::asio::post(io_, [&] {
      channel->call(methods::kLocate, locate_request("x"), kLong,
                    [&](Located located) { promise.set_value(std::move(located)); });
    });
    EXPECT_TRUE(promise.get_future().get().has_value());
  }
  boost::asio::post(io_, [&] {
    channel.reset();
    io_.stop();
  });
  runner.join();
}

}  // namespace
}  // namespace assent::rpc
