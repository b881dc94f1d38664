// The footprint: which locks a statement needs before its branch may keep, or tell, what it saw.
#pragma once

#include <cstdint>
#include <vector>

#include "assent/isolation_level.h"
#include "participant/core/locks.h"
#include "participant/store/catalog.h"
#include "participant/store/change.h"
#include "participant/store/connection.h"
#include "participant/store/statement_cache.h"

namespace assent::participant {

class Footprint {
 public:
  Footprint(Connection& connection, Catalog& catalog) : connection_(connection), catalog_(catalog) {}

  // Of a statement that ran with these parameters and changed these rows. Within its savepoint: it looks at the tables
  // as the statement left them.
  void append(const PreparedStatement& statement, const std::vector<Value>& parameters,
              const std::vector<Change>& changes, IsolationLevel level, Locks& locks);

  // Of one that failed, or could not run at all: an error is an answer, and tells something of every table that it
  // looked at.
  static void append_failure(const PreparedStatement& statement, IsolationLevel level, Locks& locks);

 private:
  struct Touched;

  void lock_changes(const PreparedStatement& statement, const std::vector<Value>& parameters,
                    const std::vector<Change>& changes, Locks& locks);
  void lock_append(const PreparedStatement& statement, const std::vector<Value>& parameters, const Touched& touched,
                   Locks& locks);

  Connection& connection_;
  Catalog& catalog_;
};

// Sorted, each once.
void tidy(Locks& locks);

}  // namespace assent::participant
