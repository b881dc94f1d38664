#include "participant/store/footprint.h"

#include <algorithm>

#include "participant/store/lock_key.h"

namespace assent::participant {

namespace {

void lock_table(const TableSchema& table, LockMode mode, Locks& locks) {
  locks.push_back({{table.name, ""}, mode});
}

// The hook shows NULL for a column that was added with a default, in rows that were written before.
bool may_hide_default(const UniqueIndex& index, const TableSchema& table, const RowImage& row) {
  return std::any_of(index.columns.begin(), index.columns.end(), [&](const KeyColumn& key) {
    return table.columns[key.column].has_default && std::holds_alternative<std::nullptr_t>(row[key.column]);
  });
}

void lock_row(const TableSchema& table, const RowImage& row, Locks& locks) {
  if (row.empty()) {
    return;
  }
  const auto key = key_of_row("", table, table.primary_key, row);
  if (!key) {
    lock_table(table, LockMode::kExclusive, locks);
  } else {
    locks.push_back({{table.name, *key}, LockMode::kExclusive});
  }
  for (const UniqueIndex& index : table.unique) {
    if (!index.whole || may_hide_default(index, table, row)) {
      lock_table(table, LockMode::kExclusive, locks);
    } else if (const auto unique_key = key_of_row(index.name, table, index.columns, row)) {
      locks.push_back({{table.name, *unique_key}, LockMode::kExclusive});
    }
  }
}

// The key that a keyed write names, found or not; nothing if it is not certain.
std::optional<std::string> named_key(const PreparedStatement& statement, const std::vector<Value>& parameters) {
  std::vector<Value> values;
  for (const Operand& operand : statement.shape.key) {
    values.push_back(value_of(operand, parameters));
  }
  return key_of_comparison(*statement.target, statement.target->primary_key, values);
}

// Each key costs memory, in the lock table and in the journal, and a statement that changes so many rows leaves little
// of its table to others.
constexpr std::size_t kMostRowsLockedOneByOne = 1000;

void lock_reads(const PreparedStatement& statement, Locks& locks) {
  for (const TableSchema* table : statement.reads) {
    if (table->kind == TableSchema::Kind::kVirtual) {
      locks.push_back({{"", ""}, LockMode::kShared});  // it reads what tables it likes, and does not say which
    } else {
      lock_table(*table, LockMode::kShared, locks);
    }
  }
}

}  // namespace

void append_footprint(const PreparedStatement& statement, const std::vector<Value>& parameters,
                      const std::vector<Change>& changes, Locks& locks) {
  if (statement.target == nullptr) {
    return lock_reads(statement, locks);
  }
  switch (statement.shape.kind) {
    case StatementShape::Kind::kPlainInsert: break;
    case StatementShape::Kind::kKeyedWrite:
      if (auto key = named_key(statement, parameters)) {
        locks.push_back({{statement.target->name, std::move(*key)}, LockMode::kExclusive});
        break;
      }
      [[fallthrough]];
    case StatementShape::Kind::kOther:
      lock_reads(statement, locks);
      lock_table(*statement.target, LockMode::kShared, locks);
      break;
  }
  if (changes.size() > kMostRowsLockedOneByOne) {
    return lock_table(*statement.target, LockMode::kExclusive, locks);
  }
  for (const Change& change : changes) {
    lock_row(*statement.target, change.old_row, locks);
    lock_row(*statement.target, change.new_row, locks);
  }
}

void append_failure_footprint(const PreparedStatement& statement, Locks& locks) {
  lock_reads(statement, locks);
  if (statement.target != nullptr) {
    lock_table(*statement.target, LockMode::kShared, locks);
  }
}

void tidy(Locks& locks) {
  std::sort(locks.begin(), locks.end());
  locks.erase(std::unique(locks.begin(), locks.end()), locks.end());
}

}  // namespace assent::participant
