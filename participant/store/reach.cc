#include "participant/store/reach.h"

#include <algorithm>
#include <set>
#include <span>
#include <string>
#include <utility>

namespace assent::participant {

namespace {

using Tokens = std::span<const Token>;

// SQLite takes a text for a name where no text can be.
bool may_be_name(const Token& token) {
  return token.is_name() || token.kind == TokenKind::kText;
}

// Behind `ON table` of CREATE TRIGGER: what it does, and when.
Tokens program_of(Tokens trigger) {
  const auto on = std::find_if(trigger.begin(), trigger.end(), [](const Token& token) { return token.is_word("ON"); });
  const auto behind = static_cast<std::size_t>(on - trigger.begin()) + 2;
  return behind < trigger.size() ? trigger.subspan(behind) : Tokens();
}

// The statements between BEGIN and END; the first part is what stands before BEGIN.
std::vector<Tokens> statements_of(Tokens program) {
  std::vector<Tokens> statements;
  std::size_t from = 0;
  bool has_begun = false;
  for (std::size_t at = 0; at < program.size(); ++at) {
    if (program[at].is_symbol(';') || (!has_begun && program[at].is_word("BEGIN"))) {
      has_begun = true;
      statements.push_back(program.subspan(from, at - from));
      from = at + 1;
    }
  }
  statements.push_back(program.subspan(from));
  return statements;
}

bool has_word(Tokens tokens, std::string_view upper_case) {
  return std::any_of(tokens.begin(), tokens.end(), [&](const Token& token) { return token.is_word(upper_case); });
}

// INSERT INTO table … VALUES …: it finds nothing, it only adds.
bool is_plain_insert(Tokens statement) {
  return statement.size() > 3 && statement[0].is_word("INSERT") && statement[1].is_word("INTO") &&
         has_word(statement, "VALUES") && !has_word(statement, "SELECT") && !has_word(statement, "CONFLICT");
}

class Names {
 public:
  explicit Names(Catalog& catalog) : catalog_(catalog) {}

  // A view that is named names what its text names.
  void add(Tokens tokens) {
    join_by_name_ = join_by_name_ || has_word(tokens, "USING") || has_word(tokens, "NATURAL");
    for (const Token& token : tokens) {
      if (!may_be_name(token) || !names_.insert(to_lower(token.text)).second) {
        continue;
      }
      const TableSchema* named = catalog_.find(token.text);
      if (named != nullptr && named->kind == TableSchema::Kind::kView) {
        const std::vector<Token> view = tokenize(named->sql).value_or(std::vector<Token>());
        add(view);
      }
    }
  }

  bool has(const TableSchema& table) const { return names_.contains(to_lower(table.name)); }

  // The tables that may be read without a word to the authorizer: where nothing of a table is wanted but the columns by
  // which USING or NATURAL joins it, SQLite does not report it.
  std::vector<const TableSchema*> unreported() const {
    std::vector<const TableSchema*> tables;
    for (const std::string& name : join_by_name_ ? names_ : std::set<std::string>()) {
      const TableSchema* named = catalog_.find(name);
      if (named != nullptr && named->kind != TableSchema::Kind::kView) {
        tables.push_back(named);
      }
    }
    return tables;
  }

 private:
  Catalog& catalog_;
  bool join_by_name_ = false;
  std::set<std::string> names_;  // in lower case
};

void add_once(std::vector<const TableSchema*>& tables, const TableSchema* table) {
  if (std::find(tables.begin(), tables.end(), table) == tables.end()) {
    tables.push_back(table);
  }
}

}  // namespace

Reach reach_of(const std::vector<Token>& tokens, const StatementShape& shape, const Access& access,
               const TableSchema* target, Catalog& catalog) {
  const bool is_recognised = shape.kind != StatementShape::Kind::kOther;
  Reach reach;
  Names readers(catalog);    // who may read
  Names searchers(catalog);  // who writes what a search finds
  Names inserters(catalog);
  if (!is_recognised) {
    readers.add(tokens);
  }
  for (const std::string& name : access.targets) {
    const TableSchema* table = catalog.find(name);
    for (const Trigger& on_table : table != nullptr ? table->triggers : std::vector<Trigger>()) {
      if (!access.causes.contains(on_table.name)) {
        continue;  // of another event
      }
      const std::vector<Token> trigger = tokenize(on_table.sql).value_or(std::vector<Token>());
      for (const Tokens statement : statements_of(program_of(trigger))) {
        const bool is_plain = is_plain_insert(statement);
        readers.add(is_plain ? statement.subspan(3) : statement);
        (is_plain && !shape.has_conflict_handling ? inserters : searchers).add(statement);
      }
    }
  }
  for (const std::string& name : access.targets) {
    const TableSchema* table = catalog.find(name);
    if (table == nullptr || table->kind == TableSchema::Kind::kView) {
      continue;
    }
    add_once(reach.changes, table);
    add_once(reach.looks_at, table);
    const bool is_searched = (table == target && !is_recognised) || searchers.has(*table) ||
                             (inserters.has(*table) && table->has_conflict_clause);
    if (is_searched) {
      add_once(reach.writes, table);
    }
    if (!access.inserts.contains(name)) {
      continue;
    }
    if (table->is_autoincrement) {
      add_once(reach.sequences, table);
    } else if (table->integer_key && (table != target || is_searched || inserters.has(*table))) {
      add_once(reach.chooses, table);
    }
  }
  for (const std::string& name : access.reads) {
    const TableSchema* table = catalog.find(name);
    if (table == nullptr || table->kind == TableSchema::Kind::kView) {
      continue;  // a common table expression, a table-valued function; a view's tables are reported beside it
    }
    add_once(reach.looks_at, table);
    if (readers.has(*table)) {
      add_once(reach.reads, table);
    }
  }
  for (const TableSchema* table : readers.unreported()) {
    add_once(reach.looks_at, table);
    add_once(reach.reads, table);
  }
  return reach;
}

}  // namespace assent::participant
