// Bytes in the order of the decision log's format: fixed integers little-endian, varints LEB128, texts with their
// length before them. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace assent::coordinator {

class ByteWriter {
 public:
  void fixed8(std::uint8_t value) { bytes_.push_back(std::byte{value}); }
  void boolean(bool value) { fixed8(value ? 1 : 0); }
  void fixed32(std::uint32_t value) { fixed(value, 4); }
  void fixed64(std::uint64_t value) { fixed(value, 8); }
  void varint(std::uint64_t value);
  void text(std::string_view value);
  void raw(std::span<const std::byte> bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }

  std::size_t size() const { return bytes_.size(); }
  std::span<const std::byte> bytes() const { return bytes_; }
  std::vector<std::byte> take() { return std::move(bytes_); }

 private:
  void fixed(std::uint64_t value, unsigned size);

  std::vector<std::byte> bytes_;
};

// Reads what ByteWriter wrote, and nothing that it would have written otherwise. Never reads past the end: once
// something is missing or malformed, ok() is false for good, and everything reads as zero or empty.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::uint8_t fixed8() { return static_cast<std::uint8_t>(fixed(1)); }
  bool boolean();
  std::uint32_t fixed32() { return static_cast<std::uint32_t>(fixed(4)); }
  std::uint64_t fixed64() { return fixed(8); }
  std::uint64_t varint();
  std::string text();

  bool ok() const { return ok_; }
  std::size_t left() const { return bytes_.size(); }

 private:
  std::uint64_t fixed(unsigned size);
  std::span<const std::byte> take(std::size_t size);

  std::span<const std::byte> bytes_;
  bool ok_ = true;
};

}  // namespace assent::coordinator
