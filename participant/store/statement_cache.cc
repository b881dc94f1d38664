#include "participant/store/statement_cache.h"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "participant/store/compile_limit.h"
#include "participant/store/memory_limit.h"
#include "participant/store/query_plan.h"

namespace assent::participant {

namespace {

constexpr std::size_t kMostStatements = 256;

bool is_only_end(std::string_view tail) {
  const auto tokens = tokenize(tail);
  return tokens && std::all_of(tokens->begin(), tokens->end(), [](const Token& token) { return token.is_symbol(';'); });
}

// While it compiles what triggers and foreign keys do, SQLite asks the authorizer about the table at the other end of a
// key, and names the trigger. If it did neither, both have no part in the statement: a key that it does not change is
// not looked at (https://www.sqlite.org/foreignkeys.html). A key between rows of one table does not show.
//
// For a new row that is nobody's child SQLite only counts the children that have waited for it, as they may of deferred
// keys. Only a COMMIT would look at that number, and those keys are looked up before the vote.
bool is_enforced(const PreparedStatement& statement, const Access& access) {
  const TableSchema& table = *statement.table;
  const bool only_adds =
      statement.shape.kind == StatementShape::Kind::kPlainInsert && !table.has_conflict_clause && table.parents.empty();
  const auto is_child = [&](const std::string& name) {
    return std::any_of(table.children.begin(), table.children.end(),
                       [&](const ForeignKey& key) { return key.child == name; });
  };
  const auto is_written = [&](const std::string& name) { return name != table.name; };
  const auto is_looked_at = [&](const std::string& name) {
    return name != table.name && !(only_adds && is_child(name));
  };
  const auto is_own = [](const ForeignKey& key) { return key.child == key.parent; };
  return !access.causes.empty() || std::any_of(access.targets.begin(), access.targets.end(), is_written) ||
         std::any_of(access.reads.begin(), access.reads.end(), is_looked_at) ||
         std::any_of(table.parents.begin(), table.parents.end(), is_own);
}

}  // namespace

std::shared_ptr<PreparedStatement> StatementCache::get(const std::string& sql) {
  if (const auto found = entries_.find(sql); found != entries_.end()) {
    uses_.splice(uses_.begin(), uses_, found->second.use);
    return found->second.statement;
  }
  auto statement = std::make_shared<PreparedStatement>(prepare(sql));
  if (statement->handle == nullptr) {
    return statement;
  }
  if (entries_.size() >= kMostStatements) {
    entries_.erase(uses_.back());
    uses_.pop_back();
  }
  uses_.push_front(sql);
  entries_.emplace(sql, Entry{statement, uses_.begin()});
  return statement;
}

void StatementCache::clear() {
  entries_.clear();
  uses_.clear();
}

PreparedStatement StatementCache::prepare(const std::string& sql) {
  enforcement_.turn_on();
  PreparedStatement prepared;
  Access access;
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  int result = SQLITE_OK;
  std::string too_complex;
  {
    const CompileLimit limit(sql.size());
    const Sandbox::As outside(sandbox_, Sandbox::Trust::kStatement, &access);
    result = sqlite3_prepare_v3(connection_.handle(), sql.data(), static_cast<int>(sql.size()),
                                SQLITE_PREPARE_PERSISTENT, &statement, &tail);
    if (limit.was_reached()) {
      too_complex = limit.refusal();
    }
  }
  StatementHandle handle(statement);
  if (is_of_the_store(result)) {
    throw ResultError(sqlite_error(connection_.handle(), "compile a statement"));
  }
  if (result != SQLITE_OK) {
    prepared.reads_schema = access.refusal.empty();
    prepared.sqlite_code = result;
    prepared.failure = !access.refusal.empty() ? access.refusal
                       : !too_complex.empty()  ? too_complex
                                               : sqlite3_errmsg(connection_.handle());
    return prepared;
  }
  if (statement == nullptr) {
    prepared.failure = "there is no statement in the text: give one";
  } else if (!is_only_end(std::string_view(sql).substr(static_cast<std::size_t>(tail - sql.data())))) {
    prepared.failure = "there are several statements in the text: send each as a statement of its own";
  }
  if (!prepared.failure.empty()) {
    return prepared;
  }
  const std::vector<Token> tokens = tokenize(sql).value_or(std::vector<Token>());
  prepared.failure = why_refused(tokens, access);
  if (!prepared.failure.empty()) {
    return prepared;
  }
  try {
    understand(prepared, sql, tokens, access);
  } catch (const std::bad_alloc&) {
    prepared.sqlite_code = SQLITE_NOMEM;
    prepared.failure = "out of memory: " + memory_remedy();
  }
  if (prepared.failure.empty()) {
    prepared.handle = std::move(handle);
  }
  return prepared;
}

std::string StatementCache::why_refused(const std::vector<Token>& tokens, const Access& access) {
  constexpr std::array<std::string_view, 7> kVerbs = {"SELECT",  "VALUES", "WITH",  "INSERT",
                                                      "REPLACE", "UPDATE", "DELETE"};
  if (tokens.empty() ||
      std::none_of(kVerbs.begin(), kVerbs.end(), [&](std::string_view verb) { return tokens.front().is_word(verb); })) {
    return "only SELECT, INSERT, UPDATE, DELETE and REPLACE are statements of a transaction: an operator changes the "
           "schema with `assentctl schema apply`; run others on a copy of the store's file, or while its participant "
           "is stopped, and acknowledge that with `assentctl acknowledge-write`";
  }
  for (const std::string& name : access.rowids) {
    const TableSchema* table = catalog_.find(name);
    const auto shown = table != nullptr ? table->column("rowid") : std::nullopt;
    const bool is_column = shown && table->columns[*shown].name == "ROWID";
    if (table != nullptr && table->hidden_rowid && table->identity != RowIdentity::kRowid && !is_column) {
      return "the rowid of `" + name +
             "` is a hidden number that means nothing outside a statement: use its primary key";
    }
  }
  return {};
}

// SQLite reports what a statement writes, but not in order: what it names itself stands behind its verb.
const TableSchema* StatementCache::target_of(const std::vector<Token>& tokens, const Access& access, Catalog& catalog) {
  int depth = 0;
  for (std::size_t at = 0; at < tokens.size(); ++at) {
    depth += tokens[at].is_symbol('(') ? 1 : tokens[at].is_symbol(')') ? -1 : 0;
    const bool is_verb = tokens[at].is_word("INSERT") || tokens[at].is_word("REPLACE") ||
                         tokens[at].is_word("UPDATE") || tokens[at].is_word("DELETE");
    if (depth != 0 || !is_verb) {
      continue;
    }
    ++at;
    if (at < tokens.size() && tokens[at].is_word("OR")) {
      at += 2;
    }
    if (at < tokens.size() && (tokens[at].is_word("INTO") || tokens[at].is_word("FROM"))) {
      ++at;
    }
    if (at + 2 < tokens.size() && tokens[at + 1].is_symbol('.')) {
      at += 2;
    }
    const TableSchema* named = at < tokens.size() ? catalog.find(tokens[at].text) : nullptr;
    return named != nullptr && access.targets.contains(named->name) ? named : nullptr;
  }
  return nullptr;
}

void StatementCache::understand(PreparedStatement& prepared, const std::string& sql, const std::vector<Token>& tokens,
                                const Access& access) {
  prepared.reads_schema = std::any_of(access.reads.begin(), access.reads.end(), is_schema_table);
  prepared.writes = !access.targets.empty();
  prepared.returns_rows = !prepared.writes || std::any_of(tokens.begin(), tokens.end(), [](const Token& token) {
    return token.is_word("RETURNING");
  });
  for (const std::string& name : access.targets) {
    const TableSchema* written = catalog_.find(name);
    prepared.failure = written == nullptr ? "`" + name + "` is not a table of this store" : written->unsupported;
    if (!prepared.failure.empty()) {
      return;
    }
  }
  if (prepared.writes) {
    prepared.table = target_of(tokens, access, catalog_);
    if (prepared.table == nullptr) {
      prepared.failure =
          "the store does not find what the statement writes: begin it with INSERT, REPLACE, UPDATE or "
          "DELETE and the name of one table, or with WITH and then one of these";
      return;
    }
  } else if (access.reads.size() == 1) {
    prepared.table = catalog_.find(*access.reads.begin());
  }
  if (prepared.table != nullptr && prepared.table->kind != TableSchema::Kind::kTable && !prepared.writes) {
    prepared.table = nullptr;
  }
  prepared.shape = recognise(tokens, prepared.table);
  prepared.failure = prepared.shape.refusal;
  if (prepared.table == nullptr || prepared.table->kind != TableSchema::Kind::kTable ||
      !is_confirmed_by_plan(prepared.shape, sql, *prepared.table, connection_)) {
    prepared.shape.kind = StatementShape::Kind::kOther;
  }
  prepared.is_enforced = prepared.writes && is_enforced(prepared, access);
  prepared.reach = reach_of(tokens, prepared.shape, access, prepared.writes ? prepared.table : nullptr, catalog_);
  for (const TableSchema* table : prepared.reach.reads) {
    if (table->name.starts_with("assent_") || table->name.starts_with("sqlite_")) {
      prepared.failure =
          "`" + table->name + "` is not a table of transactions, and is joined here by the names of its columns";
    }
  }
}

}  // namespace assent::participant
