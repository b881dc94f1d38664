// ServerConnection: one caller of a server.
//
//   The first call must be hello with the server's version; any other is answered with the Fault WRONG_VERSION, and
//   the connection ends. Frames are not delivered while too many calls are outstanding, or while half the output that
//   may be queued has not left. A caller that lets more than all of it pile up is closed.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "thrift/rpc/frame_stream.h"
#include "thrift/rpc/method_table.h"

namespace assent::rpc {

class ServerConnection final : public FrameListener, public std::enable_shared_from_this<ServerConnection> {
 public:
  using Clock = FrameStream::Clock;

  ServerConnection(std::shared_ptr<MethodTable> methods, boost::asio::ip::tcp::socket socket);
  ~ServerConnection();
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  void start();
  void close();
  bool is_open() const { return stream_->is_open(); }
  // It has said hello, and nothing is owed to it.
  bool is_idle() const { return greeted_ && outstanding_ == 0 && stream_->output_bytes() == 0; }
  Clock::time_point last_busy() const { return last_busy_; }
  // Closes once every call has been answered and every answer written; until then refuses new calls.
  void drain();
  // Closes a caller that does not read, does not end its frame, does not say hello, or has been idle for too long.
  void check(Clock::time_point now);

  // For PendingAnswer: each ends one outstanding call.
  void send_answer(const ServedMethod& method, std::int32_t seqid, const apache::thrift::TBase& answer);
  void send_fault(const ServedMethod& method, std::int32_t seqid, wire::FaultCode::type code,
                  const std::string& message);
  void send_internal_error(const ServedMethod& method, std::int32_t seqid, const std::string& message);

  void on_frame(std::span<const std::uint8_t> message) override;
  void on_written() override;
  void on_closed(const std::string& why) override;

 private:
  // `bytes`: of its frame.
  void greet(const MessageHead& head, std::size_t bytes);
  void dispatch(const MessageHead& head, std::size_t bytes);
  void close_as_malformed();
  // Answers what was never counted as outstanding.
  void refuse(const MessageHead& head, MethodCounters* counters, wire::FaultCode::type code,
              const std::string& message);
  void ended(const Result<Frame>& frame, MethodCounters* counters);
  // An answer. `counters` of its method; null if there is none.
  void send(const Result<Frame>& frame, MethodCounters* counters);
  void balance();

  const std::shared_ptr<MethodTable> methods_;
  const std::shared_ptr<FrameStream> stream_;
  bool greeted_ = false;
  bool draining_ = false;
  std::size_t outstanding_ = 0;
  Clock::time_point last_busy_;  // when a call last began or ended
};

}  // namespace assent::rpc
