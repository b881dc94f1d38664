#include "coordinator/log/byte_codec.h"

namespace assent::coordinator {

void ByteWriter::fixed(std::uint64_t value, unsigned size) {
  for (unsigned index = 0; index < size; ++index) {
    bytes_.push_back(static_cast<std::byte>(value >> (8U * index)));
  }
}

void ByteWriter::varint(std::uint64_t value) {
  while (value >= 0x80U) {
    bytes_.push_back(static_cast<std::byte>(value | 0x80U));
    value >>= 7U;
  }
  bytes_.push_back(static_cast<std::byte>(value));
}

void ByteWriter::text(std::string_view value) {
  varint(value.size());
  raw(std::as_bytes(std::span(value)));
}

std::span<const std::byte> ByteReader::take(std::size_t size) {
  if (!ok_ || size > bytes_.size()) {
    ok_ = false;
    return {};
  }
  const auto taken = bytes_.first(size);
  bytes_ = bytes_.subspan(size);
  return taken;
}

std::uint64_t ByteReader::fixed(unsigned size) {
  std::uint64_t value = 0;
  unsigned shift = 0;
  for (const std::byte byte : take(size)) {
    value |= static_cast<std::uint64_t>(byte) << shift;
    shift += 8;
  }
  return value;
}

bool ByteReader::boolean() {
  const auto value = fixed8();
  ok_ = ok_ && value <= 1;
  return ok_ && value == 1;
}

std::uint64_t ByteReader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint64_t byte = fixed8();
    const std::uint64_t bits = byte & 0x7fU;
    const bool is_too_large = (bits << shift) >> shift != bits;
    const bool is_padded = byte == 0 && shift > 0;
    if (is_too_large || is_padded) {
      break;
    }
    value |= bits << shift;
    if ((byte & 0x80U) == 0) {
      return value;
    }
  }
  ok_ = false;
  return 0;
}

std::string ByteReader::text() {
  const auto size = varint();
  const auto bytes = take(size);
  std::string value(bytes.size(), '\0');
  for (std::size_t index = 0; index < bytes.size(); ++index) {
    value[index] = static_cast<char>(bytes[index]);
  }
  return value;
}

}  // namespace assent::coordinator
