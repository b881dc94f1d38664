// FrameStream: one TCP connection that carries frames, for both sides.
//
// Everything that is sent within one turn of the loop leaves in one system call, made at the end of the turn; what is
// sent while that call waits for the peer leaves with the next. One read brings as many frames as have arrived.
//
//   open ──── close_when_written() ────► closing: frames are dropped, the output leaves, then the peer's end is awaited
//     │                                     │
//     └──── close(), the peer's end, an error, a bad frame ────► closed: nothing happens any more
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "thrift/rpc/codec.h"
#include "thrift/rpc/counters.h"
#include "thrift/rpc/limits.h"
#include "thrift/rpc/read_buffer.h"

namespace assent::rpc {

// Who owns a stream. It may close the stream from inside any of these.
class FrameListener {
 public:
  // The bytes live until it returns.
  virtual void on_frame(std::span<const std::uint8_t> message) = 0;
  // Some output has left.
  virtual void on_written() = 0;
  // The stream closed for a reason of its own; the last call.
  virtual void on_closed(const std::string& why) = 0;

 protected:
  ~FrameListener() = default;
};

class FrameStream : public std::enable_shared_from_this<FrameStream> {
 public:
  using Clock = std::chrono::steady_clock;

  // REQUIRES: the listener lives until it closes the stream, or until on_closed().
  FrameStream(boost::asio::ip::tcp::socket socket, const Limits& limits, std::shared_ptr<Counters> counters,
              FrameListener* listener);

  // A larger frame is a bad one. At first limits.frame_bytes.
  void set_frame_bytes(std::uint32_t frame_bytes) { frame_bytes_ = frame_bytes; }

  // Reading begins. Once.
  void start();

  // Queues a frame. Returns its position in the output, for was_handed_over().
  std::uint64_t send(Frame frame);
  // Whether any byte of the frame at this position may have reached the operating system.
  bool was_handed_over(std::uint64_t position) const { return position < handed_over_; }
  // Queued, and not yet taken by the operating system.
  std::size_t output_bytes() const { return queued_.size() + (writing_.size() - written_); }

  // While paused no frame is handed to the listener, and soon none is read.
  void set_paused(bool paused);

  void close_when_written();
  void close();
  bool is_open() const { return listener_ != nullptr; }
  bool is_closing() const { return is_open() && closing_; }

  // A frame has begun to arrive, and either nothing more of it has come for limits.read_timeout, or it has taken longer
  // than limits.frame_timeout.
  bool is_stuck(Clock::time_point now) const;

  // When the operating system last took output, or when there was none left to take.
  Clock::time_point last_write_progress() const { return last_write_progress_; }

 private:
  void read();
  void deliver_frames();
  void note_unfinished();
  void flush();
  void write();
  void wrote_all();
  void fail(const std::string& why);

  boost::asio::ip::tcp::socket socket_;
  const Duration read_timeout_;
  const Duration frame_timeout_;
  std::uint32_t frame_bytes_;
  std::shared_ptr<Counters> counters_;
  FrameListener* listener_;  // null: closed

  ReadBuffer input_;
  bool reading_ = false;
  bool delivering_ = false;
  bool paused_ = false;
  std::optional<Clock::time_point> unfinished_since_;  // while part of a frame waits for the rest of it
  Clock::time_point last_read_progress_;

  std::vector<std::uint8_t> queued_;   // for the next write
  std::vector<std::uint8_t> writing_;  // being written; empty: no write is under way
  std::size_t written_ = 0;            // of writing_
  std::uint64_t handed_over_ = 0;      // bytes given to writes so far, since the start
  bool flush_posted_ = false;
  bool closing_ = false;
  Clock::time_point last_write_progress_;
};

}  // namespace assent::rpc
