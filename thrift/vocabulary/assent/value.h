// Values, statements and their results, as they travel from application to store and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace assent {

struct Blob {
  std::vector<std::byte> bytes;

  friend bool operator==(const Blob&, const Blob&) = default;
};

// SQLite's five storage classes (https://www.sqlite.org/datatype3.html).
using Value = std::variant<std::nullptr_t, std::int64_t, double, std::string, Blob>;

struct Statement {
  std::string sql;
  std::vector<Value> parameters;               // bound to ?1, ?2, …
  std::optional<std::uint64_t> expected_rows;  // changed, or returned by a query; any other number fails the branch

  friend bool operator==(const Statement&, const Statement&) = default;
};

struct StatementResult {
  std::vector<std::string> columns;      // empty for a statement that returns no rows
  std::vector<std::vector<Value>> rows;  // each as long as `columns`
  std::uint64_t changed_rows = 0;

  friend bool operator==(const StatementResult&, const StatementResult&) = default;
};

}  // namespace assent
