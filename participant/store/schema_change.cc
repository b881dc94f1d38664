#include "participant/store/schema_change.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "participant/store/journal_tables.h"
#include "participant/store/memory_limit.h"

namespace assent::participant {

namespace {

std::string cannot_be_applied(const std::string& why) {
  return "the schema cannot be applied: " + why + "; nothing of it was applied";
}

std::size_t line_at(std::string_view text, std::size_t offset) {
  return 1 +
         static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n'));
}

// Everything in the schema that bears a name of Assent's, or hangs on a table that does.
std::vector<std::string> belongings(Connection& connection) {
  Query query = connection.query(
      "SELECT type || ' ' || name || ' ' || tbl_name || ' ' || ifnull(sql, '') FROM sqlite_schema WHERE name LIKE "
      "'assent@_%' ESCAPE '@' OR tbl_name LIKE 'assent@_%' ESCAPE '@' ORDER BY 1");
  std::vector<std::string> found;
  while (query.step()) {
    found.push_back(query.text(0));
  }
  return found;
}

// Runs the text, statement by statement; why it could not, or nothing.
class SchemaText {
 public:
  SchemaText(Connection& connection, Sandbox& sandbox, const std::string& text)
      : connection_(connection), sandbox_(sandbox), text_(text) {}

  std::optional<std::string> run() {
    if (text_.find('\0') != std::string::npos) {
      return "it holds a NUL byte, where SQL ends; take it out";
    }
    std::size_t begin = 0;
    while (begin < text_.size()) {
      Access access;
      const char* tail = nullptr;
      if (const int result = run_one(begin, access, tail); result != SQLITE_OK && result != SQLITE_DONE) {
        return why(result, begin, access);
      }
      begin = static_cast<std::size_t>(tail - text_.data());
    }
    return std::nullopt;
  }

 private:
  // With the NUL behind the text, or SQLite would copy all of it for each of its statements.
  int run_one(std::size_t begin, Access& access, const char*& tail) {
    const Sandbox::As operator_schema(sandbox_, Sandbox::Trust::kSchema, &access);
    sqlite3_stmt* statement = nullptr;
    int result = sqlite3_prepare_v3(connection_.handle(), text_.c_str() + begin,
                                    static_cast<int>(text_.size() - begin + 1), 0, &statement, &tail);
    const StatementHandle handle(statement);
    if (result == SQLITE_OK && statement != nullptr) {
      while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
      }
      if (result != SQLITE_DONE) {
        message_ = sqlite3_errmsg(connection_.handle());
      }
    } else if (result != SQLITE_OK) {
      message_ = sqlite3_errmsg(connection_.handle());
      token_ = static_cast<std::size_t>(std::max(0, sqlite3_error_offset(connection_.handle())));
    }
    return result;
  }

  std::string why(int code, std::size_t begin, const Access& access) const {
    if (is_of_the_store(code)) {
      throw ResultError(sqlite_error(connection_.handle(), "apply the schema"));
    }
    const bool is_refused = !access.refusal.empty();
    const std::size_t first = text_.find_first_not_of(" \t\r\n", begin);
    const std::size_t place = std::min(text_.size(), std::max(begin + token_, first));
    const bool lacks_memory = (code & kPrimaryCode) == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM;
    const bool lacks_room = (code & kPrimaryCode) == SQLITE_FULL;
    return (is_refused ? access.refusal : message_) + " (line " + std::to_string(line_at(text_, place)) + "); " +
           (lacks_memory ? memory_remedy()
            : lacks_room ? "make room on the disk"
                         : "correct its SQL");
  }

  Connection& connection_;
  Sandbox& sandbox_;
  const std::string& text_;
  std::string message_;    // of SQLite, about the last statement
  std::size_t token_ = 0;  // where it found fault, from the begin of the statement
};

}  // namespace

SchemaChange apply_schema(Connection& connection, Sandbox& sandbox, const std::string& text,
                          std::string_view applied_at) {
  SchemaChange change;
  {
    Query same = connection.query("SELECT min(version) FROM assent_schema WHERE text = ?1");
    same.bind(1, std::string_view(text));
    if (same.step() && !same.is_null(0)) {
      change.version = SchemaVersion{same.number(0)};
      change.was_applied_before = true;
      return change;
    }
  }
  if (const auto prepared = JournalTables::prepared_branch(connection)) {
    change.failure = cannot_be_applied("branch " + *prepared +
                                       " is prepared, and its changes are of the schema as it is; wait for "
                                       "its coordinator (`assentctl in-doubt`)");
    return change;
  }
  const auto before = belongings(connection);
  if (const auto why = SchemaText(connection, sandbox, text).run()) {
    change.failure = cannot_be_applied(*why);
    return change;
  }
  if (belongings(connection) != before) {  // a renamed table: SQLite does not ask the sandbox about its new name
    change.failure = cannot_be_applied("names that begin with `assent_` belong to Assent; choose others");
    return change;
  }
  Query keep = connection.query(
      "INSERT INTO assent_schema SELECT ifnull(max(version), 0) + 1, ?1, ?2 FROM assent_schema RETURNING version");
  keep.bind(1, applied_at).bind(2, std::string_view(text));
  keep.step();
  change.version = SchemaVersion{keep.number(0)};
  keep.run();
  return change;
}

void declare_virtual_tables(Connection& connection) {
  connection.run_once("SELECT count(*) FROM json_each('0'), json_tree('0')");
  connection.run_once(
      "SELECT count(*) FROM sqlite_schema AS s, pragma_table_xinfo(s.name) WHERE s.sql LIKE 'create virtual%'");
}

}  // namespace assent::participant
