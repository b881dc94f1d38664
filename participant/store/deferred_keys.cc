#include "participant/store/deferred_keys.h"

#include <algorithm>

#include "participant/store/sql_name.h"

namespace assent::participant {

namespace {

bool has_null(const std::vector<Value>& values) {
  return std::any_of(values.begin(), values.end(),
                     [](const Value& value) { return std::holds_alternative<std::nullptr_t>(value); });
}

std::vector<Value> child_values(const ForeignKey& key, const RowImage& row) {
  std::vector<Value> values;
  for (const std::size_t column : key.child_columns) {
    values.push_back(row.at(column));
  }
  return values;
}

std::vector<Value> parent_values(const ForeignKey& key, const RowImage& row) {
  std::vector<Value> values;
  for (const KeyColumn& column : key.parent_columns) {
    values.push_back(row.at(column.column));
  }
  return values;
}

bool is_deferred(const ForeignKey& key) {
  return key.is_deferred;
}

std::string sentence(const ForeignKey& key) {
  return "FOREIGN KEY constraint failed: a row of `" + key.child + "` refers to a row of `" + key.parent +
         "` that is not there when the transaction ends";
}

// `name = ?1 AND …`: by the comparison that the parent's key has.
std::string condition(const TableSchema& table, const std::vector<std::size_t>& columns, const ForeignKey& key,
                      std::size_t first_parameter) {
  std::string text;
  for (std::size_t index = 0; index < columns.size(); ++index) {
    text += (text.empty() ? "" : " AND ") + quoted(table.columns[columns[index]].name) + " = ?" +
            std::to_string(first_parameter + index) + " COLLATE " +
            std::string(name_of(key.parent_columns[index].collation));
  }
  return text;
}

}  // namespace

bool DeferredKeys::are_touched_by(const std::vector<Change>& changes) {
  return std::any_of(changes.begin(), changes.end(), [&](const Change& change) {
    const TableSchema& table = *catalog_.find(change.table);
    return (!change.new_row.empty() && std::any_of(table.parents.begin(), table.parents.end(), is_deferred)) ||
           (!change.old_row.empty() && std::any_of(table.children.begin(), table.children.end(), is_deferred));
  });
}

std::optional<std::string> DeferredKeys::violation(const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    const TableSchema& table = *catalog_.find(change.table);
    for (const ForeignKey& key : table.parents) {
      if (key.is_deferred && !change.new_row.empty() && dangles(key, change.new_row)) {
        return sentence(key);
      }
    }
    for (const ForeignKey& key : table.children) {
      if (key.is_deferred && !change.old_row.empty() && is_missed(key, change.old_row)) {
        return sentence(key);
      }
    }
  }
  return std::nullopt;
}

// Whether this child row is still there, as it was, and its parent is not.
bool DeferredKeys::dangles(const ForeignKey& key, const RowImage& row) {
  const std::vector<Value> values = child_values(key, row);
  if (has_null(values) || has_parent(key, values)) {
    return false;
  }
  const TableSchema& child = *catalog_.find(key.child);
  const auto rowid = child.rowid_column();
  const bool by_rowid = rowid && !std::holds_alternative<std::nullptr_t>(row[*rowid]);
  std::vector<std::size_t> identity;
  if (by_rowid) {
    identity.push_back(*rowid);
  } else {
    std::transform(child.primary_key.begin(), child.primary_key.end(), std::back_inserter(identity),
                   [](const KeyColumn& column) { return column.column; });
  }
  std::string text = "SELECT 1 FROM main." + quoted(child.name) + " WHERE ";
  int number = 0;
  for (const std::size_t column : identity) {
    text += quoted(child.columns[column].name) + " = ?" + std::to_string(++number) + " AND ";
  }
  text += condition(child, key.child_columns, key, identity.size() + 1);
  Query query = connection_.query(text);
  number = 0;
  for (const std::size_t column : identity) {
    query.bind(++number, row[column]);
  }
  for (const Value& value : values) {
    query.bind(++number, value);
  }
  return query.step();
}

// Whether a key that the parent had is gone, and children use it.
bool DeferredKeys::is_missed(const ForeignKey& key, const RowImage& row) {
  const std::vector<Value> values = parent_values(key, row);
  if (has_null(values) || has_parent(key, values)) {
    return false;
  }
  const TableSchema& child = *catalog_.find(key.child);
  Query query = connection_.query("SELECT 1 FROM main." + quoted(child.name) + " WHERE " +
                                  condition(child, key.child_columns, key, 1) + " LIMIT 1");
  int number = 0;
  for (const Value& value : values) {
    query.bind(++number, value);
  }
  return query.step();
}

bool DeferredKeys::has_parent(const ForeignKey& key, const std::vector<Value>& values) {
  const TableSchema& parent = *catalog_.find(key.parent);
  std::vector<std::size_t> columns;
  std::transform(key.parent_columns.begin(), key.parent_columns.end(), std::back_inserter(columns),
                 [](const KeyColumn& column) { return column.column; });
  Query query = connection_.query("SELECT 1 FROM main." + quoted(parent.name) + " WHERE " +
                                  condition(parent, columns, key, 1) + " LIMIT 1");
  int number = 0;
  for (const Value& value : values) {
    query.bind(++number, value);
  }
  return query.step();
}

}  // namespace assent::participant
