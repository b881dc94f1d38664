// What tests of footprints share: statements, each beside exactly the locks that it takes.
#pragma once

#include <sstream>
#include <string>
#include <vector>

#include "tests/unit/participant/store/sqlite_fixture.h"

namespace assent::participant {

struct ListedStatement {
  const char* name;
  const char* sql;
  std::vector<Value> parameters;
  const char* locks;
};

class ListedFootprints : public SqliteStoreTest {
 protected:
  // `accounts(1) X`, `accounts append S` or `accounts S`, in the order of the names.
  static std::string text_of(const Locks& locks) {
    std::ostringstream text;
    for (const Lock& lock : locks) {
      const bool is_primary = lock.name.key.empty() || lock.name.key.front() == '(';
      text << (text.tellp() > 0 ? ", " : "") << lock.name.table << (is_primary ? "" : " ") << lock.name.key << ' '
           << (lock.mode == LockMode::kExclusive ? 'X' : 'S');
    }
    return text.str();
  }

  Execution execute_at(IsolationLevel level, const ListedStatement& listed) {
    const std::vector<Statement> statements = {statement(listed.sql, listed.parameters)};
    return store_->execute({.id = {}, .before = {}, .statements = statements, .level = level}).value();
  }

  // Each by itself, on what was created.
  void expect_locks(const std::vector<ListedStatement>& list, IsolationLevel level = IsolationLevel::kSerializable) {
    for (const ListedStatement& listed : list) {
      SCOPED_TRACE(std::string(listed.name) + ": " + listed.sql);
      const Execution execution = execute_at(level, listed);
      EXPECT_EQ(execution.failure.reason, AbortReason::kNone) << execution.failure.detail;
      EXPECT_EQ(text_of(execution.locks), listed.locks);
    }
  }

  void expect_locks_of_failures(const std::vector<ListedStatement>& list,
                                IsolationLevel level = IsolationLevel::kSerializable) {
    for (const ListedStatement& listed : list) {
      SCOPED_TRACE(std::string(listed.name) + ": " + listed.sql);
      const Execution execution = execute_at(level, listed);
      EXPECT_NE(execution.failure.reason, AbortReason::kNone);
      EXPECT_EQ(text_of(execution.locks), listed.locks);
    }
  }
};

}  // namespace assent::participant
