// Change: one row as a statement found it and left it, and the bytes that stand for it in Changes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "assent/value.h"
#include "participant/core/journal.h"

namespace assent::participant {

enum class ChangeKind : std::uint8_t { kInsert = 1, kUpdate = 2, kDelete = 3 };

// Every column of the row, in the order of the table's definition.
using RowImage = std::vector<Value>;

struct Change {
  ChangeKind kind = ChangeKind::kInsert;
  std::string table;
  RowImage old_row;  // empty for an insert
  RowImage new_row;  // empty for a delete

  friend bool operator==(const Change&, const Change&) = default;
};

void append_change(Changes& changes, const Change& change);

// All of them, in order. Throws ResultError (kCorrupt) if the bytes are not what append_change() wrote.
std::vector<Change> read_changes(const Changes& changes);

}  // namespace assent::participant
