#include "thrift/rpc/read_buffer.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "thrift/rpc/frame_transport.h"

namespace assent::rpc {

void ReadBuffer::reallocate(std::size_t capacity) {
  auto bytes = std::make_unique_for_overwrite<std::uint8_t[]>(capacity);
  if (end_ != begin_) {
    std::memcpy(bytes.get(), bytes_.get() + begin_, end_ - begin_);
  }
  bytes_ = std::move(bytes);
  capacity_ = capacity;
  end_ -= begin_;
  begin_ = 0;
}

std::span<std::uint8_t> ReadBuffer::room() {
  const std::size_t held = end_ - begin_;
  const bool reads_want_more = was_full_ && capacity_ < kKeptBytes;
  const bool frame_wants_more = held == capacity_;
  if (frame_wants_more && capacity_ >= kKeptBytes && wanted_ > capacity_ && wanted_ <= 4 * capacity_) {
    reallocate(wanted_);
  } else if (frame_wants_more || reads_want_more) {
    reallocate(std::max(kFirstBytes, 2 * capacity_));
  } else if (held == 0 && capacity_ > kKeptBytes) {
    reallocate(kKeptBytes);
  } else if (begin_ != 0) {
    std::memmove(bytes_.get(), bytes_.get() + begin_, held);
    begin_ = 0;
    end_ = held;
  }
  return {bytes_.get() + end_, capacity_ - end_};
}

void ReadBuffer::filled(std::size_t size) {
  end_ += size;
  was_full_ = end_ == capacity_;
}

Result<std::optional<std::span<const std::uint8_t>>> ReadBuffer::next_frame(std::uint32_t frame_bytes) {
  using Found = std::optional<std::span<const std::uint8_t>>;
  const std::size_t held = end_ - begin_;
  if (held < kFrameLengthBytes) {
    return Found();
  }
  const std::uint8_t* const at = bytes_.get() + begin_;
  std::uint32_t length = 0;
  for (std::size_t i = 0; i < kFrameLengthBytes; ++i) {
    length = (length << 8U) | at[i];
  }
  if (length > frame_bytes) {
    return Error{ErrorKind::kCorrupt, "a frame of " + std::to_string(length) + " bytes; at most " +
                                          std::to_string(frame_bytes) + " are allowed"};
  }
  if (held - kFrameLengthBytes < length) {
    wanted_ = kFrameLengthBytes + length;
    return Found();
  }
  begin_ += kFrameLengthBytes + length;
  return Found(std::span<const std::uint8_t>(at + kFrameLengthBytes, length));
}

}  // namespace assent::rpc
