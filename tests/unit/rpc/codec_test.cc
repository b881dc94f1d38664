#include "thrift/rpc/codec.h"

#include <gmock/gmock.h>

#include "assent_constants.h"
#include "tests/unit/rpc/wire_text.h"
#include "thrift/rpc/methods.h"

namespace assent::rpc {
namespace {

using testing::HasSubstr;

std::string text_of(Frame frame) {
  return {frame.begin(), frame.end()};
}

std::span<const std::uint8_t> bytes_of(const std::string& message) {
  return {reinterpret_cast<const std::uint8_t*>(message.data()), message.size()};
}

wire::SubmitRequest request_with_branches(std::size_t count) {
  wire::SubmitRequest request;
  request.branches.resize(count);
  request.__isset.branches = true;
  return request;
}

TEST(CodecTest, HelloTravelsAsTheReadmeShows) {
  wire::HelloRequest hello;
  hello.__set_protocol_version(2);
  hello.__set_program("py");
  Encoder encoder(Limits{}, 10);
  const std::string expected = std::string("\x00\x00\x00\x26", 4) + std::string("\x80\x01\x00\x01", 4) +
                               std::string("\x00\x00\x00\x05hello", 9) + std::string("\x00\x00\x00\x00", 4) +
                               std::string("\x0c\x00\x01", 3) + std::string("\x08\x00\x01\x00\x00\x00\x02", 7) +
                               std::string("\x0b\x00\x02\x00\x00\x00\x02py", 9) + std::string("\x00\x00", 2);
  EXPECT_EQ(text_of(encoder.call("hello", 0, hello).value()), expected);
  EXPECT_EQ(wire::g_assent_constants.PROTOCOL_VERSION, 2);
}

TEST(CodecTest, AMessageComesBack) {
  wire::LocateRequest request;
  request.__set_store("accounts");
  Encoder encoder(Limits{}, 10);
  const std::string frame = text_of(encoder.call("locate", 77, request).value());
  Decoder decoder(Limits{}, 10);
  const MessageHead head = decoder.begin(bytes_of(frame).subspan(4)).value();
  EXPECT_EQ(head.method, "locate");
  EXPECT_EQ(head.seqid, 77);
  wire::Coordinator_locate_args arguments;
  ASSERT_TRUE(decoder.read(arguments).has_value());
  EXPECT_EQ(arguments.request.store, "accounts");
}

TEST(CodecTest, WhatItsReaderWouldRefuseIsNotWritten) {
  Limits limits;
  limits.frame_bytes = 1000;
  Encoder encoder(limits, 50);
  EXPECT_TRUE(encoder.call("submit", 1, request_with_branches(50)).has_value());
  const Result<Frame> too_many = encoder.call("submit", 1, request_with_branches(51));
  EXPECT_EQ(too_many.error().kind, ErrorKind::kInvalidInput);
  EXPECT_THAT(too_many.error().message, HasSubstr("`submit`"));
  wire::LocateRequest request;
  request.__set_store(std::string(1000, 'x'));
  EXPECT_EQ(encoder.call("locate", 1, request).error().kind, ErrorKind::kInvalidInput);
  request.__set_store("x");
  EXPECT_TRUE(encoder.call("locate", 1, request).has_value()) << "a failure leaves nothing behind";
}

TEST(CodecTest, ElementsAreCountedAnewInEachMessage) {
  Encoder encoder(Limits{}, 50);
  const std::string frame = text_of(encoder.call("submit", 1, request_with_branches(50)).value());
  Decoder enough(Limits{}, 50);
  Decoder too_few(Limits{}, 49);
  for (int i = 0; i < 3; ++i) {
    wire::Coordinator_submit_args arguments;
    ASSERT_TRUE(enough.begin(bytes_of(frame).subspan(4)).has_value());
    EXPECT_TRUE(enough.read(arguments).has_value());
    ASSERT_TRUE(too_few.begin(bytes_of(frame).subspan(4)).has_value());
    EXPECT_EQ(too_few.read(arguments).error().kind, ErrorKind::kCorrupt);
  }
}

TEST(CodecTest, FieldsOfLaterVersionsArePassedOver) {
  using namespace wire_text;  // NOLINT(google-build-using-namespace)
  const std::string message = head("locate") + field(kStruct, 1) + field(kList, 50) + std::string(1, kString) +
                              number32(2) + text("a") + text("b") + field(kString, 1) + text("accounts") + kStop +
                              kStop;
  Decoder decoder(Limits{}, 10);
  ASSERT_TRUE(decoder.begin(bytes_of(message)).has_value());
  wire::Coordinator_locate_args arguments;
  ASSERT_TRUE(decoder.read(arguments).has_value());
  EXPECT_EQ(arguments.request.store, "accounts");
}

}  // namespace
}  // namespace assent::rpc
