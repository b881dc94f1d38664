#include "participant/store/statement_cache.h"

#include <algorithm>
#include <array>
#include <utility>

#include "participant/store/compile_limit.h"

namespace assent::participant {

namespace {

constexpr std::size_t kMostStatements = 256;

bool is_only_end(std::string_view tail) {
  const auto tokens = tokenize(tail);
  return tokens && std::all_of(tokens->begin(), tokens->end(), [](const Token& token) { return token.is_symbol(';'); });
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

PreparedStatement StatementCache::prepare(const std::string& sql) {
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
  if (result != SQLITE_OK) {
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
  understand(prepared, sql, tokens, access);
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
    return "only SELECT, INSERT, UPDATE, DELETE and REPLACE are statements of a transaction: run others on a copy of "
           "the store's file, or while its participant is stopped";
  }
  for (const std::string& name : access.rowids) {
    const TableSchema* table = catalog_.find(name);
    if (table != nullptr && table->hidden_rowid && !table->primary_key.empty() && !table->column("rowid")) {
      return "the rowid of `" + name +
             "` is a hidden number that means nothing outside a statement: use its primary key";
    }
  }
  if (access.targets.size() > 1) {
    return "the statement writes several tables: write them by statements of their own";
  }
  return {};
}

void StatementCache::understand(PreparedStatement& prepared, const std::string& sql, const std::vector<Token>& tokens,
                                const Access& access) {
  bool reads_others = false;
  for (const std::string& name : access.reads) {
    const TableSchema* table = catalog_.find(name);
    if (table == nullptr || table->kind == TableSchema::Kind::kView) {
      continue;  // a common table expression, a table-valued function; a view's tables are named beside it
    }
    prepared.reads.push_back(table);
    reads_others = reads_others || !access.targets.contains(table->name);
  }
  if (access.targets.empty()) {
    return;
  }
  prepared.target = catalog_.find(*access.targets.begin());
  if (prepared.target == nullptr) {
    prepared.failure = "`" + *access.targets.begin() + "` is not a table of this store";
    return;
  }
  prepared.failure = prepared.target->unsupported;
  if (!prepared.failure.empty()) {
    return;
  }
  prepared.shape = recognise(tokens, *prepared.target);
  prepared.failure = prepared.shape.refusal;
  if (reads_others || !is_confirmed_by_plan(prepared.shape, sql, *prepared.target)) {
    prepared.shape.kind = StatementShape::Kind::kOther;
  }
}

// What SQLite says that it will do; nothing of it is done.
std::vector<std::string> StatementCache::plan_of(const std::string& sql) {
  sqlite3_stmt* explain = nullptr;
  const std::string text = "EXPLAIN QUERY PLAN " + sql;
  int code = SQLITE_OK;
  {
    const CompileLimit limit(sql.size());
    code = sqlite3_prepare_v3(connection_.handle(), text.data(), static_cast<int>(text.size()), 0, &explain, nullptr);
  }
  const StatementHandle handle(explain);
  std::vector<std::string> plan;
  while (code == SQLITE_OK || code == SQLITE_ROW) {
    if ((code = sqlite3_step(explain)) == SQLITE_ROW) {
      plan.push_back(to_lower(reinterpret_cast<const char*>(sqlite3_column_text(explain, 3))));
    }
  }
  return code == SQLITE_DONE ? plan : std::vector<std::string>{"unknown"};
}

// A recognised write is believed only if SQLite reads no more than it should: an INSERT nothing but its own VALUES, a
// keyed write that one key.
bool StatementCache::is_confirmed_by_plan(const StatementShape& shape, const std::string& sql,
                                          const TableSchema& table) {
  if (shape.kind == StatementShape::Kind::kOther) {
    return true;
  }
  const std::vector<std::string> plan = plan_of(sql);
  if (shape.kind == StatementShape::Kind::kPlainInsert) {
    const std::string_view values = " constant rows";
    return plan.empty() || (plan.size() == 1 && plan.front().size() > values.size() &&
                            plan.front().compare(plan.front().size() - values.size(), values.size(), values) == 0);
  }
  std::string columns;
  for (const KeyColumn& key : table.primary_key) {
    columns += (columns.empty() ? "(" : " AND ") + table.columns[key.column].name + "=?";
  }
  columns += ")";
  const std::string index = "INDEX " + table.primary_index + " " + columns;
  const std::string way = to_lower(table.integer_key             ? "INTEGER PRIMARY KEY (rowid=?)"
                                   : table.primary_index.empty() ? "PRIMARY KEY " + columns
                                                                 : index);
  const std::string use = to_lower(table.name) + " using ";
  // The table as the statement may spell it.
  const std::array<std::string, 3> searches = {"search " + use + way, "search main." + use + way,
                                               "search " + use + "covering " + way};
  return plan.size() == 1 && std::find(searches.begin(), searches.end(), plan.front()) != searches.end();
}

}  // namespace assent::participant
