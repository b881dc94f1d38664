// What strangers may say to a server: each message is answered by the end of its connection, and none makes the
// server allocate more than 16 MiB.
#include <gmock/gmock.h>

#include <ostream>
#include <vector>

#include "tests/unit/rpc/allocation_meter.h"
#include "tests/unit/rpc/loop.h"
#include "tests/unit/rpc/raw_peer.h"
#include "tests/unit/rpc/wire_text.h"

namespace assent::rpc {
namespace {

using namespace wire_text;  // NOLINT(google-build-using-namespace)

constexpr std::size_t kMostGrowth = 16U << 20U;
constexpr std::size_t kFrame = 8U << 20U;
constexpr std::uint32_t kHuge = 0x7fffffff;
constexpr std::uint32_t kNegative = 0xfffffff0;

struct Hostile {
  std::string name;
  std::string bytes;  // as they travel
};

void PrintTo(const Hostile& hostile, std::ostream* out) {
  *out << hostile.name;
}

std::string sized(char container, char number, const std::string& types, std::uint32_t size) {
  return field(container, number) + types + number32(size);
}

// A call of `submit` whose request holds these bytes.
std::string submit(const std::string& request) {
  return frame(head("submit") + field(kStruct, 1) + request);
}

// A call of `submit` that fills a frame with zeros behind these bytes.
std::string full_submit(const std::string& request) {
  const std::string start = head("submit") + field(kStruct, 1) + request;
  return frame(start + std::string(kFrame - start.size(), '\0'));
}

std::vector<Hostile> hostile_messages() {
  const std::string struct_type(1, kStruct);
  const std::string list_of_one = std::string(1, kList) + number32(1);
  const std::string map_of_one = std::string({kMap, kMap}) + number32(1);
  const std::string branch = field(kList, 2) + struct_type;  // its statements
  const std::string statements = branch + number32(30000) + std::string(30000, '\0') + kStop;
  return {
      {"AStringOfTwoGigabytes", frame(head("locate") + field(kStruct, 1) + field(kString, 1) + number32(kHuge))},
      {"AStringLongerThanItsFrame",
       frame(head("locate") + field(kStruct, 1) + field(kString, 1) + number32(100) + "x")},
      {"AStringOfNegativeLength", frame(head("locate") + field(kStruct, 1) + field(kString, 1) + number32(kNegative))},
      {"AnUnknownStringOfTwoGigabytes", submit(field(kString, 99) + number32(kHuge))},
      {"AMethodNameOfTwoGigabytes", frame(number32(0x80010001) + number32(kHuge))},
      {"AMethodNameOfNegativeLength", frame(number32(0x80010001) + number32(kNegative) + "xxxxxxxx")},
      {"AMethodNameThatFillsAFrame", frame(head(std::string(kFrame - 100, 'm')) + kStop)},
      {"AListOfTwoThousandMillionStructs", submit(sized(kList, 3, struct_type, kHuge))},
      {"AListOfNegativeSize", submit(sized(kList, 3, struct_type, kNegative))},
      {"AListLargerThanItsFrame", submit(sized(kList, 3, struct_type, 1000) + std::string(100, '\0'))},
      {"AListOfEmptyStructsThatFillsAFrame", full_submit(sized(kList, 3, struct_type, kFrame - 100))},
      {"AListOfOneElementMoreThanAllowed", full_submit(sized(kList, 3, struct_type, (1U << 16U) + 1))},
      {"ListsThatAreTooManyTogether", full_submit(sized(kList, 3, struct_type, 100) + repeated(statements, 100))},
      {"AnUnknownListOfTwoThousandMillionBytes", submit(sized(kList, 99, std::string(1, kByte), kHuge))},
      {"AnUnknownListOfNothing", full_submit(sized(kList, 99, std::string(1, '\0'), 1000))},
      {"AnUnknownListOfAnUnknownType", full_submit(sized(kList, 99, std::string(1, 77), 1000))},
      {"ASetOfTwoThousandMillionStructs", submit(sized(kSet, 99, struct_type, kHuge))},
      {"ASetOfNegativeSize", submit(sized(kSet, 99, struct_type, kNegative))},
      {"AMapOfTwoThousandMillionStructs", submit(sized(kMap, 99, struct_type + struct_type, kHuge))},
      {"AMapOfNegativeSize", submit(sized(kMap, 99, struct_type + struct_type, kNegative))},
      {"StructsAHundredThousandDeep", submit(repeated(field(kStruct, 99), 100000))},
      {"ListsAHundredThousandDeep", submit(field(kList, 99) + repeated(list_of_one, 100000))},
      {"MapsAHundredThousandDeep", submit(field(kMap, 99) + repeated(map_of_one, 100000))},
      {"AnUnknownMethodWithStructsAHundredThousandDeep",
       frame(head("frobnicate") + repeated(field(kStruct, 99), 100000))},
      {"AFrameOfOneByteTooMany", number32(kFrame + 1)},
      {"AFrameOfTwoGigabytes", number32(kHuge)},
      {"AFrameOfNegativeLength", number32(kNegative)},
      {"AnEmptyFrame", number32(0)},
      {"AWebBrowser", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"},
      {"Garbage", frame("\x17\x2a\x9c\x41 garbage that is no message")},
      {"ACallWithoutItsVersion", frame(text("locate") + std::string(1, 1) + number32(1) + kStop)},
      {"ACallOfAnotherThriftVersion", frame(number32(0x80020001) + text("locate") + number32(1) + kStop)},
      {"AReply", frame(head("locate", Type::kReply) + kStop)},
      {"AOnewayCall", frame(head("locate", Type::kOneway) + kStop)},
      {"ACallThatEndsTooEarly", frame(head("locate") + field(kStruct, 1))},
      {"ACallThatEndsInItsHead", frame(number32(0x80010001) + text("locate"))},
      {"ACallWithBytesBehindItsEnd", frame(head("locate") + kStop + "more")},
      {"AFieldOfAnUnknownType", submit(field(77, 99) + std::string(20, '\0'))},
  };
}

class HostileMessagesTest : public Loop, public testing::WithParamInterface<Hostile> {
 protected:
  std::unique_ptr<Server> make_submit_server() {
    auto server = make_server();
    server->on(methods::kSubmit, [this](wire::SubmitRequest&& request, const Responder<wire::Outcome>& respond) {
      statements_ = request.branches.empty() ? 0 : request.branches[0].statements.size();
      respond(wire::Outcome());
    });
    return server;
  }

  void greet(RawPeer& peer) {
    peer.say_hello();
    run_until([&] {
      peer.pump();
      return peer.messages().size() == 1;
    });
  }

  std::size_t statements_ = 0;
};

TEST_P(HostileMessagesTest, IsRefusedWithoutAllocatingWhatItAnnounces) {
  const auto server = make_submit_server();
  const Address address = server->listen(kAnyPort).value();
  RawPeer peer(io_, address);
  greet(peer);
  peer.say(GetParam().bytes);
  const AllocationMeter meter;
  run_until([&] {
    peer.pump();
    return peer.is_closed();
  });
  EXPECT_LT(meter.peak_growth(), kMostGrowth);
  EXPECT_EQ(server->counters().bad_frames, 1U);
  EXPECT_EQ(server->open_connections(), 0U);
  EXPECT_EQ(peer.messages().size(), 1U) << "nothing but hello was answered";
  Channel channel(io_, address, {});
  EXPECT_TRUE(locate(channel, "x").has_value()) << "others are still served";
}

INSTANTIATE_TEST_SUITE_P(AStrangerSays, HostileMessagesTest, testing::ValuesIn(hostile_messages()),
                         [](const auto& hostile) { return hostile.param.name; });

TEST_F(HostileMessagesTest, BeforeHelloItIsRefusedForEvenLess) {
  const auto server = make_submit_server();
  const Address address = server->listen(kAnyPort).value();
  for (const Hostile& hostile : hostile_messages()) {
    RawPeer peer(io_, address);
    peer.say(hostile.bytes);
    const AllocationMeter meter;
    run_until([&] {
      peer.pump();
      return peer.is_closed();
    });
    EXPECT_LT(meter.peak_growth(), 128U << 10U) << hostile.name;
  }
  run_until([&] { return server->open_connections() == 0; });
}

TEST_F(HostileMessagesTest, TheWorstThatIsAllowedTakesLessThanSixteenMebibytesMoreThanWasSent) {
  const auto server = make_submit_server();
  RawPeer peer(io_, server->listen(kAnyPort).value());
  greet(peer);
  // As many empty statements as a message may have, and a text that fills the frame.
  constexpr std::uint32_t kStatements = (1U << 16U) - 1;
  const std::string start = head("submit") + field(kStruct, 1) + sized(kList, 3, std::string(1, kStruct), 1) +
                            sized(kList, 2, std::string(1, kStruct), kStatements) + std::string(kStatements, '\0') +
                            field(kString, 1);
  const std::size_t rest = kFrame - start.size() - 4 - 3;
  peer.say(frame(start + text(std::string(rest, 'x')) + kStop + kStop + kStop));
  const AllocationMeter meter;
  run_until([&] {
    peer.pump();
    return peer.messages().size() == 2;
  });
  EXPECT_EQ(statements_, kStatements);
  EXPECT_LT(meter.peak_growth(), kFrame + kMostGrowth);
}

TEST_F(HostileMessagesTest, AFrameThatNeverEndsTakesNoMoreThanWhatHasArrived) {
  const auto server = make_submit_server();
  RawPeer peer(io_, server->listen(kAnyPort).value());
  greet(peer);
  peer.say(number32(kFrame) + std::string(100, 'x'));
  const AllocationMeter meter;
  run_until([&] {
    peer.pump();
    return server->counters().bytes_in > 100;
  });
  run_ready();
  EXPECT_LT(meter.peak_growth(), 64U << 10U);
  EXPECT_EQ(server->open_connections(), 1U);
}

}  // namespace
}  // namespace assent::rpc
