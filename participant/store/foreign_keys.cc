// The foreign keys of the catalog: which key of which parent each of them names.
#include <algorithm>
#include <utility>

#include "participant/store/catalog.h"
#include "participant/store/tokens.h"

namespace assent::participant {

namespace {

// Which of the foreign keys of a CREATE TABLE are deferred, in their order: the pragma does not say it. DEFERRABLE is
// of the last one before it, even behind another column.
std::vector<bool> deferrals_of(std::string_view sql) {
  const std::vector<Token> tokens = tokenize(sql).value_or(std::vector<Token>());
  std::vector<bool> deferrals;
  for (std::size_t at = 0; at < tokens.size(); ++at) {
    if (tokens[at].is_word("REFERENCES")) {
      deferrals.push_back(false);
    } else if (!deferrals.empty() && tokens[at].is_word("DEFERRABLE")) {
      const bool is_not = tokens[at - 1].is_word("NOT");
      deferrals.back() = !is_not && at + 2 < tokens.size() && tokens[at + 2].is_word("DEFERRED");
    }
  }
  return deferrals;
}

}  // namespace

void Catalog::load_foreign_keys(TableSchema& table) {
  if (table.kind != TableSchema::Kind::kTable) {
    return;
  }
  table.parents = foreign_keys_of(table.name);
  std::vector<std::string> names;
  {
    Query query = connection_.query(
        "SELECT DISTINCT t.name FROM sqlite_schema AS t, pragma_foreign_key_list(t.name) AS f WHERE t.type = 'table' "
        "AND "
        "f.\"table\" = ?1 COLLATE NOCASE");
    query.bind(1, std::string_view(table.name));
    while (query.step()) {
      names.push_back(query.text(0));
    }
  }
  for (const std::string& name : names) {
    for (ForeignKey& key : foreign_keys_of(name)) {
      if (key.parent == table.name) {
        table.children.push_back(std::move(key));
      }
    }
  }
  for (const auto* keys : {&table.parents, &table.children}) {
    for (const ForeignKey& key : *keys) {
      if (table.unsupported.empty()) {
        table.unsupported = why_unsupported(key);
      }
    }
  }
}

// A deferred one is looked up before the vote, by the comparisons of both tables: they must mean the same.
std::string Catalog::why_unsupported(const ForeignKey& key) {
  if (!key.is_deferred) {
    return {};
  }
  if (key.parent_columns.empty()) {
    return "a deferred foreign key of `" + key.child + "` refers to no key of stored columns of `" + key.parent +
           "`: refer to its primary key, or to a UNIQUE one without virtual generated columns, or do not defer the key";
  }
  const TableSchema& child = entry(key.child)->table;
  const TableSchema& parent = entry(key.parent)->table;
  for (std::size_t index = 0; index < key.child_columns.size(); ++index) {
    const Column& wanted = parent.columns[key.parent_columns[index].column];
    const bool is_stored = key.child_columns[index] < child.columns.size();
    if (!is_stored || child.columns[key.child_columns[index]].affinity != wanted.affinity || wanted.has_default) {
      return "a deferred foreign key of `" + key.child + "` refers to column `" + wanted.name + "` of `" + key.parent +
             "`, which has another type than the column that refers to it, or a default: declare both with one type "
             "and without a default, or do not defer the key";
    }
  }
  return {};
}

// Those whose parent exists: SQLite refuses to write where it does not.
std::vector<ForeignKey> Catalog::foreign_keys_of(const std::string& child) {
  struct Declared {
    std::string parent;
    std::vector<std::string> from;
    std::vector<std::string> to;  // shorter: the parent's primary key is meant
  };
  std::map<std::int64_t, Declared> declared;
  {
    Query query = connection_.query(
        "SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?1, 'main') ORDER BY id, seq");
    query.bind(1, std::string_view(child));
    while (query.step()) {
      Declared& one = declared[query.integer(0)];
      one.parent = query.text(1);
      one.from.push_back(query.text(2));
      if (!query.is_null(3)) {
        one.to.push_back(query.text(3));
      }
    }
  }
  std::vector<ForeignKey> keys;
  if (declared.empty()) {
    return {};
  }
  const Entry* const child_entry = entry(child);
  const std::vector<bool> deferrals = deferrals_of(child_entry->table.sql);
  for (const auto& [id, one] : declared) {
    const Entry* const parent = entry(one.parent);
    if (parent == nullptr || parent->table.kind != TableSchema::Kind::kTable) {
      continue;
    }
    ForeignKey key;
    key.child = child_entry->table.name;
    key.parent = parent->table.name;
    // SQLite counts from the last one; where the count is not as expected, a look too much does no harm.
    const auto place = static_cast<std::size_t>(id) + 1;
    key.is_deferred = deferrals.size() != declared.size() || deferrals[deferrals.size() - place];
    for (const std::string& name : one.from) {
      // A virtual generated column cannot be followed: its place is beyond all.
      key.child_columns.push_back(child_entry->table.column(name).value_or(child_entry->table.columns.size()));
    }
    find_parent_key(key, one.to);
    keys.push_back(std::move(key));
  }
  return keys;
}

// As SQLite looks for it (https://www.sqlite.org/foreignkeys.html, section 3): the primary key, or a UNIQUE index of
// exactly these columns with their own collations.
void Catalog::find_parent_key(ForeignKey& key, const std::vector<std::string>& names) {
  const TableSchema& parent = entry(key.parent)->table;
  const std::vector<std::size_t> declared = std::exchange(key.child_columns, {});
  const auto matches = [&](const std::vector<KeyColumn>& columns) {
    std::vector<std::size_t> children;
    for (std::size_t place = 0; place < columns.size(); ++place) {
      const KeyColumn& column = columns[place];
      std::size_t at = place;
      if (!names.empty()) {
        const auto named = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
          return parent.column(name) == std::optional(column.column);
        });
        at = static_cast<std::size_t>(named - names.begin());
      }
      if (columns.size() != declared.size() || at >= declared.size() ||
          column.collation != parent.columns[column.column].collation) {
        return false;
      }
      children.push_back(declared[at]);
    }
    key.parent_columns = columns;
    key.child_columns = std::move(children);
    return true;
  };
  if (parent.identity != RowIdentity::kRowid && matches(parent.primary_key)) {
    return;
  }
  for (const UniqueIndex& index : parent.unique) {
    if (index.whole && matches(index.columns)) {
      key.parent_index = index.name;
      return;
    }
  }
}

}  // namespace assent::participant
