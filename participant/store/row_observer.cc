#include "participant/store/row_observer.h"

#include <cstring>
#include <type_traits>
#include <utility>

namespace assent::participant {

namespace {

constexpr std::uint64_t kBytesOfAValue = 8;

sqlite3_value* value_at(sqlite3* database, int column, bool is_new) {
  sqlite3_value* value = nullptr;
  const int result =
      is_new ? sqlite3_preupdate_new(database, column, &value) : sqlite3_preupdate_old(database, column, &value);
  return result == SQLITE_OK ? value : nullptr;
}

// Before it is copied.
std::uint64_t size_of(sqlite3_value* value) {
  const int type = value == nullptr ? SQLITE_NULL : sqlite3_value_type(value);
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

}  // namespace

RowObserver::RowObserver(Connection& connection) : database_(connection.handle()) {
  sqlite3_preupdate_hook(database_, &RowObserver::on_change, this);
}

void RowObserver::capture(const TableSchema& table, CaptureLimits limits) {
  mode_ = Mode::kCapture;
  table_ = &table;
  limits_ = limits;
  captured_bytes_ = 0;
  beyond_limits_ = false;
  surprised_ = false;
  captured_.clear();
}

std::vector<Change> RowObserver::take_captured() {
  mode_ = Mode::kOff;
  if (surprised_) {
    throw ResultError({ErrorKind::kCorrupt, "a statement changed rows of another table than `" + table_->name +
                                                "`: they would be lost; this is a fault of Assent, report it"});
  }
  return std::exchange(captured_, {});
}

void RowObserver::expect(const TableSchema& table, const Change& change) {
  mode_ = Mode::kVerify;
  table_ = &table;
  expected_ = &change;
  met_ = 0;
  surprised_ = false;
}

bool RowObserver::has_met_expectation() {
  mode_ = Mode::kOff;
  return met_ == 1 && !surprised_;
}

void RowObserver::on_change(void* observer, sqlite3* /*database*/, int operation, const char* /*schema*/,
                            const char* table, sqlite3_int64 /*old_rowid*/, sqlite3_int64 /*new_rowid*/) {
  auto& self = *static_cast<RowObserver*>(observer);
  if (self.mode_ != Mode::kOff) {
    self.observe(operation == SQLITE_INSERT   ? ChangeKind::kInsert
                 : operation == SQLITE_DELETE ? ChangeKind::kDelete
                                              : ChangeKind::kUpdate,
                 table);
  }
}

void RowObserver::observe(ChangeKind kind, std::string_view table) {
  if (table != table_->name || sqlite3_preupdate_count(database_) != static_cast<int>(table_->columns.size())) {
    surprised_ = true;
    return;
  }
  if (mode_ == Mode::kVerify) {
    const bool same = met_ == 0 && kind == expected_->kind &&
                      (kind == ChangeKind::kInsert || equals(expected_->old_row, false)) &&
                      (kind == ChangeKind::kDelete || equals(expected_->new_row, true));
    ++met_;
    surprised_ = surprised_ || !same;
    return;
  }
  if (beyond_limits_) {
    return;
  }
  Change change{.kind = kind, .table = table_->name, .old_row = {}, .new_row = {}};
  if (captured_.size() >= limits_.rows || (kind != ChangeKind::kInsert && !read_row(false, change.old_row)) ||
      (kind != ChangeKind::kDelete && !read_row(true, change.new_row))) {
    beyond_limits_ = true;
    captured_.clear();
    sqlite3_interrupt(database_);
    return;
  }
  captured_.push_back(std::move(change));
}

bool RowObserver::read_row(bool is_new, RowImage& row) {
  row.reserve(table_->columns.size());
  for (std::size_t column = 0; column < table_->columns.size(); ++column) {
    sqlite3_value* value = value_at(database_, static_cast<int>(column), is_new);
    captured_bytes_ += size_of(value);
    if (captured_bytes_ > limits_.bytes) {
      return false;
    }
    if (value != nullptr && is_hidden_real(value, table_->columns[column])) {
      row.emplace_back(sqlite3_value_double(value));
    } else {
      row.push_back(value == nullptr ? Value(nullptr) : read_value(value));
    }
  }
  return true;
}

bool RowObserver::equals(const RowImage& expected, bool is_new) const {
  if (expected.size() != table_->columns.size()) {
    return false;
  }
  for (std::size_t column = 0; column < expected.size(); ++column) {
    sqlite3_value* value = value_at(database_, static_cast<int>(column), is_new);
    if (value == nullptr || !equal(value, table_->columns[column], expected[column])) {
      return false;
    }
  }
  return true;
}

}  // namespace assent::participant
