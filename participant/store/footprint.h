// The footprint: which locks a statement needs before its branch may keep, or tell, what it saw.
#pragma once

#include <vector>

#include "participant/core/locks.h"
#include "participant/store/change.h"
#include "participant/store/statement_cache.h"

namespace assent::participant {

// Of a statement that ran with these parameters and changed these rows.
void append_footprint(const PreparedStatement& statement, const std::vector<Value>& parameters,
                      const std::vector<Change>& changes, Locks& locks);

// Of one that failed while it ran: an error is an answer, and tells something of every table that it looked at.
void append_failure_footprint(const PreparedStatement& statement, Locks& locks);

// Sorted, each once.
void tidy(Locks& locks);

}  // namespace assent::participant
