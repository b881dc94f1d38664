// encode(): the bytes of a value, such that two values have the same bytes exactly if they are the same: what cannot be
// compared (most messages) is told apart by them. Every field of a struct is part of it, without being named here.
#pragma once

#include <bit>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

#include <boost/pfr.hpp>

namespace assent::exhaustive {

template <typename Value>
void encode(std::string& bytes, const Value& value);

// append() of a specialisation encodes what hides its fields.
template <typename Value>
struct Encoding {};

template <typename Value>
void encode_whole(std::string& bytes, const std::optional<Value>& value) {
  bytes += value ? '1' : '0';
  if (value) encode(bytes, *value);
}

template <typename Value>
void encode_whole(std::string& bytes, const std::shared_ptr<Value>& value) {
  bytes += value ? '1' : '0';
  if (value) encode(bytes, *value);
}

template <typename First, typename Second>
void encode_whole(std::string& bytes, const std::pair<First, Second>& value) {
  encode(bytes, value.first);
  encode(bytes, value.second);
}

template <typename... Values>
void encode_whole(std::string& bytes, const std::tuple<Values...>& value) {
  std::apply([&bytes](const auto&... each) { (encode(bytes, each), ...); }, value);
}

template <typename... Alternatives>
void encode_whole(std::string& bytes, const std::variant<Alternatives...>& value) {
  encode(bytes, value.index());
  std::visit([&bytes](const auto& held) { encode(bytes, held); }, value);
}

template <typename Rep, typename Period>
void encode_whole(std::string& bytes, const std::chrono::duration<Rep, Period>& value) {
  encode(bytes, value.count());
}

template <typename Clock, typename Duration>
void encode_whole(std::string& bytes, const std::chrono::time_point<Clock, Duration>& value) {
  encode(bytes, value.time_since_epoch());
}

template <typename Value>
void encode(std::string& bytes, const Value& value) {
  if constexpr (requires { Encoding<Value>::append(bytes, value); }) {
    Encoding<Value>::append(bytes, value);
  } else if constexpr (std::is_same_v<Value, char>) {
    bytes += value;
  } else if constexpr (std::is_enum_v<Value> || std::is_integral_v<Value>) {
    const auto number = static_cast<std::uint64_t>(value);
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  } else if constexpr (std::is_same_v<Value, double>) {
    encode(bytes, std::bit_cast<std::uint64_t>(value));
  } else if constexpr (std::is_same_v<Value, std::nullptr_t>) {
    // It has one value.
  } else if constexpr (requires { encode_whole(bytes, value); }) {
    encode_whole(bytes, value);
  } else if constexpr (requires { value.begin(); }) {
    encode(bytes, value.size());
    for (const auto& each : value) encode(bytes, each);
  } else {
    boost::pfr::for_each_field(value, [&bytes](const auto& field) { encode(bytes, field); });
  }
}

template <typename Value>
std::string encode(const Value& value) {
  std::string bytes;
  encode(bytes, value);
  return bytes;
}

}  // namespace assent::exhaustive
