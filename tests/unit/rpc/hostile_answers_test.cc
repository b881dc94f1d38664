// What a broken peer may say to a channel: the connection ends, and no call gets the answer of another.
#include <gmock/gmock.h>

#include "assent_constants.h"
#include "tests/unit/rpc/allocation_meter.h"
#include "tests/unit/rpc/loop.h"
#include "tests/unit/rpc/raw_peer.h"
#include "tests/unit/rpc/wire_text.h"

namespace assent::rpc {
namespace {

using namespace wire_text;  // NOLINT(google-build-using-namespace)
using testing::HasSubstr;

class HostileAnswersTest : public Loop {
 protected:
  // Calls `locate` on a peer that answers hello and then the call with these bytes.
  Located answered_with(const std::string& hello, const std::string& bytes) {
    boost::asio::ip::tcp::acceptor acceptor(io_, {boost::asio::ip::address_v4::loopback(), 0});
    Channel channel(io_, {"127.0.0.1", acceptor.local_endpoint().port()}, {});
    std::optional<Located> answer;
    channel.call(methods::kLocate, locate_request("x"), kLong, into(answer));
    std::optional<RawPeer> peer;
    acceptor.async_accept([&](const boost::system::error_code& error, boost::asio::ip::tcp::socket socket) {
      EXPECT_FALSE(error);
      peer.emplace(std::move(socket));
      peer->say(hello);
    });
    bool has_answered = false;
    const AllocationMeter meter;
    run_until([&] {
      if (peer) {
        peer->pump();
        if (!has_answered && peer->messages().size() == 2) {
          peer->say(bytes);
          has_answered = true;
        }
      }
      return answer.has_value();
    });
    EXPECT_LT(meter.peak_growth(), 16U << 20U);
    run_until([&] {
      peer->pump();
      return peer->is_closed();
    });
    return answer.value();
  }

  static std::string hello() {
    return frame(head("hello", Type::kReply, 0) + field(kStruct, 0) + field(kI32, 1) +
                 number32(static_cast<std::uint32_t>(wire::g_assent_constants.PROTOCOL_VERSION)) + kStop + kStop);
  }
};

TEST_F(HostileAnswersTest, WhatIsNoAnswerLeavesTheCallUnknown) {
  const std::string start = head("locate", Type::kReply) + field(kStruct, 0);
  const std::vector<std::pair<std::string, std::string>> answers = {
      {"of another call", frame(head("locate", Type::kReply, 77) + kStop)},
      {"of another method", frame(head("commit", Type::kReply) + kStop)},
      {"that is a call", frame(head("locate", Type::kCall) + kStop)},
      {"that ends too early", frame(start)},
      {"with a huge string", frame(start + field(kString, 1) + number32(0x7fffffff))},
      {"with a huge list", frame(start + field(kList, 9) + std::string(1, kStruct) + number32(0x7fffffff))},
      {"with a huge exception", frame(head("locate", Type::kException) + field(kString, 1) + number32(0x7fffffff))},
      {"with bytes behind its end", frame(start + kStop + kStop + "x")},
      {"larger than a frame", number32(0x7fffffff)},
      {"that is no message", "HTTP/1.1 400 Bad Request\r\n\r\n"}};
  for (const auto& [name, bytes] : answers) {
    EXPECT_EQ(answered_with(hello(), bytes).error().kind, ErrorKind::kUnknown) << name;
  }
}

TEST_F(HostileAnswersTest, APeerThatDoesNotAnswerHelloProperlyIsUnavailable) {
  const std::vector<std::string> answers = {
      frame(head("hello", Type::kReply, 9) + kStop), frame(head("hello", Type::kException, 0) + kStop),
      frame(head("hello", Type::kReply, 0)), "HTTP/1.1 400 Bad Request\r\n\r\n", number32(0)};
  for (const std::string& bytes : answers) {
    const Located located = answered_with(bytes, "");
    EXPECT_EQ(located.error().kind, ErrorKind::kUnavailable);
    EXPECT_THAT(located.error().message, HasSubstr("was not sent"));
  }
}

TEST_F(HostileAnswersTest, AnAnswerToACallThatHasNotBeenSentIsNone) {
  const Located located =
      answered_with(hello() + frame(head("locate", Type::kReply, 1) + field(kStruct, 0) + kStop + kStop), "");
  EXPECT_EQ(located.error().kind, ErrorKind::kUnavailable);
}

TEST_F(HostileAnswersTest, AnAnswerWithoutAResultIsUnknownAndHarmless) {
  boost::asio::ip::tcp::acceptor acceptor(io_, {boost::asio::ip::address_v4::loopback(), 0});
  Channel channel(io_, {"127.0.0.1", acceptor.local_endpoint().port()}, {});
  std::vector<std::optional<Located>> answers(2);
  for (auto& answer : answers) {
    channel.call(methods::kLocate, locate_request("x"), kLong, into(answer));
  }
  std::optional<RawPeer> peer;
  acceptor.async_accept([&](const boost::system::error_code&, boost::asio::ip::tcp::socket socket) {
    peer.emplace(std::move(socket));
    peer->say(hello());
  });
  run_until([&] {
    if (peer) {
      peer->pump();
    }
    return peer && peer->messages().size() == 3;
  });
  peer->say(frame(head("locate", Type::kReply, 1) + kStop) +
            frame(head("locate", Type::kReply, 2) + field(kStruct, 0) + kStop + kStop));
  run_until([&] {
    peer->pump();
    return answers[0] && answers[1];
  });
  EXPECT_EQ(answers[0]->error().kind, ErrorKind::kUnknown);
  EXPECT_TRUE(answers[1]->has_value());
}

}  // namespace
}  // namespace assent::rpc
