// What may be bound to the parameters of a statement, and how it becomes a Value: any integer, float and double,
// text, Blob, nullptr, std::optional of these, and Value itself.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "assent/value.h"

namespace assent {

// An integer, and not a character. bool is 0 or 1, as in SQLite.
template <typename T>
concept Integer = std::integral<T> && !std::same_as<T, char> && !std::same_as<T, wchar_t> &&
                  !std::same_as<T, char8_t> && !std::same_as<T, char16_t> && !std::same_as<T, char32_t>;

// An unsigned integer above the largest that SQLite has. Throws InvalidArgument.
[[noreturn]] void throw_integer_too_large(std::uint64_t value);
// A `const char*` that is null. Throws InvalidArgument.
[[noreturn]] void throw_null_text();

inline Value to_value(Value value) {
  return value;
}
inline Value to_value(std::nullptr_t /*null*/) {
  return Value{nullptr};
}
inline Value to_value(std::nullopt_t /*null*/) {
  return Value{nullptr};
}
inline Value to_value(double value) {
  return Value{value};
}
inline Value to_value(float value) {
  return Value{static_cast<double>(value)};
}
inline Value to_value(std::string value) {
  return Value{std::move(value)};
}
inline Value to_value(std::string_view value) {
  return Value{std::string(value)};
}
inline Value to_value(const char* value) {
  if (value == nullptr) throw_null_text();
  return Value{std::string(value)};
}
inline Value to_value(Blob value) {
  return Value{std::move(value)};
}

// Throws InvalidArgument for an unsigned integer above the largest signed 64-bit integer.
template <Integer T>
Value to_value(T value) {
  if (!std::in_range<std::int64_t>(static_cast<std::conditional_t<std::is_same_v<T, bool>, int, T>>(value))) {
    throw_integer_too_large(static_cast<std::uint64_t>(value));
  }
  return Value{static_cast<std::int64_t>(value)};
}

template <typename T>
Value to_value(const std::optional<T>& value) {
  return value ? to_value(*value) : Value{nullptr};
}

template <typename T>
concept Parameter = requires(T&& value) {
  { to_value(std::forward<T>(value)) } -> std::same_as<Value>;
};

template <Parameter... Parameters>
std::vector<Value> to_values(Parameters&&... parameters) {
  std::vector<Value> values;
  values.reserve(sizeof...(parameters));
  (values.push_back(to_value(std::forward<Parameters>(parameters))), ...);
  return values;
}

}  // namespace assent
