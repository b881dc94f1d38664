// ChannelConnection: what a Channel is made of.
//
//            call                   connected              hello answered
//   kIdle ─────────► kConnecting ─────────────► kGreeting ───────────────► kReady
//     ▲   too early after a failure: kWaiting ──┘                              │
//     └──── refused, failed, wrong version, closed, a call timed out ─────────┘
//
//   kIdle        no call is outstanding
//   kWaiting     calls wait for the end of the backoff
//   kConnecting  calls wait for a connection
//   kGreeting    calls wait until hello was answered; nothing but hello has been sent
//   kReady       calls are sent as they come
//
// A call that fails before kReady was not sent, and ends as unavailable. In kReady, one whose frame may have reached
// the operating system ends as unknown.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "thrift/rpc/address.h"
#include "thrift/rpc/backoff.h"
#include "thrift/rpc/channel.h"
#include "thrift/rpc/codec.h"
#include "thrift/rpc/frame_stream.h"
#include "thrift/rpc/outstanding_calls.h"

namespace assent::rpc {

class ChannelConnection final : public FrameListener, public std::enable_shared_from_this<ChannelConnection> {
 public:
  ChannelConnection(boost::asio::io_context& io, Address peer, ChannelOptions options);

  void start(const char* method, const apache::thrift::TBase& request, Duration deadline, AnswerReader reader);

  // Connects if it is idle.
  void begin();
  void on_break(std::function<void()> action) { on_break_ = std::move(action); }

  // Ends every call. The last use.
  void shut_down();

  const Counters& counters() const { return *counters_; }
  std::size_t outstanding_calls() const { return calls_.size(); }

  void on_frame(std::span<const std::uint8_t> message) override;
  void on_written() override {}
  void on_closed(const std::string& why) override;

 private:
  using Clock = std::chrono::steady_clock;
  enum class State { kIdle, kWaiting, kConnecting, kGreeting, kReady };

  void connect();
  void attempt();
  void connect_to(const boost::asio::ip::tcp::resolver::results_type& endpoints);
  void greet();
  void handle_hello(std::span<const std::uint8_t> message);
  void handle_answer(std::span<const std::uint8_t> message);
  void become_ready();

  // The connection, or the attempt to make one, is over. `expired` are calls that were taken out before.
  void fail(ErrorKind unsent_kind, const std::string& why, std::vector<OutstandingCall> expired = {});
  void drop_connection();
  Error error_of(const OutstandingCall& call, ErrorKind unsent_kind, const std::string& why) const;
  void reject(AnswerReader reader, Error error);
  void deliver_rejected();

  void arm_timer();
  void on_timer();
  void expire(Clock::time_point now);

  boost::asio::io_context& io_;
  const Address peer_;
  const ChannelOptions options_;
  const std::shared_ptr<Counters> counters_;
  Encoder encoder_;
  Decoder decoder_;

  State state_ = State::kIdle;
  bool shut_down_ = false;
  std::uint64_t attempt_ = 0;  // completions of earlier attempts are ignored
  boost::asio::ip::tcp::resolver resolver_;
  // One for each attempt: a cancelled attempt may still close its own. Then it becomes the stream's.
  std::shared_ptr<boost::asio::ip::tcp::socket> connecting_;
  std::shared_ptr<FrameStream> stream_;
  Backoff backoff_;
  Clock::time_point not_before_{};      // the end of the backoff
  Clock::time_point setup_deadline_{};  // of kConnecting and kGreeting

  std::function<void()> on_break_;
  OutstandingCalls calls_;
  std::size_t waiting_bytes_ = 0;  // of the frames of calls that wait for kReady
  std::vector<std::pair<AnswerReader, Error>> rejected_;

  boost::asio::steady_timer timer_;  // for the earliest of the deadlines, the backoff and the setup
  Clock::time_point armed_for_ = Clock::time_point::max();
};

}  // namespace assent::rpc
