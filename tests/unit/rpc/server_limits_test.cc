// Callers that ask too much, answer too little or say nothing: what the server allows them.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <vector>

#include "tests/unit/rpc/server_fixture.h"

namespace assent::rpc {
namespace {

// While it lives, the process can open only so many files more.
class DescriptorShortage {
 public:
  explicit DescriptorShortage(int left) {
    getrlimit(RLIMIT_NOFILE, &before_);
    const int first_free = dup(STDIN_FILENO);
    close(first_free);
    auto limit = before_;
    limit.rlim_cur = static_cast<rlim_t>(first_free);
    for (; left > 0; ++limit.rlim_cur) left -= fcntl(static_cast<int>(limit.rlim_cur), F_GETFD) < 0 ? 1 : 0;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  ~DescriptorShortage() { setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorShortage(const DescriptorShortage&) = delete;
  DescriptorShortage& operator=(const DescriptorShortage&) = delete;

 private:
  rlimit before_{};
};

TEST_F(ServerTest, ItDoesNotReadOnWhileTooManyCallsAreOutstanding) {
  Limits limits;
  limits.outstanding_calls = 4;
  const auto server = make_waiting_server(limits);
  Channel channel(io_, server->listen(kAnyPort).value(), {});
  int answered = 0;
  call_often(channel, 10, answered);
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

  // A caller that asks so often, and reads nothing.
  void expect_closed_after(const Limits& limits, int calls) {
    const auto server = make_talkative_server(limits);
    RawPeer peer(io_, server->listen(kAnyPort).value());
    peer.stop_reading();
    peer.say_hello();
    for (int i = 0; i < calls; ++i) {
      peer.say_call("locate", locate_request("x"));
    }
    run_until([&] {
      peer.pump();
      return server->counters().slow_peers == 1;
    });
    EXPECT_EQ(server->open_connections(), 0U);
  }
};

TEST_F(UnreadAnswersTest, ACallerThatLetsTooMuchPileUpIsClosed) {
  Limits limits;
  limits.output_bytes = kAnswerBytes / 2;
  expect_closed_after(limits, 1);
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
  expect_closed_after(limits, 20);
}

TEST_F(ServerTest, AnIdleCallerIsClosedAndOneThatWaitsForAnAnswerIsNot) {
  Limits limits;
  limits.idle_timeout = std::chrono::milliseconds(40);
  const auto server = make_waiting_server(limits);
  const Address address = server->listen(kAnyPort).value();
  std::optional<Located> answer;
  Channel busy(io_, address, {});
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
  std::optional<Located> other;
  Channel fourth(io_, address, {});
  fourth.call(methods::kLocate, locate_request("x"), kLong, into(other));
  run_until([&] { return waiting_.size() == 2; });
  EXPECT_FALSE(answer.has_value());
}

TEST_F(ServerTest, WithoutADescriptorForANewCallerAnIdleOneMakesRoom) {
  const auto server = make_server({});
  const Address address = server->listen(kAnyPort).value();
  RawPeer idle(io_, address);
  idle.say_hello();
  pump_until_messages(idle, 1);
  const DescriptorShortage shortage(1);  // for the newcomer's own end
  RawPeer newcomer(io_, address);
  pump_until_closed(idle);
  newcomer.say_hello();
  pump_until_messages(newcomer, 1);
  EXPECT_EQ(server->open_connections(), 1U);
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

}  // namespace
}  // namespace assent::rpc
