// Catalog: what the store knows of the user's tables: columns, keys, and why a table cannot be written if it cannot.
//
// Read from the schema when a table is first met, and kept until the schema changes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "participant/store/connection.h"

namespace assent::participant {

// https://www.sqlite.org/datatype3.html, section 3.1
enum class Affinity : std::uint8_t { kInteger, kReal, kNumeric, kText, kBlob };

enum class Collation : std::uint8_t { kBinary, kNoCase, kTrimRight };

struct Column {
  std::string name;
  Affinity affinity = Affinity::kBlob;
  Collation collation = Collation::kBinary;  // of comparisons that name no other
  bool has_default = false;
};

struct KeyColumn {
  std::size_t column = 0;  // in TableSchema::columns
  Collation collation = Collation::kBinary;
};

struct UniqueIndex {
  std::string name;
  std::vector<KeyColumn> columns;
  bool whole = true;  // of plain columns and every row: else its keys are not computed here
};

struct TableSchema {
  enum class Kind : std::uint8_t { kTable, kView, kVirtual };

  std::string name;  // as the schema spells it
  Kind kind = Kind::kTable;
  std::vector<Column> columns;
  std::vector<KeyColumn> primary_key;
  std::string primary_index;  // the index of the primary key; empty if the rowid, or the table itself, is it
  std::optional<std::size_t> integer_key;  // the column that is the rowid
  bool hidden_rowid = false;               // rows have a rowid that no column shows
  bool has_conflict_clause = false;        // a constraint that ignores, replaces, fails or rolls back
  std::vector<UniqueIndex> unique;         // but the primary key's
  std::string unsupported;                 // why its rows cannot be written, and what to do; empty: they can

  std::optional<std::size_t> column(std::string_view name) const;  // by name, whatever its case
};

class Catalog {
 public:
  explicit Catalog(Connection& connection) : connection_(connection) {}

  // By name, whatever its case; null if the schema has no such table or view. Lives until clear().
  const TableSchema* find(std::string_view name);

  // The schema has changed. REQUIRES: nobody keeps what find() returned.
  void clear() { tables_.clear(); }

 private:
  TableSchema load(std::string_view name, std::string_view type, std::string_view sql);
  void load_columns(TableSchema& table, bool strict);
  void load_indexes(TableSchema& table, bool without_rowid);
  std::string why_unsupported(const TableSchema& table, bool has_generated_column);

  Connection& connection_;
  std::map<std::string, TableSchema, std::less<>> tables_;  // by lower-case name
};

// ASCII only, as SQLite compares names.
std::string to_lower(std::string_view text);

// Of a declared column type. `strict`: of a STRICT table, where ANY keeps every value as it is.
Affinity affinity_of(std::string_view declared_type, bool strict);

}  // namespace assent::participant
