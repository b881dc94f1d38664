// ReadBuffer: the bytes that one connection has brought, cut into frames.
//
// It grows with what has arrived, never with what a frame announces, and shrinks again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "assent/result.h"

namespace assent::rpc {

class ReadBuffer {
 public:
  // The room for the next read, at least one byte. Ends the life of what next_frame() gave.
  std::span<std::uint8_t> room();
  // `size` bytes were read into the room.
  void filled(std::size_t size);

  // The next frame, without its length; nothing if it has not arrived whole; an error of kind kCorrupt if it
  // announces more than `frame_bytes`.
  Result<std::optional<std::span<const std::uint8_t>>> next_frame(std::uint32_t frame_bytes);

  bool empty() const { return begin_ == end_; }
  void clear() { begin_ = end_ = 0; }

 private:
  static constexpr std::size_t kFirstBytes = 4U << 10U;
  static constexpr std::size_t kKeptBytes = 64U << 10U;

  void reallocate(std::size_t capacity);

  std::unique_ptr<std::uint8_t[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t wanted_ = 0;  // bytes of the frame that has begun to arrive
  std::size_t begin_ = 0;   // of what has not been given out
  std::size_t end_ = 0;     // of what has arrived
  bool was_full_ = false;   // by the last read: more was probably waiting
};

}  // namespace assent::rpc
