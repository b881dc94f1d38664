#include "thrift/rpc/server_connection.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "thrift/rpc/faults.h"
#include "thrift/rpc/methods.h"

namespace assent::rpc {

using apache::thrift::TApplicationException;

namespace {

// Callers that have not said hello may make the server keep no more than this.
constexpr std::uint32_t kHelloFrameBytes = 16U << 10U;

}  // namespace

ServerConnection::ServerConnection(std::shared_ptr<MethodTable> methods, boost::asio::ip::tcp::socket socket)
    : methods_(std::move(methods)),
      stream_(std::make_shared<FrameStream>(std::move(socket), methods_->limits, methods_->counters, this)),
      last_busy_(Clock::now()) {}

ServerConnection::~ServerConnection() {
  stream_->close();
}

void ServerConnection::start() {
  stream_->set_frame_bytes(std::min(kHelloFrameBytes, methods_->limits.frame_bytes));
  stream_->start();
}

void ServerConnection::close() {
  stream_->close();
}

void ServerConnection::drain() {
  draining_ = true;
  balance();
}

void ServerConnection::check(Clock::time_point now) {
  const Limits& limits = methods_->limits;
  const bool does_not_read = stream_->output_bytes() > 0 && now - stream_->last_write_progress() > limits.write_timeout;
  const bool does_not_leave = stream_->is_closing() && now - last_busy_ > limits.write_timeout;
  const Duration patience = greeted_ ? limits.idle_timeout : limits.connect_timeout;
  const bool is_too_idle = outstanding_ == 0 && stream_->output_bytes() == 0 && now - last_busy_ > patience;
  if (stream_->is_open() && (does_not_read || does_not_leave || is_too_idle || stream_->is_stuck(now))) {
    ++methods_->counters->slow_peers;
    stream_->close();
  }
}

void ServerConnection::on_frame(std::span<const std::uint8_t> message) {
  const auto self = shared_from_this();
  last_busy_ = Clock::now();
  const Result<MessageHead> head = methods_->decoder.begin(message);
  if (head.has_error() || head.value().type != apache::thrift::protocol::T_CALL) {
    close_as_malformed();
  } else if (head.value().method == methods::kHello.name) {
    greet(head.value(), kFrameLengthBytes + message.size());
  } else if (!greeted_) {
    refuse(head.value(), nullptr, wire::FaultCode::WRONG_VERSION,
           "the first call of a connection must be `hello`, with the protocol version");
    stream_->close_when_written();
  } else {
    dispatch(head.value(), kFrameLengthBytes + message.size());
  }
  balance();
}

void ServerConnection::close_as_malformed() {
  ++methods_->counters->bad_frames;
  stream_->close();
}

void ServerConnection::greet(const MessageHead& head, std::size_t bytes) {
  decltype(methods::kHello)::Args arguments;
  if (methods_->decoder.read(arguments).has_error()) {
    close_as_malformed();
    return;
  }
  MethodCounters* const counters = &methods_->counters->methods[methods::kHello.name];
  counters->request(bytes);
  const std::int32_t version = arguments.request.protocol_version;
  if (version != methods_->hello.protocol_version) {
    refuse(head, counters, wire::FaultCode::WRONG_VERSION,
           methods_->hello.program + " speaks version " + std::to_string(methods_->hello.protocol_version) +
               " of the protocol, the caller " + std::to_string(version) + "; upgrade the older one");
    stream_->close_when_written();
    return;
  }
  greeted_ = true;
  stream_->set_frame_bytes(methods_->limits.frame_bytes);
  send(methods_->encoder.answer(head.method, head.seqid, methods_->hello), counters);
}

void ServerConnection::dispatch(const MessageHead& head, std::size_t bytes) {
  const ServedMethod* const method = methods_->find(head.method);
  MethodCounters* const counters = method == nullptr ? nullptr : method->counters;
  if (counters != nullptr) {
    counters->request(bytes);
  }
  if (method == nullptr || draining_) {
    if (methods_->decoder.skip().has_error()) {
      close_as_malformed();
    } else if (draining_) {
      refuse(head, counters, wire::FaultCode::UNAVAILABLE,
             methods_->hello.program + " is shutting down; call again later");
    } else {
      const TApplicationException unknown(TApplicationException::UNKNOWN_METHOD,
                                          methods_->hello.program + " has no method `" + head.method + "`");
      send(methods_->encoder.exception(head.method, head.seqid, unknown), counters);
    }
    return;
  }
  ++outstanding_;
  const auto pending = std::make_shared<PendingAnswer>(weak_from_this(), *method, head.seqid);
  try {
    if (method->handler(methods_->decoder, pending).has_error()) {
      close_as_malformed();
    }
  } catch (const wire::Fault& fault) {
    pending->fault(fault.code, fault.message);
  } catch (const ResultError& error) {
    pending->fault(error.error());
  } catch (const std::exception& error) {
    pending->internal_error("serving the call failed: " + std::string(error.what()));
  }
}

void ServerConnection::refuse(const MessageHead& head, MethodCounters* counters, wire::FaultCode::type code,
                              const std::string& message) {
  send(methods_->encoder.fault(head.method, head.seqid, code, message), counters);
}

void ServerConnection::send_answer(const ServedMethod& method, std::int32_t seqid,
                                   const apache::thrift::TBase& answer) {
  Result<Frame> frame = methods_->encoder.answer(method.name, seqid, answer);
  if (frame.has_error()) {
    // What was asked for has been done, so that this is no Fault.
    const TApplicationException too_large(TApplicationException::INTERNAL_ERROR,
                                          "the call was served, but its answer is too large: " + frame.error().message);
    frame = methods_->encoder.exception(method.name, seqid, too_large);
  }
  ended(frame, method.counters);
}

void ServerConnection::send_fault(const ServedMethod& method, std::int32_t seqid, wire::FaultCode::type code,
                                  const std::string& message) {
  ended(methods_->encoder.fault(method.name, seqid, code, message), method.counters);
}

void ServerConnection::send_internal_error(const ServedMethod& method, std::int32_t seqid, const std::string& message) {
  ended(methods_->encoder.exception(method.name, seqid,
                                    TApplicationException(TApplicationException::INTERNAL_ERROR, message)),
        method.counters);
}

void ServerConnection::ended(const Result<Frame>& frame, MethodCounters* counters) {
  --outstanding_;
  last_busy_ = Clock::now();
  send(frame, counters);
  balance();
}

void ServerConnection::send(const Result<Frame>& frame, MethodCounters* counters) {
  if (frame.has_error()) {
    // Not even an error fits into a frame: the caller learns by the end of the connection that it is unknown.
    stream_->close();
    return;
  }
  if (counters != nullptr) {
    counters->answer(frame.value().size());
  }
  stream_->send(frame.value());
  if (stream_->output_bytes() > methods_->limits.output_bytes) {
    ++methods_->counters->slow_peers;
    stream_->close();
  }
}

void ServerConnection::balance() {
  if (!stream_->is_open() || stream_->is_closing()) {
    return;
  }
  if (draining_ && outstanding_ == 0) {
    stream_->close_when_written();
    return;
  }
  const Limits& limits = methods_->limits;
  stream_->set_paused(outstanding_ >= limits.outstanding_calls || stream_->output_bytes() > limits.output_bytes / 2);
}

void ServerConnection::on_written() {
  balance();
}

void ServerConnection::on_closed(const std::string& /*why*/) {}

}  // namespace assent::rpc
