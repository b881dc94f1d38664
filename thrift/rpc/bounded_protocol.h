// BoundedProtocol: Thrift's binary protocol, made safe for messages of strangers.
//
// Thrift's own allocates what a message announces before it has seen it: generated code resizes a list to the
// announced size, and a string is made that long, up to a gigabyte for ten bytes. Here
//   - a string is at most as long as the bytes that are left in its frame (FrameReader::borrow);
//   - a list, set or map announces at most as many elements as bytes are left, for each takes at least one;
//   - all of them in one message announce at most as many elements as it may have: an element takes one byte on the
//     wire and a hundred in memory;
//   - structs nest at most `limits.recursion_depth` deep;
//   - a message without Thrift's version mark is refused (strict read).
// The budget of elements holds for writing too: what a peer would refuse does not leave.
//
// `Bytes` is FrameReader or FrameWriter. Made in codec.cc and nowhere else.
#pragma once

#include <thrift/protocol/TBinaryProtocol.h>

#include <memory>
#include <utility>

#include "thrift/rpc/frame_transport.h"
#include "thrift/rpc/limits.h"

namespace assent::rpc {

template <typename Bytes>
class BoundedProtocol final : public apache::thrift::protocol::TBinaryProtocolT<Bytes> {
 public:
  using TType = apache::thrift::protocol::TType;
  using TProtocolException = apache::thrift::protocol::TProtocolException;

  BoundedProtocol(std::shared_ptr<Bytes> bytes, const Limits& limits, std::uint32_t elements)
      : apache::thrift::protocol::TBinaryProtocolT<Bytes>(
            std::move(bytes), static_cast<std::int32_t>(limits.string_bytes), static_cast<std::int32_t>(elements),
            /*strict_read=*/true, /*strict_write=*/true),
        elements_(elements) {
    this->setRecurisionLimit(limits.recursion_depth);
  }

  // A new message begins.
  void reset() { elements_left_ = elements_; }

  std::uint32_t readListBegin_virt(TType& type, std::uint32_t& size) override {
    const std::uint32_t read = this->readListBegin(type, size);
    take_elements(size, 1);
    return read;
  }
  std::uint32_t readSetBegin_virt(TType& type, std::uint32_t& size) override {
    const std::uint32_t read = this->readSetBegin(type, size);
    take_elements(size, 1);
    return read;
  }
  std::uint32_t readMapBegin_virt(TType& key, TType& value, std::uint32_t& size) override {
    const std::uint32_t read = this->readMapBegin(key, value, size);
    take_elements(size, 2);
    return read;
  }
  // Thrift's own skips without calling the functions above.
  std::uint32_t skip_virt(TType type) override {
    return apache::thrift::protocol::skip(static_cast<apache::thrift::protocol::TProtocol&>(*this), type);
  }

  std::uint32_t writeListBegin_virt(TType type, std::uint32_t size) override {
    take_elements(size, 1);
    return this->writeListBegin(type, size);
  }
  std::uint32_t writeSetBegin_virt(TType type, std::uint32_t size) override {
    take_elements(size, 1);
    return this->writeSetBegin(type, size);
  }
  std::uint32_t writeMapBegin_virt(TType key, TType value, std::uint32_t size) override {
    take_elements(size, 2);
    return this->writeMapBegin(key, value, size);
  }

 private:
  void take_elements(std::uint64_t count, std::uint64_t each) {
    if constexpr (std::is_same_v<Bytes, FrameReader>) {
      if (count * each > this->trans_->bytes_left()) {
        throw TProtocolException(TProtocolException::SIZE_LIMIT, "a list announces more elements than the frame holds");
      }
    }
    if (count * each > elements_left_) {
      throw TProtocolException(TProtocolException::SIZE_LIMIT, "more elements of lists than a message may have");
    }
    elements_left_ -= count * each;
  }

  std::uint64_t elements_;
  std::uint64_t elements_left_ = 0;
};

}  // namespace assent::rpc
