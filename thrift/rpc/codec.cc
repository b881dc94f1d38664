#include "thrift/rpc/codec.h"

#include <exception>

namespace assent::rpc {
namespace {

using apache::thrift::protocol::T_CALL;
using apache::thrift::protocol::T_EXCEPTION;
using apache::thrift::protocol::T_REPLY;
using apache::thrift::protocol::T_STRUCT;
using apache::thrift::protocol::TMessageType;
using apache::thrift::protocol::TProtocol;

// No method has a longer name; unknown names are copied into answers.
constexpr std::int32_t kMethodNameBytes = 128;

// Arguments and results are structs of which one field is set, and that field is a struct.
template <typename Body>
void write_field(TProtocol& protocol, const char* name, std::int16_t number, const Body& body) {
  protocol.writeStructBegin("");
  protocol.writeFieldBegin(name, T_STRUCT, number);
  body.write(&protocol);
  protocol.writeFieldEnd();
  protocol.writeFieldStop();
  protocol.writeStructEnd();
}

}  // namespace

Encoder::Encoder(const Limits& limits, std::uint32_t elements)
    : bytes_(std::make_shared<FrameWriter>(limits.frame_bytes)), protocol_(bytes_, limits, elements) {}

Result<Frame> Encoder::encode(const std::string& method, TMessageType type, std::int32_t seqid,
                              const Write& write_body) {
  try {
    bytes_->reset();
    protocol_.reset();
    protocol_.writeMessageBegin(method, type, seqid);
    write_body(protocol_);
    protocol_.writeMessageEnd();
    return bytes_->finish();
  } catch (const std::exception& error) {
    return Error{ErrorKind::kInvalidInput,
                 "the message of `" + method + "` cannot be sent: " + error.what() + "; send less in one message"};
  }
}

Result<Frame> Encoder::call(const std::string& method, std::int32_t seqid, const apache::thrift::TBase& request) {
  return encode(method, T_CALL, seqid, [&](TProtocol& protocol) { write_field(protocol, "request", 1, request); });
}

Result<Frame> Encoder::answer(const std::string& method, std::int32_t seqid, const apache::thrift::TBase& answer) {
  return encode(method, T_REPLY, seqid, [&](TProtocol& protocol) { write_field(protocol, "success", 0, answer); });
}

Result<Frame> Encoder::fault(const std::string& method, std::int32_t seqid, wire::FaultCode::type code,
                             const std::string& message) {
  wire::Fault fault;
  fault.__set_code(code);
  fault.__set_message(message);
  return encode(method, T_REPLY, seqid, [&](TProtocol& protocol) { write_field(protocol, "fault", 1, fault); });
}

Result<Frame> Encoder::exception(const std::string& method, std::int32_t seqid,
                                 const apache::thrift::TApplicationException& exception) {
  return encode(method, T_EXCEPTION, seqid, [&](TProtocol& protocol) { exception.write(&protocol); });
}

Decoder::Decoder(const Limits& limits, std::uint32_t elements)
    : bytes_(std::make_shared<FrameReader>()),
      protocol_(bytes_, limits, elements),
      string_bytes_(static_cast<std::int32_t>(limits.string_bytes)) {}

Result<MessageHead> Decoder::begin(std::span<const std::uint8_t> message) {
  try {
    bytes_->reset(message);
    protocol_.reset();
    MessageHead head;
    protocol_.setStringSizeLimit(kMethodNameBytes);
    protocol_.readMessageBegin(head.method, head.type, head.seqid);
    protocol_.setStringSizeLimit(string_bytes_);
    return head;
  } catch (const std::exception& error) {
    return Error{ErrorKind::kCorrupt, std::string("not a Thrift message: ") + error.what()};
  }
}

Result<void> Decoder::read_body(const Read& read) {
  try {
    read(protocol_);
    protocol_.readMessageEnd();
  } catch (const std::exception& error) {
    return Error{ErrorKind::kCorrupt, std::string("a malformed message: ") + error.what()};
  }
  if (bytes_->bytes_left() != 0) {
    return Error{ErrorKind::kCorrupt,
                 "a malformed message: " + std::to_string(bytes_->bytes_left()) + " bytes behind its last field"};
  }
  return {};
}

Result<void> Decoder::skip() {
  return read_body([](TProtocol& protocol) { protocol.skip(T_STRUCT); });
}

}  // namespace assent::rpc
