// Messages to frames and back: the only place where Thrift protocols are made, with every limit set.
//
//   call:       name, CALL,      seqid, { 1: request }
//   answer:     name, REPLY,     seqid, { 0: answer }
//   fault:      name, REPLY,     seqid, { 1: Fault }
//   exception:  name, EXCEPTION, seqid, TApplicationException
//
// No exception of Thrift leaves. One message at a time; one thread.
#pragma once

#include <thrift/TApplicationException.h>
#include <thrift/TBase.h>
#include <thrift/protocol/TProtocol.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "assent/result.h"
#include "assent_types.h"
#include "thrift/rpc/bounded_protocol.h"
#include "thrift/rpc/frame_transport.h"
#include "thrift/rpc/limits.h"

namespace assent::rpc {

// A frame as it travels: its length in four bytes, and the message.
using Frame = std::span<const std::uint8_t>;

class Encoder {
 public:
  // A message holds at most `elements` of lists and maps: limits.request_elements or limits.answer_elements.
  Encoder(const Limits& limits, std::uint32_t elements);

  // The frame lives until the next call of this encoder. kInvalidInput if it would be larger, or hold more elements,
  // than its reader allows.
  Result<Frame> call(const std::string& method, std::int32_t seqid, const apache::thrift::TBase& request);
  Result<Frame> answer(const std::string& method, std::int32_t seqid, const apache::thrift::TBase& answer);
  Result<Frame> fault(const std::string& method, std::int32_t seqid, wire::FaultCode::type code,
                      const std::string& message);
  Result<Frame> exception(const std::string& method, std::int32_t seqid,
                          const apache::thrift::TApplicationException& exception);

 private:
  using Write = std::function<void(apache::thrift::protocol::TProtocol&)>;

  Result<Frame> encode(const std::string& method, apache::thrift::protocol::TMessageType type, std::int32_t seqid,
                       const Write& write_body);

  std::shared_ptr<FrameWriter> bytes_;
  BoundedProtocol<FrameWriter> protocol_;
};

struct MessageHead {
  std::string method;
  apache::thrift::protocol::TMessageType type = apache::thrift::protocol::T_CALL;
  std::int32_t seqid = 0;
};

class Decoder {
 public:
  Decoder(const Limits& limits, std::uint32_t elements);

  // Reads the head of a message (its frame without the length), which must live until its body has been read.
  // Errors, here and below, are of kind kCorrupt: the connection cannot be trusted any more.
  Result<MessageHead> begin(std::span<const std::uint8_t> message);

  // Reads the rest of the message that was begun, which must end where the body ends.
  template <typename Body>
  Result<void> read(Body& body) {
    return read_body([&body](apache::thrift::protocol::TProtocol& protocol) { body.read(&protocol); });
  }
  Result<void> skip();

 private:
  using Read = std::function<void(apache::thrift::protocol::TProtocol&)>;

  Result<void> read_body(const Read& read);

  std::shared_ptr<FrameReader> bytes_;
  BoundedProtocol<FrameReader> protocol_;
  std::int32_t string_bytes_;
};

}  // namespace assent::rpc
