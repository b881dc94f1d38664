// The bytes of what the store keeps in blobs: unsigned numbers as LEB128 (seven bits a byte, the lowest first), strings
// as their length and their bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace assent::participant {

void append_number(std::string& bytes, std::uint64_t number);
void append_string(std::string& bytes, std::string_view text);

// Reads what the functions above wrote. After the first read beyond the end, or of a malformed number, every read
// gives nothing (0, an empty text) and is_intact() is false for good.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }
  bool is_intact() const { return intact_; }

  std::uint8_t byte();
  std::uint64_t number();
  std::string_view string();  // points into the bytes that are read

 private:
  std::string_view take(std::uint64_t count);

  std::string_view rest_;
  bool intact_ = true;
};

}  // namespace assent::participant
