// StatementCache: statements from outside, compiled in the sandbox and understood: what they read and write, by which
// shape, and why they are refused.
//
// Compiling turns triggers and foreign keys on, for they are a part of what a statement reads and writes.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "participant/store/catalog.h"
#include "participant/store/connection.h"
#include "participant/store/enforcement.h"
#include "participant/store/reach.h"
#include "participant/store/sandbox.h"
#include "participant/store/statement_shape.h"
#include "participant/store/tokens.h"

namespace assent::participant {

struct PreparedStatement {
  StatementHandle handle;  // null if it cannot run
  std::string failure;     // then why, and what to do instead
  int sqlite_code = 0;     // then of SQLite, if it was SQLite
  const TableSchema* table =
      nullptr;                // what it names to write, a table or a view; of a keyed read: the table; else null
  bool reads_schema = false;  // what it shows, or why it cannot run, follows from the schema itself
  bool writes = false;
  bool is_enforced = false;   // triggers and foreign keys may have a part in what it writes
  bool returns_rows = false;  // a read, or RETURNING
  StatementShape shape;
  Reach reach;
};

class StatementCache {
 public:
  StatementCache(Connection& connection, Catalog& catalog, Sandbox& sandbox, Enforcement& enforcement)
      : connection_(connection), catalog_(catalog), sandbox_(sandbox), enforcement_(enforcement) {}

  // Never null. The least recently used of many goes, when nobody uses it any more.
  std::shared_ptr<PreparedStatement> get(const std::string& sql);

  // The schema has changed.
  void clear();

 private:
  struct Entry {
    std::shared_ptr<PreparedStatement> statement;
    std::list<std::string>::iterator use;
  };

  PreparedStatement prepare(const std::string& sql);
  std::string why_refused(const std::vector<Token>& tokens, const Access& access);
  void understand(PreparedStatement& prepared, const std::string& sql, const std::vector<Token>& tokens,
                  const Access& access);
  static const TableSchema* target_of(const std::vector<Token>& tokens, const Access& access, Catalog& catalog);

  Connection& connection_;
  Catalog& catalog_;
  Sandbox& sandbox_;
  Enforcement& enforcement_;
  std::list<std::string> uses_;  // the latest first
  std::unordered_map<std::string, Entry> entries_;
};

}  // namespace assent::participant
