#include "participant/store/catalog.h"

#include <algorithm>
#include <array>
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

// Under which name the rowid can be written, where rows are told apart by it.
void choose_rowid(TableSchema& table, const std::vector<std::optional<std::size_t>>& stored) {
  const std::string name = "table `" + table.name + "`";
  if (table.integer_key && stored.at(*table.integer_key) != table.integer_key) {
    table.unsupported = name +
                        " has a virtual generated column before its INTEGER PRIMARY KEY, and SQLite does not show what "
                        "changes in such a row: declare the key first";
  }
  if (table.hidden_rowid && table.identity != RowIdentity::kRowid && table.column("rowid") &&
      table.columns[*table.column("rowid")].name == "ROWID") {
    table.unsupported = name + " has a column named `ROWID`, which cannot be told from the rowid: write it `rowid`";
  }
  if (table.identity == RowIdentity::kPrimaryKey) {
    return;
  }
  constexpr std::array<const char*, 3> kNames = {"_rowid_", "rowid", "oid"};
  const auto* const free =
      std::find_if(kNames.begin(), kNames.end(), [&](const char* candidate) { return !table.column(candidate); });
  if (free == kNames.end()) {
    table.unsupported = name +
                        " has columns named `rowid`, `oid` and `_rowid_`, which hide the number by which its rows are "
                        "told apart: rename one of them, or give it a primary key that is NOT NULL";
    return;
  }
  Column rowid;
  rowid.name = *free;
  rowid.affinity = Affinity::kInteger;
  rowid.is_rowid = true;
  if (table.identity == RowIdentity::kRowid) {
    table.primary_key.push_back({table.columns.size(), Collation::kBinary});
  }
  table.columns.push_back(std::move(rowid));
  for (auto* hook : {&table.hook_of_old, &table.hook_of_inserted, &table.hook_of_updated}) {
    hook->push_back(-1);
  }
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
    if (!columns[index].is_rowid && to_lower(columns[index].name) == lower) {
      return index;
    }
  }
  return std::nullopt;
}

std::optional<std::size_t> TableSchema::rowid_column() const {
  return !columns.empty() && columns.back().is_rowid ? std::optional(columns.size() - 1) : std::nullopt;
}

const TableSchema* Catalog::find(std::string_view name) {
  Entry* const found = entry(name);
  if (found == nullptr) {
    return nullptr;
  }
  if (!found->has_foreign_keys) {
    found->has_foreign_keys = true;
    load_foreign_keys(found->table);
  }
  return &found->table;
}

Catalog::Entry* Catalog::entry(std::string_view name) {
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
  return &tables_.emplace(key, Entry{load(query.text(0), query.text(1), query.text(2))}).first->second;
}

bool Catalog::has_triggers_or_foreign_keys() {
  if (!has_triggers_or_foreign_keys_) {
    Query query = connection_.query(
        "SELECT 1 FROM sqlite_schema WHERE type = 'trigger' UNION ALL "
        "SELECT 1 FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) WHERE t.type = 'table' LIMIT 1");
    has_triggers_or_foreign_keys_ = query.step();
  }
  return *has_triggers_or_foreign_keys_;
}

void Catalog::clear() {
  tables_.clear();
  has_triggers_or_foreign_keys_.reset();
}

