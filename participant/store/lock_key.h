// The names of key locks: equal for values that SQLite holds equal in that key, readable for operators.
//
//   (7)                 a primary key
//   ('a', 2)            one of two columns
//   index_name('a@b')   a key of a UNIQUE index
//   ('a'#3)             a text without case that has a NUL behind the a, and 3 bytes
//   (x'00ff…#4096#…)    a long key, shortened: two of them may share a name, and then wait for each other
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "assent/value.h"
#include "participant/store/catalog.h"

namespace assent::participant {

// The key of a stored row. Nothing if a column is NULL: such keys are equal to none.
std::optional<std::string> key_of_row(std::string_view index, const TableSchema& table,
                                      std::span<const KeyColumn> columns, const std::vector<Value>& row);

// The key that `column = value` finds for each of the columns, values in the order of the columns. Nothing if a value
// is of a type that the comparison would convert, or NULL: then it is not certain here what is found.
std::optional<std::string> key_of_comparison(std::string_view index, const TableSchema& table,
                                             std::span<const KeyColumn> columns, std::span<const Value> values);

}  // namespace assent::participant
