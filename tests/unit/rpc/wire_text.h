// The pieces of Thrift messages, written by hand, for tests that say what no library would.
#pragma once

#include <cstdint>
#include <string>

namespace assent::rpc::wire_text {

inline std::string number32(std::uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes.push_back(static_cast<char>(number >> static_cast<unsigned>(shift)));
  }
  return bytes;
}

inline std::string text(const std::string& value) {
  return number32(static_cast<std::uint32_t>(value.size())) + value;
}

inline constexpr char kByte = 3;
inline constexpr char kI32 = 8;
inline constexpr char kString = 11;
inline constexpr char kStruct = 12;
inline constexpr char kMap = 13;
inline constexpr char kSet = 14;
inline constexpr char kList = 15;

enum class Type : std::uint32_t { kCall = 1, kReply = 2, kException = 3, kOneway = 4 };

inline std::string head(const std::string& method, Type type = Type::kCall, std::uint32_t seqid = 1) {
  return number32(0x80010000U | static_cast<std::uint32_t>(type)) + text(method) + number32(seqid);
}

inline std::string field(char type, char number) {
  return {type, 0, number};
}

inline const std::string kStop(1, '\0');

inline std::string repeated(const std::string& bytes, std::size_t times) {
  std::string all;
  all.reserve(bytes.size() * times);
  for (std::size_t i = 0; i < times; ++i) {
    all += bytes;
  }
  return all;
}

inline std::string frame(const std::string& message) {
  return text(message);
}

}  // namespace assent::rpc::wire_text
