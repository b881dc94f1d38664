#include "participant/store/lock_key.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <type_traits>

#include "assent/transaction_id.h"

namespace assent::participant {

namespace {

constexpr std::size_t kLongest = 200;
constexpr std::size_t kKept = 64;
constexpr double kTwoTo63 = 9223372036854775808.0;

std::string name_of_real(double real) {
  // SQLite compares integers and reals by value, exactly.
  if (real >= -kTwoTo63 && real < kTwoTo63 && std::trunc(real) == real) {
    return std::to_string(static_cast<std::int64_t>(real));
  }
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.17g", real);
  return text.data();
}

std::string name_of_text(std::string_view text, Collation collation) {
  std::string content(text);
  std::string length;
  if (collation == Collation::kNoCase) {
    content = to_lower(text);
    // Behind a NUL that both texts have at one place, SQLite compares their lengths, not their letters.
    if (const std::size_t end = content.find('\0'); end != std::string::npos) {
      content.resize(end);
      length = "#" + std::to_string(text.size());
    }
  } else if (collation == Collation::kTrimRight) {
    content.erase(content.find_last_not_of(' ') + 1);
  }
  std::string name = "'";
  for (const char letter : content) {
    name += letter;
    if (letter == '\'') {
      name += letter;
    }
  }
  return name + "'" + length;
}

std::string name_of_blob(const Blob& blob) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string name = "x'";
  for (const std::byte byte : blob.bytes) {
    name += kDigits[std::to_integer<std::size_t>(byte >> 4U)];
    name += kDigits[std::to_integer<std::size_t>(byte & std::byte{15})];
  }
  return name + "'";
}

std::string name_of(const Value& value, Collation collation) {
  return std::visit(
      [&](const auto& content) -> std::string {
        using Content = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<Content, std::nullptr_t>) {
          return "NULL";
        } else if constexpr (std::is_same_v<Content, std::int64_t>) {
          return std::to_string(content);
        } else if constexpr (std::is_same_v<Content, double>) {
          return name_of_real(content);
        } else if constexpr (std::is_same_v<Content, std::string>) {
          return name_of_text(content, collation);
        } else {
          return name_of_blob(content);
        }
      },
      value);
}

// FNV-1a: the same in every build, for names of locks are kept in the journal.
std::uint64_t hash(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char letter : text) {
    hash = (hash ^ static_cast<unsigned char>(letter)) * 0x100000001b3U;
  }
  return hash;
}

std::string shortened(std::string name) {
  if (name.size() <= kLongest) {
    return name;
  }
  return name.substr(0, kKept) + "#" + std::to_string(name.size()) + "#" + to_hex(hash(name)) + ")";
}

// What the column would make of a number that is compared with it, by an index too.
Value stored_form(const Value& value, Affinity affinity) {
  if (const auto* integer = std::get_if<std::int64_t>(&value); integer != nullptr && affinity == Affinity::kReal) {
    return static_cast<double>(*integer);
  }
  return value;
}

// The comparison leaves the value as it is, but for numbers among numbers.
bool is_certain(const Value& value, Affinity affinity) {
  const bool number = std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value);
  switch (affinity) {
    case Affinity::kInteger:
    case Affinity::kReal:
    case Affinity::kNumeric: return number;
    case Affinity::kText: return std::holds_alternative<std::string>(value);
    case Affinity::kBlob: return !std::holds_alternative<std::nullptr_t>(value);
  }
  return false;
}

}  // namespace

std::optional<std::string> key_of_row(std::string_view index, const TableSchema& table,
                                      std::span<const KeyColumn> columns, const std::vector<Value>& row) {
  std::string name(index);
  for (const KeyColumn& column : columns) {
    const Value& value = row.at(column.column);
    if (std::holds_alternative<std::nullptr_t>(value)) {
      return std::nullopt;
    }
    name += &column == columns.data() ? "(" : ", ";
    name += name_of(stored_form(value, table.columns[column.column].affinity), column.collation);
  }
  return shortened(name + ")");
}

std::optional<std::string> key_of_comparison(std::string_view index, const TableSchema& table,
                                             std::span<const KeyColumn> columns, std::span<const Value> values) {
  std::vector<Value> row(table.columns.size());
  for (std::size_t index = 0; index < columns.size(); ++index) {
    const Column& column = table.columns[columns[index].column];
    if (!is_certain(values[index], column.affinity) || column.collation != columns[index].collation) {
      return std::nullopt;
    }
    row[columns[index].column] = values[index];
  }
  return key_of_row(index, table, columns, row);
}

}  // namespace assent::participant
