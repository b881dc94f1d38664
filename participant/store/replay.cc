#include "participant/store/replay.h"

#include <utility>

namespace assent::participant {

namespace {

std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char letter : name) {
    text += letter;
    if (letter == '"') {
      text += letter;
    }
  }
  return text + "\"";
}

std::string_view name_of(Collation collation) {
  switch (collation) {
    case Collation::kBinary: return "BINARY";
    case Collation::kNoCase: return "NOCASE";
    case Collation::kTrimRight: return "RTRIM";
  }
  return "BINARY";
}

std::string key_condition(const TableSchema& table, std::size_t first_parameter) {
  std::string text;
  for (const KeyColumn& key : table.primary_key) {
    text += (text.empty() ? " WHERE " : " AND ") + quoted(table.columns[key.column].name) + " = ?" +
            std::to_string(first_parameter++) + " COLLATE " + std::string(name_of(key.collation));
  }
  return text;
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
  const Texts& texts = texts_of(*table);
  observer_.expect(*table, change);
  {
    Query query = connection_.query(change.kind == ChangeKind::kInsert   ? texts.insert_row
                                    : change.kind == ChangeKind::kUpdate ? texts.update_row
                                                                         : texts.delete_row);
    int parameter = 0;
    if (change.kind != ChangeKind::kDelete) {
      for (const Value& value : change.new_row) {
        query.bind(++parameter, value);
      }
    }
    if (change.kind != ChangeKind::kInsert) {
      for (const KeyColumn& key : table->primary_key) {
        query.bind(++parameter, change.old_row[key.column]);
      }
    }
    query.run();
  }
  if (!observer_.has_met_expectation()) {
    throw ResultError({ErrorKind::kCorrupt, connection_.path() + ": a row of table `" + change.table +
                                                "` is not as the branch found it; keep the file as evidence: something "
                                                "else has written to it"});
  }
}

const Replay::Texts& Replay::texts_of(const TableSchema& table) {
  const auto found = texts_.find(&table);
  if (found != texts_.end()) {
    return found->second;
  }
  // OR ABORT, for a conflict clause in the schema would act here again.
  std::string names;
  std::string values;
  std::string assignments;
  std::string comma;
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    const std::string column_name = quoted(table.columns[column].name);
    const std::string parameter = "?" + std::to_string(column + 1);
    names.append(comma).append(column_name);
    values.append(comma).append(parameter);
    assignments.append(comma).append(column_name).append(" = ").append(parameter);
    comma = ", ";
  }
  const std::string name = "main." + quoted(table.name);
  Texts texts{
      .insert_row = "INSERT OR ABORT INTO " + name + "(" + names + ") VALUES(" + values + ")",
      .update_row = "UPDATE OR ABORT " + name + " SET " + assignments + key_condition(table, table.columns.size() + 1),
      .delete_row = "DELETE FROM " + name + key_condition(table, 1)};
  return texts_.emplace(&table, std::move(texts)).first->second;
}

}  // namespace assent::participant
