// What a statement returned: rows of typed values. Cheap to copy; a Row keeps what it needs of its ResultSet alive.
// Immutable: any number of threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "assent/parameter.h"
#include "assent/value.h"

namespace assent {

class Row {
 public:
  // One without columns.
  Row();

  // Number of columns.
  std::size_t size() const;

  // The value of a column, by name or by number from 0. T is an integer type, double, std::string, Blob, Value, or
  // std::optional of one of them, which is empty for NULL. Nothing is converted: throws InvalidArgument, naming the
  // column, the type found and the type wanted, if the value is of another type, is NULL, or does not fit into T;
  // and if there is no such column.
  template <typename T>
  T get(std::string_view column) const {
    return get<T>(find(column));
  }
  template <typename T>
  T get(std::size_t column) const;

  // The value as it is. Throws InvalidArgument if there is no such column. Lives as long as this Row.
  const Value& operator[](std::string_view column) const { return value(find(column)); }
  const Value& operator[](std::size_t column) const { return value(column); }

 private:
  friend class ResultSet;
  Row(std::shared_ptr<const StatementResult> result, std::size_t row) : result_(std::move(result)), row_(row) {}

  std::size_t find(std::string_view column) const;
  const Value& value(std::size_t column) const;
  [[noreturn]] void throw_mismatch(std::size_t column, std::string_view wanted) const;

  std::shared_ptr<const StatementResult> result_;
  std::size_t row_ = 0;
};

class ResultSet {
 public:
  class Iterator;

  ResultSet();
  explicit ResultSet(StatementResult result);

  // Number of rows.
  std::size_t size() const { return result_->rows.size(); }
  bool empty() const { return result_->rows.empty(); }

  // Throws InvalidArgument if there is no such row.
  Row operator[](std::size_t row) const;

  Iterator begin() const;
  Iterator end() const;

  // Empty for a statement that returns no rows.
  const std::vector<std::string>& columns() const { return result_->columns; }
  // How many rows the statement inserted, updated or deleted.
  std::uint64_t changed_rows() const { return result_->changed_rows; }

 private:
  std::shared_ptr<const StatementResult> result_;  // never null
};

class ResultSet::Iterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = Row;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = Row;

  Row operator*() const { return (*results_)[row_]; }
  Iterator& operator++() {
    ++row_;
    return *this;
  }
  Iterator operator++(int) {
    Iterator before = *this;
    ++row_;
    return before;
  }
  friend bool operator==(const Iterator& left, const Iterator& right) { return left.row_ == right.row_; }

 private:
  friend class ResultSet;
  Iterator(const ResultSet* results, std::size_t row) : results_(results), row_(row) {}

  const ResultSet* results_;
  std::size_t row_;
};

inline ResultSet::Iterator ResultSet::begin() const {
  return {this, 0};
}
inline ResultSet::Iterator ResultSet::end() const {
  return {this, size()};
}

namespace type_names {

template <typename T>
inline constexpr bool kUnsupported = false;

}  // namespace type_names

template <typename T>
T Row::get(std::size_t column) const {
  const Value& found = value(column);
  if constexpr (std::is_same_v<T, Value>) {
    return found;
  } else if constexpr (Integer<T>) {
    const auto* integer = std::get_if<std::int64_t>(&found);
    if (integer == nullptr) throw_mismatch(column, "integer");
    if constexpr (std::is_same_v<T, bool>) {
      if (*integer != 0 && *integer != 1) throw_mismatch(column, "boolean: 0 or 1");
      return *integer != 0;
    } else {
      if (!std::in_range<T>(*integer)) {
        throw_mismatch(column, "integer from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
                                   std::to_string(std::numeric_limits<T>::max()));
      }
      return static_cast<T>(*integer);
    }
  } else if constexpr (std::is_same_v<T, double>) {
    const auto* real = std::get_if<double>(&found);
    if (real == nullptr) throw_mismatch(column, "real");
    return *real;
  } else if constexpr (std::is_same_v<T, std::string>) {
    const auto* text = std::get_if<std::string>(&found);
    if (text == nullptr) throw_mismatch(column, "text");
    return *text;
  } else if constexpr (std::is_same_v<T, Blob>) {
    const auto* blob = std::get_if<Blob>(&found);
    if (blob == nullptr) throw_mismatch(column, "blob");
    return *blob;
  } else if constexpr (requires { typename T::value_type; } &&
                       std::is_same_v<T, std::optional<typename T::value_type>>) {
    if (std::holds_alternative<std::nullptr_t>(found)) return std::nullopt;
    return get<typename T::value_type>(column);
  } else {
    static_assert(type_names::kUnsupported<T>,
                  "get<T>: T is an integer, double, std::string, Blob, Value, or std::optional of one of them");
  }
}

}  // namespace assent
