#include "participant/store/row_observer.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "participant/store/zero_blob.h"

namespace assent::participant {

namespace {

constexpr std::uint64_t kBytesOfAValue = 8;

// Before it is copied.
std::uint64_t size_of(sqlite3_value* value) {
  const int type = sqlite3_value_type(value);
  const bool has_bytes = type == SQLITE_TEXT || type == SQLITE_BLOB;
  return kBytesOfAValue + (has_bytes ? static_cast<std::uint64_t>(sqlite3_value_bytes(value)) : 0);
}

// The hook shows a whole number in a REAL column sometimes as the integer that the file holds.
bool is_hidden_real(sqlite3_value* value, const Column& column) {
  return column.affinity == Affinity::kReal && sqlite3_value_type(value) == SQLITE_INTEGER;
}

bool equal_bytes(sqlite3_value* value, const void* expected, std::size_t size) {
  const void* bytes = sqlite3_value_blob(value);
  return static_cast<std::size_t>(sqlite3_value_bytes(value)) == size &&
         (size == 0 || std::memcmp(bytes, expected, size) == 0);
}

// Else SQLite had no memory for them.
bool has_its_bytes(sqlite3_value* value) {
  const int type = sqlite3_value_type(value);
  return (type != SQLITE_TEXT && type != SQLITE_BLOB) || sqlite3_value_bytes(value) == 0 ||
         sqlite3_value_blob(value) != nullptr;
}

bool equal(sqlite3_value* value, const Column& column, const Value& expected) {
  const int type = is_hidden_real(value, column) ? SQLITE_FLOAT : sqlite3_value_type(value);
  return std::visit(
      [&](const auto& content) {
        using Content = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<Content, std::nullptr_t>) {
          return type == SQLITE_NULL;
        } else if constexpr (std::is_same_v<Content, std::int64_t>) {
          return type == SQLITE_INTEGER && sqlite3_value_int64(value) == content;
        } else if constexpr (std::is_same_v<Content, double>) {
          return type == SQLITE_FLOAT && sqlite3_value_double(value) == content;
        } else if constexpr (std::is_same_v<Content, std::string>) {
          return type == SQLITE_TEXT && equal_bytes(value, content.data(), content.size());
        } else {
          return type == SQLITE_BLOB && equal_bytes(value, content.bytes.data(), content.bytes.size());
        }
      },
      expected);
}

// `row` has every column before the rowid.
bool needs_rowid(const TableSchema& table, const RowImage& row) {
  return table.identity == RowIdentity::kRowid ||
         std::any_of(table.primary_key.begin(), table.primary_key.end(),
                     [&](const KeyColumn& key) { return std::holds_alternative<std::nullptr_t>(row[key.column]); });
}

}  // namespace

RowObserver::RowObserver(Connection& connection) : database_(connection.handle()) {
  give_zero_blobs_their_bytes(connection);
  sqlite3_preupdate_hook(database_, &RowObserver::on_change, this);
}

void RowObserver::capture(const std::vector<const TableSchema*>& tables, CaptureLimits limits) {
  mode_ = Mode::kCapture;
  tables_ = tables;
  limits_ = limits;
  captured_bytes_ = 0;
  beyond_limits_ = false;
  failure_ = SQLITE_OK;
  surprised_ = false;
  captured_.clear();
}

std::vector<Change> RowObserver::take_captured() {
  mode_ = Mode::kOff;
  if (surprised_) {
    throw ResultError({ErrorKind::kCorrupt,
                       "a statement changed rows of a table that it does not name: they would be lost; this is a fault "
                       "of Assent, report it"});
  }
  return std::exchange(captured_, {});
}

void RowObserver::expect(const TableSchema& table, const Change& change) {
  mode_ = Mode::kVerify;
  tables_.assign(1, &table);
  expected_ = &change;
  met_ = 0;
  failure_ = SQLITE_OK;
  surprised_ = false;
}

bool RowObserver::has_met_expectation() {
  mode_ = Mode::kOff;
  return met_ == 1 && !surprised_;
}

