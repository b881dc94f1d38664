#include "participant/store/catalog.h"

#include <algorithm>
#include <utility>

#include "participant/store/tokens.h"

namespace assent::participant {

namespace {

// Values of `hidden` in PRAGMA table_xinfo.
constexpr std::int64_t kVirtualGenerated = 2;
constexpr std::int64_t kStoredGenerated = 3;

std::optional<Collation> collation_of(std::string_view name) {
  const std::string lower = to_lower(name);
  if (lower == "binary") {
    return Collation::kBinary;
  }
  if (lower == "nocase") {
    return Collation::kNoCase;
  }
  if (lower == "rtrim") {
    return Collation::kTrimRight;
  }
  return std::nullopt;
}

bool has_conflict_clause(std::string_view sql) {
  const std::optional<std::vector<Token>> tokens = tokenize(sql);
  if (!tokens) {
    return true;
  }
  for (std::size_t index = 1; index < tokens->size(); ++index) {
    if ((*tokens)[index].is_word("CONFLICT") && (*tokens)[index - 1].is_word("ON")) {
      return true;
    }
  }
  return false;
}

// SQLite itself refuses to compare with the time in a CHECK.
bool has_random_check(std::string_view sql) {
  const std::vector<Token> tokens = tokenize(sql).value_or(std::vector<Token>());
  bool is_check = false;
  int depth = 0;  // of parentheses within a CHECK
  for (const Token& token : tokens) {
    if (depth == 0) {
      is_check = token.is_word("CHECK") || (is_check && token.is_symbol('('));
    }
    if (!is_check) {
      continue;
    }
    depth += token.is_symbol('(') ? 1 : token.is_symbol(')') ? -1 : 0;
    if (const std::string name = to_lower(token.text); token.is_name() && (name == "random" || name == "randomblob")) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::string to_lower(std::string_view text) {
  std::string lower(text);
  for (char& letter : lower) {
    if (letter >= 'A' && letter <= 'Z') {
      letter = static_cast<char>(letter - 'A' + 'a');
    }
  }
  return lower;
}

Affinity affinity_of(std::string_view declared_type, bool strict) {
  const std::string type = to_lower(declared_type);
  const auto has = [&type](std::string_view part) { return type.find(part) != std::string::npos; };
  if (strict && type == "any") {
    return Affinity::kBlob;
  }
  if (has("int")) {
    return Affinity::kInteger;
  }
  if (has("char") || has("clob") || has("text")) {
    return Affinity::kText;
  }
  if (has("blob") || type.empty()) {
    return Affinity::kBlob;
  }
  return has("real") || has("floa") || has("doub") ? Affinity::kReal : Affinity::kNumeric;
}

std::optional<std::size_t> TableSchema::column(std::string_view wanted) const {
  const std::string lower = to_lower(wanted);
  for (std::size_t index = 0; index < columns.size(); ++index) {
    if (to_lower(columns[index].name) == lower) {
      return index;
    }
  }
  return std::nullopt;
}

const TableSchema* Catalog::find(std::string_view name) {
  const std::string key = to_lower(name);
  if (const auto found = tables_.find(key); found != tables_.end()) {
    return &found->second;
  }
  Query query = connection_.query(
      "SELECT name, type, sql FROM sqlite_schema WHERE type IN ('table', 'view') AND name = ?1 COLLATE NOCASE");
  query.bind(1, name);
  if (!query.step()) {
    return nullptr;  // not remembered: statements can invent any number of names
  }
  return &tables_.emplace(key, load(query.text(0), query.text(1), query.text(2))).first->second;
}

TableSchema Catalog::load(std::string_view name, std::string_view type, std::string_view sql) {
  TableSchema table;
  table.name = name;
  if (type == "view") {
    table.kind = TableSchema::Kind::kView;
    table.unsupported = "`" + table.name + "` is a view: write to its tables";
    return table;
  }
  bool strict = false;
  bool without_rowid = false;
  {
    Query query = connection_.query("SELECT type, wr, strict FROM pragma_table_list(?1) WHERE schema = 'main'");
    query.bind(1, name);
    if (query.step()) {
      if (const std::string kind = query.text(0); kind == "virtual" || kind == "shadow") {
        table.kind = TableSchema::Kind::kVirtual;
        table.unsupported = "`" + table.name + "` is a virtual table, or a part of one: stores cannot write to those";
        return table;
      }
      without_rowid = query.integer(1) != 0;
      strict = query.integer(2) != 0;
    }
  }
  table.has_conflict_clause = has_conflict_clause(sql);
  if (has_random_check(sql)) {
    table.unsupported = "table `" + table.name +
                        "` has a CHECK that calls random(): what it lets pass once it may refuse when the branch "
                        "commits; check by the values of the row alone";
  }
  load_columns(table, strict);
  load_indexes(table, without_rowid);
  Query generated = connection_.query("SELECT count(*) FROM pragma_table_xinfo(?1, 'main') WHERE hidden IN (?2, ?3)");
  generated.bind(1, name).bind(2, kVirtualGenerated).bind(3, kStoredGenerated).step();
  table.unsupported = why_unsupported(table, generated.integer(0) != 0);
  return table;
}

void Catalog::load_columns(TableSchema& table, bool strict) {
  Query query = connection_.query(
      "SELECT name, type, dflt_value IS NOT NULL, pk FROM pragma_table_xinfo(?1, 'main') ORDER BY cid");
  query.bind(1, std::string_view(table.name));
  std::map<std::int64_t, std::size_t> key;  // by place in the key
  while (query.step()) {
    if (const std::int64_t place = query.integer(3); place != 0) {
      key[place] = table.columns.size();
    }
    Column column;
    column.name = query.text(0);
    column.affinity = affinity_of(query.text(1), strict);
    column.has_default = query.integer(2) != 0;
    const char* collation = nullptr;
    sqlite3_table_column_metadata(connection_.handle(), "main", table.name.c_str(), column.name.c_str(), nullptr,
                                  &collation, nullptr, nullptr, nullptr);
    const auto known = collation_of(collation == nullptr ? "" : collation);
    if (!known) {
      table.unsupported = "column `" + column.name + "` of `" + table.name + "` has the collation `" +
                          std::string(collation == nullptr ? "" : collation) + "`, which stores do not know";
    }
    column.collation = known.value_or(Collation::kBinary);
    table.columns.push_back(std::move(column));
  }
  for (const auto& [place, column] : key) {
    table.primary_key.push_back({column, table.columns[column].collation});
  }
}

void Catalog::load_indexes(TableSchema& table, bool without_rowid) {
  Query list = connection_.query("SELECT name, origin, partial FROM pragma_index_list(?1, 'main') WHERE \"unique\"");
  list.bind(1, std::string_view(table.name));
  bool has_primary_index = false;
  while (list.step()) {
    UniqueIndex index{.name = list.text(0), .columns = {}, .whole = list.integer(2) == 0};
    Query columns = connection_.query("SELECT cid, coll FROM pragma_index_xinfo(?1, 'main') WHERE key ORDER BY seqno");
    columns.bind(1, std::string_view(index.name));
    while (columns.step()) {
      const auto collation = collation_of(columns.text(1));
      if (columns.integer(0) < 0 || !collation) {
        index.whole = false;  // an expression, or an order that is not known here
        continue;
      }
      index.columns.push_back({static_cast<std::size_t>(columns.integer(0)), *collation});
    }
    if (list.text(1) == "pk") {
      has_primary_index = true;
      table.primary_key = index.columns;
      table.primary_index = without_rowid ? "" : index.name;
    } else {
      table.unique.push_back(std::move(index));
    }
  }
  if (!without_rowid) {
    table.hidden_rowid = has_primary_index || table.primary_key.empty();
    if (!table.hidden_rowid) {
      table.integer_key = table.primary_key.front().column;
    }
  }
}

std::string Catalog::why_unsupported(const TableSchema& table, bool has_generated_column) {
  if (!table.unsupported.empty()) {
    return table.unsupported;
  }
  const std::string name = "table `" + table.name + "`";
  if (table.primary_key.empty()) {
    return name + " has no primary key: writes need one; declare a PRIMARY KEY";
  }
  if (has_generated_column) {
    return name + " has a generated column: writes to such tables are not supported; compute it in a view";
  }
  for (const std::string_view rowid : {"rowid", "oid", "_rowid_"}) {
    if (const auto column = table.column(rowid); column && table.hidden_rowid) {
      return name + " has a column named `" + table.columns[*column].name +
             "`, which hides the rowid: rename it, or declare the table WITHOUT ROWID";
    }
  }
  Query triggers =
      connection_.query("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE");
  triggers.bind(1, std::string_view(table.name));
  if (triggers.step()) {
    return name + " has the trigger `" + triggers.text(0) +
           "`: writes to tables with triggers are not supported; drop it and write what it does as statements";
  }
  Query keys = connection_.query(
      "SELECT t.name FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS f WHERE t.type = 'table' AND "
      "(t.name = ?1 COLLATE NOCASE OR f.\"table\" = ?1 COLLATE NOCASE)");
  keys.bind(1, std::string_view(table.name));
  if (keys.step()) {
    return name + " is part of a foreign key (declared by `" + keys.text(0) +
           "`): writes to such tables are not supported; drop the foreign key and check it in statements";
  }
  return {};
}

}  // namespace assent::participant
