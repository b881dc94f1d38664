#include "participant/store/encoding.h"

namespace assent::participant {

namespace {

constexpr unsigned kBitsPerByte = 7;
constexpr std::uint8_t kMore = 0x80;

}  // namespace

void append_number(std::string& bytes, std::uint64_t number) {
  while (number >= kMore) {
    bytes.push_back(static_cast<char>((number & (kMore - 1U)) | kMore));
    number >>= kBitsPerByte;
  }
  bytes.push_back(static_cast<char>(number));
}

void append_string(std::string& bytes, std::string_view text) {
  append_number(bytes, text.size());
  bytes.append(text);
}

std::string_view Decoder::take(std::uint64_t count) {
  if (!intact_ || count > rest_.size()) {
    intact_ = false;
    rest_ = {};
    return {};
  }
  const std::string_view taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::uint8_t Decoder::byte() {
  const std::string_view taken = take(1);
  return taken.empty() ? std::uint8_t{0} : static_cast<std::uint8_t>(taken.front());
}

std::uint64_t Decoder::number() {
  std::uint64_t number = 0;
  for (unsigned shift = 0; intact_; shift += kBitsPerByte) {
    const std::uint8_t next = byte();
    const std::uint64_t bits = next & (kMore - 1U);
    if (shift >= 64 || ((bits << shift) >> shift) != bits) {
      intact_ = false;  // more than 64 bits
      rest_ = {};
      return 0;
    }
    number |= bits << shift;
    if ((next & kMore) == 0) {
      return intact_ ? number : 0;
    }
  }
  return 0;
}

std::string_view Decoder::string() {
  return take(number());
}

}  // namespace assent::participant
