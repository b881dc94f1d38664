#include "participant/store/replay.h"

#include <utility>

#include "participant/store/sql_name.h"

namespace assent::participant {

namespace {

std::string parameter(std::size_t number) {
  return "?" + std::to_string(number);
}

std::string key_condition(const TableSchema& table, std::size_t first_parameter) {
  std::string text;
  for (const KeyColumn& key : table.primary_key) {
    text += (text.empty() ? " WHERE " : " AND ") + quoted(table.columns[key.column].name) + " = " +
            parameter(first_parameter++) + " COLLATE " + std::string(name_of(key.collation));
  }
  return text;
}

std::string rowid_condition(const TableSchema& table, std::size_t first_parameter) {
  return " WHERE " + quoted(table.columns.back().name) + " = " + parameter(first_parameter);
}

// The hook shows such a row without it as long as it is told apart by its key.
bool is_told_by_rowid(const TableSchema& table, const RowImage& row) {
  return table.identity == RowIdentity::kNullable && !std::holds_alternative<std::nullptr_t>(row.back());
}

}  // namespace

void Replay::apply(const Changes& changes) {
  for (const Change& change : read_changes(changes)) {
    apply(change);
  }
}

void Replay::apply(const Change& change) {
  const TableSchema* table = catalog_.find(change.table);
  const std::size_t columns = change.kind == ChangeKind::kDelete ? change.old_row.size() : change.new_row.size();
  if (table == nullptr || !table->unsupported.empty() || columns != table->columns.size()) {
    throw ResultError({ErrorKind::kCorrupt, connection_.path() + ": table `" + change.table +
                                                "` is not as it was when its rows were captured; keep the file as "
                                                "evidence and restore the table"});
  }
  observer_.expect(*table, change);
  perform(*table, change);
  if (observer_.failure() != SQLITE_OK) {
    throw ResultError(
        sqlite_error(connection_.handle(), observer_.failure(), "read a row of table `" + change.table + "`"));
  }
  if (!observer_.has_met_expectation()) {
    throw ResultError({ErrorKind::kCorrupt, connection_.path() + ": a row of table `" + change.table +
                                                "` is not as the branch found it; keep the file as evidence: something "
                                                "else has written to it"});
  }
}

void Replay::perform(const TableSchema& table, const Change& change) {
  const Texts& texts = texts_of(table);
  if (change.kind == ChangeKind::kInsert) {
    Query query = connection_.query(texts.insert_row);
    int number = 0;
    for (const std::size_t column : texts.inserted) {
      query.bind(++number, change.new_row[column]);
    }
    query.run();
    return;
  }
  const bool by_rowid = is_told_by_rowid(table, change.old_row);
  const Found& found = by_rowid ? texts.by_rowid : texts.by_key;
  Query query = connection_.query(change.kind == ChangeKind::kUpdate ? found.update_row : found.delete_row);
  int number = 0;
  if (change.kind == ChangeKind::kUpdate) {
    for (const std::size_t column : texts.updated) {
      query.bind(++number, change.new_row[column]);
    }
  }
  if (by_rowid) {
    query.bind(++number, change.old_row.back());
  } else {
    for (const KeyColumn& key : table.primary_key) {
      query.bind(++number, change.old_row[key.column]);
    }
  }
  query.run();
}

const Replay::Texts& Replay::texts_of(const TableSchema& table) {
  const auto found = texts_.find(&table);
  if (found != texts_.end()) {
    return found->second;
  }
  Texts texts;
  std::string names;
  std::string values;
  std::string assignments;
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    const Column& described = table.columns[column];
    if (described.is_generated) {
      continue;
    }
    const std::string name = quoted(described.name);
    texts.inserted.push_back(column);
    names.append(names.empty() ? "" : ", ").append(name);
    values.append(values.empty() ? "" : ", ").append(parameter(texts.inserted.size()));
    // A hidden rowid stays as it is; where there is no other key, it is one, and may change.
    if (!described.is_rowid || table.identity == RowIdentity::kRowid) {
      texts.updated.push_back(column);
      assignments.append(assignments.empty() ? "" : ", ")
          .append(name)
          .append(" = ")
          .append(parameter(texts.updated.size()));
    }
  }
  const std::string name = "main." + quoted(table.name);
  // OR ABORT, for a conflict clause in the schema would act here again.
  texts.insert_row = "INSERT OR ABORT INTO " + name + "(" + names + ") VALUES(" + values + ")";
  const std::string update = "UPDATE OR ABORT " + name + " SET " + assignments;
  const std::size_t behind = texts.updated.size() + 1;
  texts.by_key = {update + key_condition(table, behind), "DELETE FROM " + name + key_condition(table, 1)};
  if (table.identity == RowIdentity::kNullable) {
    texts.by_rowid = {update + rowid_condition(table, behind), "DELETE FROM " + name + rowid_condition(table, 1)};
  }
  return texts_.emplace(&table, std::move(texts)).first->second;
}

}  // namespace assent::participant
