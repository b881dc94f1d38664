#include "participant/store/footprint.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "participant/store/lock_key.h"
#include "participant/store/sql_name.h"

namespace assent::participant {

namespace {

// Each key costs memory, in the lock table and in the journal, and a statement that changes so many rows leaves little
// of its table to others.
constexpr std::size_t kMostRowsLockedOneByOne = 1000;

// The lock of the largest INTEGER PRIMARY KEY. No other key has this name: all of them have parentheses.
constexpr const char* kAppend = "append";

void lock_table(const TableSchema& table, LockMode mode, Locks& locks) {
  locks.push_back({{table.name, ""}, mode});
}

void lock_key(const TableSchema& table, std::string key, LockMode mode, Locks& locks) {
  locks.push_back({{table.name, std::move(key)}, mode});
}

// SQLite binds NaN as NULL.
bool is_null(const Value& value) {
  const auto* real = std::get_if<double>(&value);
  return std::holds_alternative<std::nullptr_t>(value) || (real != nullptr && std::isnan(*real));
}

// The hook shows NULL for a column that was added with a default, in rows that were written before.
bool may_hide_default(const std::vector<KeyColumn>& columns, const TableSchema& table, const RowImage& row) {
  return std::any_of(columns.begin(), columns.end(), [&](const KeyColumn& key) {
    return table.columns[key.column].has_default && is_null(row[key.column]);
  });
}

std::optional<std::string> key_of(std::string_view index, const TableSchema& table,
                                  const std::vector<KeyColumn>& columns, const RowImage& row) {
  return row.empty() ? std::nullopt : key_of_row(index, table, columns, row);
}

// The rows of one table that a statement changed.
void lock_rows(const TableSchema& table, const Change& change, Locks& locks) {
  for (const RowImage* row : {&change.old_row, &change.new_row}) {
    if (row->empty()) {
      continue;
    }
    if (auto key = key_of("", table, table.primary_key, *row); key && table.identity != RowIdentity::kRowid) {
      lock_key(table, std::move(*key), LockMode::kExclusive, locks);
    } else {
      lock_table(table, LockMode::kExclusive, locks);
    }
  }
  for (const UniqueIndex& index : table.unique) {
    if (!index.whole || (!change.old_row.empty() && may_hide_default(index.columns, table, change.old_row))) {
      lock_table(table, LockMode::kExclusive, locks);
      continue;
    }
    auto left = key_of(index.name, table, index.columns, change.old_row);
    auto entered = key_of(index.name, table, index.columns, change.new_row);
    if (left == entered) {
      continue;
    }
    for (auto* key : {&left, &entered}) {
      if (*key) {
        lock_key(table, std::move(**key), LockMode::kExclusive, locks);
      }
    }
  }
}

// The values of these columns; nothing if there is no row, or a column that cannot be followed.
std::optional<std::vector<Value>> values_of(const RowImage& row, const std::vector<std::size_t>& columns) {
  std::vector<Value> values;
  for (const std::size_t column : columns) {
    if (column >= row.size()) {
      return std::nullopt;
    }
    values.push_back(row[column]);
  }
  return values;
}

std::vector<std::size_t> places_of(const std::vector<KeyColumn>& columns) {
  std::vector<std::size_t> places;
  for (const KeyColumn& column : columns) {
    places.push_back(column.column);
  }
  return places;
}

// A child row that comes to use a parent's key reads it.
void lock_parent(const ForeignKey& key, const TableSchema& parent, const Change& change, Locks& locks) {
  if (change.new_row.empty()) {
    return;
  }
  const auto used = values_of(change.new_row, key.child_columns);
  if (used && used == values_of(change.old_row, key.child_columns)) {
    return;
  }
  if (used && std::any_of(used->begin(), used->end(), is_null)) {
    return;
  }
  auto name = used && !key.parent_columns.empty()
                  ? key_of_comparison(key.parent_index, parent, key.parent_columns, *used)
                  : std::nullopt;
  if (name) {
    lock_key(parent, std::move(*name), LockMode::kShared, locks);
  } else {
    lock_table(parent, LockMode::kShared, locks);
  }
}

// Whether a key that children may use is gone.
bool loses_key(const ForeignKey& key, const Change& change) {
  const std::vector<std::size_t> places = places_of(key.parent_columns);
  return !change.old_row.empty() &&
         (places.empty() || values_of(change.old_row, places) != values_of(change.new_row, places));
}

void lock_reads(const PreparedStatement& statement, Locks& locks) {
  if (statement.reads_schema) {
    locks.push_back({{"sqlite_schema", ""}, LockMode::kShared});
  }
  for (const TableSchema* table : statement.reach.reads) {
    if (table->kind == TableSchema::Kind::kVirtual) {
      locks.push_back({{"", ""}, LockMode::kShared});  // it reads what tables it likes, and does not say which
    } else {
      lock_table(*table, LockMode::kShared, locks);
    }
  }
  for (const TableSchema* table : statement.reach.writes) {
    lock_table(*table, LockMode::kShared, locks);
  }
}

// The key that a keyed statement names, found or not. Where it is not certain what is found, the table.
void lock_named_key(const PreparedStatement& statement, const std::vector<Value>& parameters, IsolationLevel level,
                    Locks& locks) {
  const bool is_read = statement.shape.kind == StatementShape::Kind::kKeyedRead;
  if (!is_read && statement.shape.kind != StatementShape::Kind::kKeyedWrite) {
    return;
  }
  std::vector<Value> values;
  for (const Operand& operand : statement.shape.key) {
    values.push_back(value_of(operand, parameters));
  }
  auto key = key_of_comparison("", *statement.table, statement.table->primary_key, values);
  if (key && !is_read) {
    lock_key(*statement.table, std::move(*key), LockMode::kExclusive, locks);
  } else if (level == IsolationLevel::kReadCommitted) {
    return;
  } else if (key) {
    lock_key(*statement.table, std::move(*key), LockMode::kShared, locks);
  } else {
    lock_table(*statement.table, LockMode::kShared, locks);
  }
}

bool is_wholly_locked(const TableSchema& table, const Locks& locks) {
  return std::any_of(locks.begin(), locks.end(), [&](const Lock& lock) {
    return lock.name == LockName{table.name, ""};
  });
}

}  // namespace

// What happened to one table.
struct Footprint::Touched {
  const TableSchema* table = nullptr;
  std::vector<const Change*> changes;
};

void Footprint::append(const PreparedStatement& statement, const std::vector<Value>& parameters,
                       const std::vector<Change>& changes, IsolationLevel level, Locks& locks) {
  Locks own;
  lock_named_key(statement, parameters, level, own);
  if (level == IsolationLevel::kSerializable) {
    lock_reads(statement, own);
  }
  if (!changes.empty()) {
    lock_changes(statement, parameters, changes, own);
  }
  locks.insert(locks.end(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
}

void Footprint::lock_changes(const PreparedStatement& statement, const std::vector<Value>& parameters,
                             const std::vector<Change>& changes, Locks& locks) {
  std::map<std::string_view, Touched> tables;
  for (const Change& change : changes) {
    tables[change.table].changes.push_back(&change);
  }
  for (auto& [name, touched] : tables) {
    const TableSchema& table = *catalog_.find(name);
    touched.table = &table;
    const bool one_by_one = touched.changes.size() <= kMostRowsLockedOneByOne;
    if (!one_by_one) {
      lock_table(table, LockMode::kExclusive, locks);
    }
    for (const Change* change : touched.changes) {
      if (one_by_one) {
        lock_rows(table, *change, locks);
      }
    }
    for (const ForeignKey& key : table.parents) {
      const TableSchema& parent = *catalog_.find(key.parent);
      if (!one_by_one) {
        lock_table(parent, LockMode::kShared, locks);
        continue;
      }
      for (const Change* change : touched.changes) {
        lock_parent(key, parent, *change, locks);
      }
    }
    for (const ForeignKey& key : table.children) {
      if (std::any_of(touched.changes.begin(), touched.changes.end(),
                      [&](const Change* change) { return loses_key(key, *change); })) {
        lock_table(*catalog_.find(key.child), LockMode::kShared, locks);
      }
    }
  }
  for (const auto& [name, touched] : tables) {
    lock_append(statement, parameters, touched, locks);
  }
}

// Where SQLite chooses a key, it reads the largest one. AUTOINCREMENT counts by itself, and whoever holds the whole
// table has read it all.
void Footprint::lock_append(const PreparedStatement& statement, const std::vector<Value>& parameters,
                            const Touched& touched, Locks& locks) {
  const TableSchema& table = *touched.table;
  if (!table.integer_key || table.is_autoincrement || is_wholly_locked(table, locks)) {
    return;
  }
  const auto key_in = [&](const RowImage& row) {
    return row.empty() ? std::nullopt : std::optional(std::get<std::int64_t>(row[*table.integer_key]));
  };
  const auto keeps_its_key = [&](const Change* change) { return key_in(change->old_row) == key_in(change->new_row); };
  const bool may_choose = std::find(statement.reach.chooses.begin(), statement.reach.chooses.end(), &table) !=
                              statement.reach.chooses.end() ||
                          (statement.table == &table && statement.shape.kind == StatementShape::Kind::kPlainInsert &&
                           (statement.shape.may_choose_key ||
                            std::any_of(statement.shape.inserted_keys.begin(), statement.shape.inserted_keys.end(),
                                        [&](const Operand& key) { return is_null(value_of(key, parameters)); })));
  if (!may_choose && std::all_of(touched.changes.begin(), touched.changes.end(), keeps_its_key)) {
    return;  // as most often
  }
  std::int64_t largest = std::numeric_limits<std::int64_t>::min();
  bool has_rows = false;
  {
    Query query = connection_.query("SELECT max(" + quoted(table.columns[*table.integer_key].name) + ") FROM main." +
                                    quoted(table.name));
    query.step();
    has_rows = !query.is_null(0);
    largest = has_rows ? query.integer(0) : largest;
  }
  bool enters_at_end = false;
  bool leaves_the_end = false;
  for (const Change* change : touched.changes) {
    const auto left = key_in(change->old_row);
    const auto entered = key_in(change->new_row);
    if (left == entered) {
      continue;
    }
    leaves_the_end = leaves_the_end || (left && (!has_rows || *left > largest));
    enters_at_end = enters_at_end || (entered && (!has_rows || *entered >= largest));
  }
  // Behind the largest number that there is, SQLite draws at random.
  const bool is_full = largest == std::numeric_limits<std::int64_t>::max();
  if (may_choose && (enters_at_end || is_full)) {
    lock_key(table, kAppend, LockMode::kExclusive, locks);
  } else if (enters_at_end || leaves_the_end) {
    lock_key(table, kAppend, LockMode::kShared, locks);
  }
  if (leaves_the_end) {
    // The end comes down to keys that others enter or leave without its lock, for it was above them when they did.
    lock_table(table, LockMode::kShared, locks);
  }
}

void Footprint::append_failure(const PreparedStatement& statement, IsolationLevel level, Locks& locks) {
  if (level == IsolationLevel::kReadCommitted) {
    return;
  }
  lock_reads(statement, locks);
  for (const TableSchema* table : statement.reach.looks_at) {
    if (table->kind != TableSchema::Kind::kVirtual) {
      lock_table(*table, LockMode::kShared, locks);
    }
  }
}

void tidy(Locks& locks) {
  std::sort(locks.begin(), locks.end());
  locks.erase(std::unique(locks.begin(), locks.end()), locks.end());
}

}  // namespace assent::participant
