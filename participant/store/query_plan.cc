#include "participant/store/query_plan.h"

#include <new>
#include <vector>

#include "participant/store/compile_limit.h"

namespace assent::participant {

namespace {

// What SQLite says that it will do; nothing of it is done. Throws std::bad_alloc if SQLite has no memory for it.
std::vector<std::string> plan_of(const std::string& sql, Connection& connection) {
  sqlite3_stmt* explain = nullptr;
  const std::string text = "EXPLAIN QUERY PLAN " + sql;
  int code = SQLITE_OK;
  bool is_too_complex = false;
  {
    const CompileLimit limit(sql.size());
    code = sqlite3_prepare_v3(connection.handle(), text.data(), static_cast<int>(text.size()), 0, &explain, nullptr);
    is_too_complex = limit.was_reached();
  }
  const StatementHandle handle(explain);
  std::vector<std::string> plan;
  while (code == SQLITE_OK || code == SQLITE_ROW) {
    if ((code = sqlite3_step(explain)) == SQLITE_ROW) {
      const auto line = read_column(explain, 3);
      if (!line) throw std::bad_alloc();
      plan.push_back(to_lower(std::get<std::string>(*line)));
    }
  }
  if ((code & kPrimaryCode) == SQLITE_NOMEM && !is_too_complex) {
    throw std::bad_alloc();
  }
  return code == SQLITE_DONE ? plan : std::vector<std::string>{"unknown"};
}

}  // namespace

bool is_confirmed_by_plan(const StatementShape& shape, const std::string& sql, const TableSchema& table,
                          Connection& connection) {
  if (shape.kind == StatementShape::Kind::kOther) {
    return true;
  }
  std::vector<std::string> plan = plan_of(sql, connection);
  const bool is_insert = shape.kind == StatementShape::Kind::kPlainInsert;
  if (is_insert && (plan.empty() || !plan.front().ends_with(" constant rows"))) {
    plan.insert(plan.begin(), "");
  }
  if (plan.empty() || (plan.size() > 1 && table.children.empty())) {
    return false;
  }
  if (is_insert || !plan.front().starts_with("search ")) {
    return is_insert;
  }
  std::string columns;
  for (const KeyColumn& key : table.primary_key) {
    columns += (columns.empty() ? "(" : " AND ") + table.columns[key.column].name + "=?";
  }
  columns += ")";
  if (table.integer_key || table.identity == RowIdentity::kRowid) {
    return plan.front().ends_with(" using integer primary key (rowid=?)");
  }
  const std::string way =
      to_lower((table.primary_index.empty() ? "PRIMARY KEY " : "INDEX " + table.primary_index + " ") + columns);
  return plan.front().ends_with(" using " + way) || plan.front().ends_with(" using covering " + way);
}

}  // namespace assent::participant