void RowObserver::on_change(void* observer, sqlite3* /*database*/, int operation, const char* /*schema*/,
                            const char* table, sqlite3_int64 old_rowid, sqlite3_int64 new_rowid) {
  auto& self = *static_cast<RowObserver*>(observer);
  if (self.mode_ != Mode::kOff) {
    self.observe(operation == SQLITE_INSERT   ? ChangeKind::kInsert
                 : operation == SQLITE_DELETE ? ChangeKind::kDelete
                                              : ChangeKind::kUpdate,
                 table, old_rowid, new_rowid);
  }
}

void RowObserver::observe(ChangeKind kind, std::string_view name, std::int64_t old_rowid, std::int64_t new_rowid) {
  const auto table = std::find_if(tables_.begin(), tables_.end(),
                                  [&](const TableSchema* candidate) { return candidate->name == name; });
  if (table == tables_.end() || sqlite3_preupdate_count(database_) != (*table)->hook_columns) {
    surprised_ = true;
    return;
  }
  const Side before{**table, kind, false, old_rowid};
  const Side after{**table, kind, true, new_rowid};
  if (mode_ == Mode::kVerify) {
    verify(before, after);
    return;
  }
  if (beyond_limits_ || failure_ != SQLITE_OK) {
    return;
  }
  Change change{.kind = kind, .table = (*table)->name, .old_row = {}, .new_row = {}};
  if (captured_.size() >= limits_.rows || (kind != ChangeKind::kInsert && !read_row(before, change.old_row)) ||
      (kind != ChangeKind::kDelete && !read_row(after, change.new_row))) {
    beyond_limits_ = failure_ == SQLITE_OK;
    captured_.clear();
    sqlite3_interrupt(database_);
    return;
  }
  captured_.push_back(std::move(change));
}

void RowObserver::verify(const Side& before, const Side& after) {
  const bool same = met_ == 0 && before.kind == expected_->kind &&
                    (before.kind == ChangeKind::kInsert || equals(before, expected_->old_row)) &&
                    (before.kind == ChangeKind::kDelete || equals(after, expected_->new_row));
  ++met_;
  surprised_ = surprised_ || !same;
}

// Null: SQLite cannot show it.
sqlite3_value* RowObserver::value_at(const Side& side, std::size_t column) {
  const auto& places = !side.is_new                       ? side.table.hook_of_old
                       : side.kind == ChangeKind::kInsert ? side.table.hook_of_inserted
                                                          : side.table.hook_of_updated;
  sqlite3_value* value = nullptr;
  const int result = side.is_new ? sqlite3_preupdate_new(database_, places[column], &value)
                                 : sqlite3_preupdate_old(database_, places[column], &value);
  if (result == SQLITE_OK && has_its_bytes(value)) {
    return value;
  }
  failure_ = result == SQLITE_OK ? SQLITE_NOMEM : result;
  return nullptr;
}

bool RowObserver::read_row(const Side& side, RowImage& row) {
  const std::vector<Column>& columns = side.table.columns;
  row.reserve(columns.size());
  for (std::size_t column = 0; column < columns.size(); ++column) {
    if (columns[column].is_rowid) {
      if (needs_rowid(side.table, row)) {
        row.emplace_back(side.rowid);
      } else {
        row.emplace_back(nullptr);
      }
      captured_bytes_ += kBytesOfAValue;
      continue;
    }
    sqlite3_value* value = value_at(side, column);
    if (value == nullptr) {
      return false;
    }
    captured_bytes_ += size_of(value);
    if (captured_bytes_ > limits_.bytes) {
      return false;
    }
    if (is_hidden_real(value, columns[column])) {
      row.emplace_back(sqlite3_value_double(value));
    } else {
      row.push_back(*read_value(value));
    }
  }
  return true;
}

bool RowObserver::equals(const Side& side, const RowImage& expected) {
  const std::vector<Column>& columns = side.table.columns;
  if (expected.size() != columns.size()) {
    return false;
  }
  for (std::size_t column = 0; column < expected.size(); ++column) {
    if (columns[column].is_rowid) {
      const auto* rowid = std::get_if<std::int64_t>(&expected[column]);
      if (rowid != nullptr && *rowid != side.rowid) {
        return false;
      }
      continue;
    }
    sqlite3_value* value = value_at(side, column);
    if (value == nullptr || !equal(value, columns[column], expected[column])) {
      return false;
    }
  }
  return true;
}

}  // namespace assent::participant
