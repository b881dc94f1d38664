#include "assent/result_set.h"

#include <algorithm>
#include <array>
#include <string>

#include "assent/errors.h"

namespace assent {

namespace {

// In the order of Value's alternatives.
constexpr std::array<std::string_view, 5> kTypes = {"NULL", "integer", "real", "text", "blob"};

std::string shown(const Value& value) {
  std::string text(kTypes.at(value.index()));
  if (const auto* integer = std::get_if<std::int64_t>(&value)) text += " " + std::to_string(*integer);
  return text;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

Row::Row() {
  static const auto without_columns = std::make_shared<const StatementResult>(StatementResult{{}, {{}}, 0});
  result_ = without_columns;
}

std::size_t Row::size() const {
  return result_->rows[row_].size();
}

std::size_t Row::find(std::string_view column) const {
  const auto& columns = result_->columns;
  const auto found = std::find(columns.begin(), columns.end(), column);
  if (found == columns.end()) {
    throw InvalidArgument("the result has no column " + std::string(column) + "; it has: " + joined(columns));
  }
  return static_cast<std::size_t>(found - columns.begin());
}

const Value& Row::value(std::size_t column) const {
  if (column >= size()) {
    throw InvalidArgument("the result has no column number " + std::to_string(column) + "; it has " +
                          std::to_string(size()) + ", counted from 0");
  }
  return result_->rows[row_][column];
}

void Row::throw_mismatch(std::size_t column, std::string_view wanted) const {
  const auto& columns = result_->columns;
  const std::string name = column < columns.size() ? columns[column] : "number " + std::to_string(column);
  throw InvalidArgument("column " + name + " holds " + shown(value(column)) + ", wanted was " + std::string(wanted));
}

ResultSet::ResultSet() : ResultSet(StatementResult{}) {}

ResultSet::ResultSet(StatementResult result) : result_(std::make_shared<const StatementResult>(std::move(result))) {}

Row ResultSet::operator[](std::size_t row) const {
  if (row >= size()) {
    throw InvalidArgument("the result has no row number " + std::to_string(row) + "; it has " + std::to_string(size()) +
                          ", counted from 0");
  }
  return {result_, row};
}

}  // namespace assent
