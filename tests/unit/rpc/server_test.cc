#include <gmock/gmock.h>

#include <future>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/unit/rpc/loop.h"
#include "tests/unit/rpc/raw_peer.h"

namespace assent::rpc {
namespace {

using apache::thrift::TApplicationException;
using testing::HasSubstr;

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
  peer.say_hello(2);
  peer.say_call("locate", locate_request("x"));
  pump_until_closed(peer);
  ASSERT_EQ(peer.messages().size(), 1U);
  EXPECT_EQ(fault_in(peer.messages()[0]).code, wire::FaultCode::WRONG_VERSION);
  EXPECT_THAT(fault_in(peer.messages()[0]).message, HasSubstr("speaks version 1 of the protocol, the caller 2"));
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
  Channel channel(io_, server->listen(kAnyPort).value(), {});
  std::optional<Located> answer;
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
    const LocateResponder copy = respond;
    copy(location_of(request));
    respond.fault(wire::FaultCode::CONFLICT, "too late");
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

TEST_F(ServerTest, ItDoesNotReadOnWhileTooManyCallsAreOutstanding) {
  Limits limits;
  limits.outstanding_calls = 4;
  const auto server = make_waiting_server(limits);
  Channel channel(io_, server->listen(kAnyPort).value(), {});
  int answered = 0;
  for (int i = 0; i < 10; ++i) {
    channel.call(methods::kLocate, locate_request("x"), kLong, [&](const Located& located) {
      EXPECT_TRUE(located.has_value());
      ++answered;
    });
  }
  run_until([&] { return waiting_.size() == 4; });
  run_ready();
  EXPECT_EQ(waiting_.size(), 4U);
  // Each answer lets one more in.
  for (std::size_t i = 0; i < 10; ++i) {
    run_until([&] { return waiting_.size() > i; });
    EXPECT_LE(waiting_.size() - i, 4U);
    waiting_[i](wire::StoreLocation());
  }
  run_until([&] { return answered == 10; });
}

// Many answers to a caller that does not read them: they fill the system's buffers, and then the server's.
class UnreadAnswersTest : public ServerTest {
 protected:
  static constexpr std::size_t kAnswerBytes = 1U << 20U;