TableSchema Catalog::load(std::string_view name, std::string_view type, std::string_view sql) {
  TableSchema table;
  table.name = name;
  table.sql = sql;
  load_triggers(table);
  if (type == "view") {
    table.kind = TableSchema::Kind::kView;
    return table;
  }
  bool strict = false;
  {
    Query query = connection_.query("SELECT type, wr, strict FROM pragma_table_list(?1) WHERE schema = 'main'");
    query.bind(1, name);
    if (query.step()) {
      if (const std::string kind = query.text(0); kind == "virtual" || kind == "shadow") {
        table.kind = TableSchema::Kind::kVirtual;
        table.unsupported = "`" + table.name + "` is a virtual table, or a part of one: stores cannot write to those";
        return table;
      }
      table.has_rowid = query.integer(1) == 0;
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
  load_indexes(table);
  return table;
}

void Catalog::load_columns(TableSchema& table, bool strict) {
  Query query = connection_.query(
      "SELECT name, type, dflt_value IS NOT NULL, pk, hidden, \"notnull\" FROM pragma_table_xinfo(?1, 'main') "
      "ORDER BY cid");
  query.bind(1, std::string_view(table.name));
  std::map<std::int64_t, std::size_t> key;  // by place in the key
  bool is_nullable = false;
  for (; query.step(); ++table.hook_columns) {
    if (query.integer(4) == kVirtualGenerated) {
      continue;
    }
    Column column;
    column.name = query.text(0);
    column.affinity = affinity_of(query.text(1), strict);
    column.has_default = query.integer(2) != 0;
    column.is_generated = query.integer(4) == kStoredGenerated;
    const char* collation = nullptr;
    int is_autoincrement = 0;
    if (sqlite3_table_column_metadata(connection_.handle(), "main", table.name.c_str(), column.name.c_str(), nullptr,
                                      &collation, nullptr, nullptr, &is_autoincrement) != SQLITE_OK) {
      throw ResultError(sqlite_error(connection_.handle(), "look at column `" + column.name + "`"));
    }
    const auto known = collation_of(collation);
    if (!known) {
      table.unsupported = "column `" + column.name + "` of `" + table.name + "` has the collation `" +
                          std::string(collation) + "`, which stores do not know";
    }
    column.collation = known.value_or(Collation::kBinary);
    if (const std::int64_t place = query.integer(3); place != 0) {
      key[place] = table.columns.size();
      is_nullable = is_nullable || query.integer(5) == 0;
      table.is_autoincrement = is_autoincrement != 0;
    }
    // In storage, virtual columns are left out; which of both counts the hook means differs.
    const auto stored = static_cast<int>(table.columns.size());
    table.hook_of_old.push_back(table.has_rowid ? stored : table.hook_columns);
    table.hook_of_inserted.push_back(table.has_rowid ? stored : table.hook_columns);
    table.hook_of_updated.push_back(stored);
    table.columns.push_back(std::move(column));
  }
  for (const auto& [place, column] : key) {
    table.primary_key.push_back({column, table.columns[column].collation});
  }
  table.identity = !table.has_rowid ? RowIdentity::kPrimaryKey
                   : key.empty()    ? RowIdentity::kRowid
                   : is_nullable    ? RowIdentity::kNullable
                                    : RowIdentity::kPrimaryKey;
}

void Catalog::load_indexes(TableSchema& table) {
  // By the number that SQLite gives a column, its place in `columns`; virtual ones have none.
  std::vector<std::optional<std::size_t>> stored;
  {
    Query columns = connection_.query("SELECT hidden FROM pragma_table_xinfo(?1, 'main') ORDER BY cid");
    columns.bind(1, std::string_view(table.name));
    for (std::size_t place = 0; columns.step();) {
      const bool is_stored = columns.integer(0) != kVirtualGenerated;
      stored.push_back(is_stored ? std::optional(place++) : std::nullopt);
    }
  }
  Query list = connection_.query("SELECT name, origin, partial FROM pragma_index_list(?1, 'main') WHERE \"unique\"");
  list.bind(1, std::string_view(table.name));
  bool has_primary_index = false;
  while (list.step()) {
    UniqueIndex index{.name = list.text(0), .columns = {}, .whole = list.integer(2) == 0};
    Query columns = connection_.query("SELECT cid, coll FROM pragma_index_xinfo(?1, 'main') WHERE key ORDER BY seqno");
    columns.bind(1, std::string_view(index.name));
    while (columns.step()) {
      const auto collation = collation_of(columns.text(1));
      const auto place =
          columns.integer(0) < 0 ? std::nullopt : stored.at(static_cast<std::size_t>(columns.integer(0)));
      if (!place || !collation) {
        index.whole = false;  // an expression, or an order that is not known here
        continue;
      }
      index.columns.push_back({*place, *collation});
    }
    if (list.text(1) == "pk") {
      has_primary_index = true;
      table.primary_key = index.columns;
      table.primary_index = table.has_rowid ? index.name : "";
    } else {
      table.unique.push_back(std::move(index));
    }
  }
  if (table.has_rowid && !has_primary_index && !table.primary_key.empty()) {
    table.integer_key = table.primary_key.front().column;
    table.identity = RowIdentity::kPrimaryKey;
  }
  table.hidden_rowid = table.has_rowid && !table.integer_key;
  choose_rowid(table, stored);
}

void Catalog::load_triggers(TableSchema& table) {
  Query query =
      connection_.query("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE");
  query.bind(1, std::string_view(table.name));
  while (query.step()) {
    table.triggers.push_back({query.text(0), query.text(1)});
  }
}

}  // namespace assent::participant
