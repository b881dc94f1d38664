// The query plan: what SQLite will read to run a statement that the recogniser knows.
#pragma once

#include <string>

#include "participant/store/catalog.h"
#include "participant/store/connection.h"
#include "participant/store/statement_shape.h"

namespace assent::participant {

// What is recognised is believed only if SQLite reads no more than it should: an INSERT nothing but its own VALUES, a
// keyed statement that one key. Behind that a foreign key may look for rows: of a statement that names one table once.
// Throws std::bad_alloc if SQLite has no memory for the plan.
bool is_confirmed_by_plan(const StatementShape& shape, const std::string& sql, const TableSchema& table,
                          Connection& connection);

}  // namespace assent::participant