  std::unique_ptr<Server> make_talkative_server(const Limits& limits) {
    auto server = std::make_unique<Server>(io_, limits, hello_of());
    server->on(methods::kLocate, [](wire::LocateRequest&&, const LocateResponder& respond) {
      wire::StoreLocation location;
      location.__set_address(std::string(kAnswerBytes, 'x'));
      respond(location);
    });
    return server;
  }
};

TEST_F(UnreadAnswersTest, ACallerThatLetsTooMuchPileUpIsClosed) {
  Limits limits;
  limits.output_bytes = kAnswerBytes / 2;
  const auto server = make_talkative_server(limits);
  RawPeer peer(io_, server->listen(kAnyPort).value());
  peer.stop_reading();
  peer.say_hello();
  peer.say_call("locate", locate_request("x"));
  run_until([&] {
    peer.pump();
    return server->counters().slow_peers == 1;
  });
  EXPECT_EQ(server->open_connections(), 0U);
}

TEST_F(UnreadAnswersTest, ItDoesNotReadOnWhileHalfOfTheOutputWaits) {
  Limits limits;
  limits.output_bytes = 4 * kAnswerBytes;
  const auto server = make_talkative_server(limits);
  RawPeer peer(io_, server->listen(kAnyPort).value());
  peer.stop_reading();
  peer.say_hello();
  constexpr std::size_t kCalls = 40;
  for (std::size_t i = 0; i < kCalls; ++i) {
    peer.say_call("locate", locate_request("x"));
  }
  std::uint64_t frames_before = 1;
  while (server->counters().frames_in != frames_before) {
    frames_before = server->counters().frames_in;
    peer.pump();
    io_.restart();
    io_.run_one_for(std::chrono::milliseconds(100));
    run_ready();
  }
  EXPECT_LT(server->counters().frames_in, kCalls);
  EXPECT_EQ(server->open_connections(), 1U);
  peer.start_reading();
  run_until([&] {
    peer.pump();
    return peer.received_bytes() > kCalls * kAnswerBytes;
  });
}

TEST_F(UnreadAnswersTest, ACallerThatDoesNotReadForTooLongIsClosed) {
  Limits limits;
  limits.write_timeout = std::chrono::milliseconds(40);
  const auto server = make_talkative_server(limits);
  RawPeer peer(io_, server->listen(kAnyPort).value());
  peer.stop_reading();
  peer.say_hello();
  for (int i = 0; i < 20; ++i) {
    peer.say_call("locate", locate_request("x"));
  }
  run_until([&] {
    peer.pump();
    return server->counters().slow_peers == 1;
  });
  EXPECT_EQ(server->open_connections(), 0U);
}

TEST_F(ServerTest, AnIdleCallerIsClosedAndOneThatWaitsForAnAnswerIsNot) {
  Limits limits;
  limits.idle_timeout = std::chrono::milliseconds(40);
  const auto server = make_waiting_server(limits);
  const Address address = server->listen(kAnyPort).value();
  Channel busy(io_, address, {});
  std::optional<Located> answer;
  while (waiting_.empty()) {  // on a slow machine it may be idle between hello and the call
    answer.reset();
    busy.call(methods::kLocate, locate_request("x"), kLong, into(answer));
    run_until([&] { return answer || !waiting_.empty(); });
  }
  RawPeer idle(io_, address);
  idle.say_hello();
  pump_until_closed(idle);
  EXPECT_EQ(idle.messages().size(), 1U);
  EXPECT_EQ(server->open_connections(), 1U);
  waiting_[0](wire::StoreLocation());
  run_until([&] { return answer.has_value(); });
  EXPECT_TRUE(answer->has_value());
}

TEST_F(ServerTest, ACallerThatStopsInTheMiddleOfAFrameIsClosed) {
  Limits limits;
  limits.read_timeout = std::chrono::milliseconds(40);
  const auto server = make_server(limits);
  RawPeer peer(io_, server->listen(kAnyPort).value());
  peer.say_hello();
  peer.say(RawPeer::big_endian(1000) + "xx");
  pump_until_closed(peer);
  EXPECT_EQ(server->counters().slow_peers, 1U);
}

TEST_F(ServerTest, ACallerThatSendsAFrameByteByByteIsClosed) {
  Limits limits;
  limits.frame_timeout = std::chrono::milliseconds(100);
  const auto server = make_server(limits);
  RawPeer peer(io_, server->listen(kAnyPort).value());
  peer.say_hello();
  peer.say(RawPeer::big_endian(8U << 20U));
  run_until([&] {
    if (peer.has_sent_all() && !peer.is_closed()) peer.say("x");
    peer.pump();
    return peer.is_closed();
  });
  EXPECT_EQ(server->counters().slow_peers, 1U);
}

TEST_F(ServerTest, HalfAFrameBehindCallsThatAreNotReadOnIsNotHeldAgainstTheCaller) {
  Limits limits;
  limits.outstanding_calls = 1;
  limits.read_timeout = std::chrono::milliseconds(20);
  const auto server = make_waiting_server(limits);
  RawPeer peer(io_, server->listen(kAnyPort).value());
  peer.say_hello();
  peer.say_call("locate", locate_request("x"));
  peer.say(RawPeer::big_endian(1000) + "xx");
  run_until([&] {
    peer.pump();
    return waiting_.size() == 1;
  });
  const auto until = std::chrono::steady_clock::now() + 5 * limits.read_timeout;
  run_until([&] { return std::chrono::steady_clock::now() > until; });
  EXPECT_EQ(server->open_connections(), 1U);
  waiting_[0](wire::StoreLocation());
  pump_until_closed(peer);
  EXPECT_EQ(peer.messages().size(), 2U) << "it was answered";
}

TEST_F(ServerTest, ACallerThatDoesNotSayHelloInTimeIsClosed) {
  Limits limits;
  limits.connect_timeout = std::chrono::milliseconds(40);
  const auto server = make_server(limits);
  RawPeer silent(io_, server->listen(kAnyPort).value());
  pump_until_closed(silent);
  EXPECT_EQ(server->counters().slow_peers, 1U);
}

TEST_F(ServerTest, MoreConnectionsThanAllowedAreClosedAtOnceWhileNoneIsIdle) {
  Limits limits;
  limits.connections = 2;
  const auto server = make_waiting_server(limits);
  const Address address = server->listen(kAnyPort).value();
  std::optional<Located> answer;
  Channel busy(io_, address, {});
  busy.call(methods::kLocate, locate_request("x"), kLong, into(answer));
  run_until([&] { return waiting_.size() == 1; });
  RawPeer silent(io_, address);  // has not said hello
  run_until([&] { return server->open_connections() == 2; });
  RawPeer third(io_, address);
  pump_until_closed(third);
  EXPECT_EQ(server->counters().refused_connections, 1U);
  silent.close();
  run_until([&] { return server->open_connections() == 1; });
  Channel fourth(io_, address, {});
  std::optional<Located> other;
  fourth.call(methods::kLocate, locate_request("x"), kLong, into(other));
  run_until([&] { return waiting_.size() == 2; });
  EXPECT_FALSE(answer.has_value());
}

TEST_F(ServerTest, TheCallerThatHasBeenIdleForLongestMakesRoomForANewOne) {
  Limits limits;
  limits.connections = 3;
  const auto server = make_waiting_server(limits);
  const Address address = server->listen(kAnyPort).value();
  std::optional<Located> answer;
  Channel busy(io_, address, {});
  busy.call(methods::kLocate, locate_request("x"), kLong, into(answer));
  run_until([&] { return waiting_.size() == 1; });
  RawPeer first(io_, address);
  first.say_hello();
  pump_until_messages(first, 1);
  RawPeer second(io_, address);
  second.say_hello();
  pump_until_messages(second, 1);
  RawPeer third(io_, address);
  third.say_hello();
  pump_until_messages(third, 1);
  pump_until_closed(first);
  second.pump();
  EXPECT_FALSE(second.is_closed());
  EXPECT_EQ(server->counters().evicted_connections, 1U);
  EXPECT_EQ(server->counters().refused_connections, 0U);
  waiting_[0](wire::StoreLocation());
  run_until([&] { return answer.has_value(); });
  EXPECT_TRUE(answer->has_value()) << "who waits for an answer is not idle";
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
  Channel idle(io_, address, {});
  std::optional<Located> answer;
  idle.call(methods::kLocate, locate_request("x"), kLong, into(answer));
  run_until([&] { return waiting_.size() == 1; });
  waiting_[0](wire::StoreLocation());
  run_until([&] { return answer.has_value(); });
  Channel busy(io_, address, {});
  std::optional<Located> busy_answer;
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
