// Catalog: what the store knows of the user's tables: columns, keys, triggers, and why a table cannot be written if it
// cannot.
//
// Read from the schema when a table is first met, and kept until clear().
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

// A column that the file keeps: virtual generated ones are none.
struct Column {
  std::string name;
  Affinity affinity = Affinity::kBlob;
  Collation collation = Collation::kBinary;  // of comparisons that name no other
  bool has_default = false;
  bool is_generated = false;  // stored, and computed by SQLite: nobody writes it
  bool is_rowid = false;      // no column of the table: the rowid, where rows are told apart by it
};

struct KeyColumn {
  std::size_t column = 0;  // in TableSchema::columns
  Collation collation = Collation::kBinary;
};

struct UniqueIndex {
  std::string name;
  std::vector<KeyColumn> columns;
  bool whole = true;  // of stored columns and every row: else its keys are not computed here
};

// https://www.sqlite.org/foreignkeys.html
struct ForeignKey {
  std::string child;                       // a table, as the schema spells it
  std::vector<std::size_t> child_columns;  // in the child's columns, in the order of parent_columns
  std::string parent;
  // The key of the parent that is referenced, in its order. Where there is none, SQLite refuses to write either table
  // ("foreign key mismatch").
  std::vector<KeyColumn> parent_columns;
  std::string parent_index;  // of a UNIQUE index; empty: the primary key
  bool is_deferred = false;  // checked when the transaction commits
};

struct Trigger {
  std::string name;
  std::string sql;  // that created it
};

// How the rows of a table are told apart, wherever it matters.
enum class RowIdentity : std::uint8_t {
  kPrimaryKey,  // always whole
  kNullable,    // by the primary key, which may hold NULL: then by the rowid
  kRowid,       // there is no primary key
};

struct TableSchema {
  enum class Kind : std::uint8_t { kTable, kView, kVirtual };

  std::string name;  // as the schema spells it
  Kind kind = Kind::kTable;
  std::string sql;              // that created it
  std::vector<Column> columns;  // in their order; behind them, unless kPrimaryKey, the rowid
  RowIdentity identity = RowIdentity::kPrimaryKey;
  std::vector<KeyColumn> primary_key;  // of kRowid: the rowid
  std::string primary_index;           // the index of the primary key; empty if the rowid, or the table itself, is it
  std::optional<std::size_t> integer_key;  // the column that is the rowid
  bool is_autoincrement = false;
  bool has_rowid = true;
  bool hidden_rowid = false;         // rows have a rowid that no column shows
  bool has_conflict_clause = false;  // a constraint that ignores, replaces, fails or rolls back
  std::vector<UniqueIndex> unique;   // but the primary key's
  std::vector<ForeignKey> parents;   // whose child it is
  std::vector<ForeignKey> children;  // whose parent it is
  std::vector<Trigger> triggers;     // on it
  std::string unsupported;           // why its rows cannot be written, and what to do; empty: they can

  // Where SQLite's preupdate hook shows a column, by its place in `columns`; of the rowid it means nothing.
  std::vector<int> hook_of_old;
  std::vector<int> hook_of_inserted;
  std::vector<int> hook_of_updated;
  int hook_columns = 0;

  std::optional<std::size_t> column(std::string_view name) const;  // by name, whatever its case
  std::optional<std::size_t> rowid_column() const;                 // of kNullable and kRowid
};

class Catalog {
 public:
  explicit Catalog(Connection& connection) : connection_(connection) {}

  // By name, whatever its case; null if the schema has no such table or view. Lives until clear().
  const TableSchema* find(std::string_view name);

  // Whether the schema has triggers, or foreign keys: else statements run with neither switched on.
  bool has_triggers_or_foreign_keys();

  // The schema has changed. What statements hold of it must be gone.
  void clear();

 private:
  struct Entry {
    TableSchema table;
    bool has_foreign_keys = false;  // they are loaded later, for they look at other tables
  };

  Entry* entry(std::string_view name);
  TableSchema load(std::string_view name, std::string_view type, std::string_view sql);
  void load_columns(TableSchema& table, bool strict);
  void load_indexes(TableSchema& table);
  void load_triggers(TableSchema& table);
  void load_foreign_keys(TableSchema& table);
  std::vector<ForeignKey> foreign_keys_of(const std::string& child);
  void find_parent_key(ForeignKey& key, const std::vector<std::string>& names);
  std::string why_unsupported(const ForeignKey& key);

  Connection& connection_;
  std::map<std::string, Entry, std::less<>> tables_;  // by lower-case name
  std::optional<bool> has_triggers_or_foreign_keys_;
};

// ASCII only, as SQLite compares names.
std::string to_lower(std::string_view text);

// Of a declared column type. `strict`: of a STRICT table, where ANY keeps every value as it is.
Affinity affinity_of(std::string_view declared_type, bool strict);

}  // namespace assent::participant
