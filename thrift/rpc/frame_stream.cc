#include "thrift/rpc/frame_stream.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace assent::rpc {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kKeptOutputBytes = 256U << 10U;

void clear_output(std::vector<std::uint8_t>& bytes) {
  if (bytes.capacity() > kKeptOutputBytes) {
    bytes = {};
  } else {
    bytes.clear();
  }
}

}  // namespace

FrameStream::FrameStream(asio::ip::tcp::socket socket, const Limits& limits, std::shared_ptr<Counters> counters,
                         FrameListener* listener)
    : socket_(std::move(socket)),
      read_timeout_(limits.read_timeout),
      frame_timeout_(limits.frame_timeout),
      frame_bytes_(limits.frame_bytes),
      counters_(std::move(counters)),
      listener_(listener),
      last_write_progress_(Clock::now()) {
  ++counters_->connections;
  error_code ignored;  // a socket that cannot do it is slower, not wrong
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
}

void FrameStream::start() {
  read();
}

void FrameStream::read() {
  if (reading_ || paused_ || !is_open()) {
    return;
  }
  reading_ = true;
  const std::span<std::uint8_t> room = input_.room();
  socket_.async_read_some(asio::buffer(room.data(), room.size()),
                          [self = shared_from_this()](const error_code& error, std::size_t size) {
                            self->reading_ = false;
                            if (!self->is_open()) {
                              return;
                            }
                            if (error) {
                              const bool ended = error == asio::error::eof;
                              self->fail(ended ? "the peer closed the connection" : error.message());
                              return;
                            }
                            ++self->counters_->reads;
                            self->counters_->bytes_in += size;
                            self->input_.filled(size);
                            self->last_read_progress_ = Clock::now();
                            self->deliver_frames();
                          });
}

void FrameStream::deliver_frames() {
  delivering_ = true;
  while (is_open() && !paused_ && !closing_) {
    const auto found = input_.next_frame(frame_bytes_);
    if (found.has_error()) {
      ++counters_->bad_frames;
      fail(found.error().message);
      break;
    }
    if (!found.value()) {
      break;
    }
    ++counters_->frames_in;
    unfinished_since_.reset();
    listener_->on_frame(*found.value());
  }
  delivering_ = false;
  if (closing_) {
    input_.clear();
  }
  note_unfinished();
  read();
}

void FrameStream::note_unfinished() {
  if (paused_ || input_.empty()) {
    unfinished_since_.reset();
  } else if (!unfinished_since_) {
    unfinished_since_ = last_read_progress_ = Clock::now();
  }
}

bool FrameStream::is_stuck(Clock::time_point now) const {
  return unfinished_since_ && (now - last_read_progress_ > read_timeout_ || now - *unfinished_since_ > frame_timeout_);
}

void FrameStream::set_paused(bool paused) {
  if (paused_ == paused) {
    return;
  }
  paused_ = paused;
  note_unfinished();  // while it is paused, the peer can do nothing about it
  // Frames may wait in the input. If a read is under way, they are delivered when it ends.
  if (!paused_ && !delivering_ && !reading_ && is_open()) {
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
      if (self->is_open() && !self->reading_) {
        self->deliver_frames();
      }
    });
  }
}

std::uint64_t FrameStream::send(Frame frame) {
  const std::uint64_t position = handed_over_ + queued_.size();
  if (!is_open() || closing_) {
    return position;
  }
  if (output_bytes() == 0) {
    last_write_progress_ = Clock::now();
  }
  ++counters_->frames_out;
  queued_.insert(queued_.end(), frame.begin(), frame.end());
  if (!flush_posted_ && writing_.empty()) {
    flush_posted_ = true;
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
      self->flush_posted_ = false;
      self->flush();
    });
  }
  return position;
}

void FrameStream::flush() {
  if (!is_open() || !writing_.empty() || queued_.empty()) {
    return;
  }
  writing_.swap(queued_);
  written_ = 0;
  handed_over_ += writing_.size();
  write();
}

void FrameStream::write() {
  socket_.async_write_some(asio::buffer(writing_.data() + written_, writing_.size() - written_),
                           [self = shared_from_this()](const error_code& error, std::size_t size) {
                             if (!self->is_open()) {
                               return;
                             }
                             if (error) {
                               self->fail(error.message());
                               return;
                             }
                             ++self->counters_->writes;
                             self->counters_->bytes_out += size;
                             self->written_ += size;
                             self->last_write_progress_ = Clock::now();
                             if (self->written_ < self->writing_.size()) {
                               self->write();
                             } else {
                               self->wrote_all();
                             }
                             if (self->is_open()) {
                               self->listener_->on_written();
                             }
                           });
}

void FrameStream::wrote_all() {
  clear_output(writing_);
  written_ = 0;
  if (!queued_.empty()) {
    flush();
  } else if (closing_) {
    error_code ignored;  // fails if the peer has gone already, which the next read says
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  }
}

void FrameStream::close_when_written() {
  if (!is_open() || closing_) {
    return;
  }
  closing_ = true;
  paused_ = false;
  if (output_bytes() == 0) {
    wrote_all();
  }
  if (!delivering_) {
    // What has not been delivered is dropped; closing before the peer does would make its system drop our last words.
    input_.clear();
    read();
  }
}

void FrameStream::close() {
  listener_ = nullptr;
  error_code ignored;  // the socket is closed in any case
  socket_.close(ignored);
}

void FrameStream::fail(const std::string& why) {
  FrameListener* const listener = listener_;
  close();
  listener->on_closed(why);
}

}  // namespace assent::rpc
