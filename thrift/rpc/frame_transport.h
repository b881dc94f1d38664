// The bytes of one frame, and for codec.h only, as Thrift transports in memory. Reading never goes past the frame, and
// asking for more than is left fails before anything is allocated for it.
#pragma once

#include <thrift/transport/TTransportException.h>
#include <thrift/transport/TVirtualTransport.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace assent::rpc {

// Before each message, its length.
inline constexpr std::size_t kFrameLengthBytes = 4;

class FrameReader : public apache::thrift::transport::TVirtualTransport<FrameReader> {
 public:
  // REQUIRES: the bytes live until the last read.
  void reset(std::span<const std::uint8_t> frame) { left_ = frame; }
  std::size_t bytes_left() const { return left_.size(); }

  bool isOpen() const override { return true; }

  std::uint32_t read(std::uint8_t* to, std::uint32_t size) { return readAll(to, size); }
  std::uint32_t readAll(std::uint8_t* to, std::uint32_t size) {
    require(size);
    std::memcpy(to, left_.data(), size);
    left_ = left_.subspan(size);
    return size;
  }
  // TBinaryProtocol borrows a string's bytes before it makes the string.
  const std::uint8_t* borrow(std::uint8_t* /*to*/, std::uint32_t* size) {
    require(*size);
    *size = static_cast<std::uint32_t>(left_.size());
    return left_.data();
  }
  void consume(std::uint32_t size) {
    require(size);
    left_ = left_.subspan(size);
  }

 private:
  using TTransportException = apache::thrift::transport::TTransportException;

  void require(std::size_t size) const {
    if (size > left_.size()) {
      throw TTransportException(TTransportException::END_OF_FILE, "the message ends before its last field");
    }
  }

  std::span<const std::uint8_t> left_;
};

// Collects a frame, behind room for its length. Throws once the frame is larger than `frame_bytes`.
class FrameWriter : public apache::thrift::transport::TVirtualTransport<FrameWriter> {
 public:
  explicit FrameWriter(std::uint32_t frame_bytes) : frame_bytes_(frame_bytes) {}

  void reset() {
    if (bytes_.size() > kKeptBytes) {
      bytes_ = std::vector<std::uint8_t>(kFirstBytes);
    }
    end_ = kFrameLengthBytes;
  }

  // The length, big-endian, and the frame. Until the next reset().
  std::span<const std::uint8_t> finish() {
    const std::size_t size = end_ - kFrameLengthBytes;
    for (std::size_t i = 0; i < kFrameLengthBytes; ++i) {
      bytes_[i] = static_cast<std::uint8_t>(size >> (8 * (kFrameLengthBytes - 1 - i)));
    }
    return {bytes_.data(), end_};
  }

  bool isOpen() const override { return true; }

  void write(const std::uint8_t* from, std::uint32_t size) {
    if (size > frame_bytes_ - (end_ - kFrameLengthBytes)) {
      throw TTransportException(TTransportException::CORRUPTED_DATA, "larger than a frame may be");
    }
    if (size > bytes_.size() - end_) {
      bytes_.resize(std::max(2 * bytes_.size(), end_ + size));
    }
    std::memcpy(bytes_.data() + end_, from, size);
    end_ += size;
  }

 private:
  using TTransportException = apache::thrift::transport::TTransportException;
  static constexpr std::size_t kFirstBytes = 4096;
  static constexpr std::size_t kKeptBytes = 256U << 10U;

  std::uint32_t frame_bytes_;
  std::vector<std::uint8_t> bytes_ = std::vector<std::uint8_t>(kFirstBytes);  // all of it is room: Thrift writes byte
  std::size_t end_ = kFrameLengthBytes;                                       // by byte, and a vector grows dearly
};

}  // namespace assent::rpc
