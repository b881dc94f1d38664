// What operators make of the user's tables: files of SQL, each applied as a whole and kept in `assent_schema`.
#pragma once

#include <string>
#include <string_view>

#include "participant/core/journal.h"
#include "participant/store/connection.h"
#include "participant/store/sandbox.h"

namespace assent::participant {

// Within a transaction of the caller: runs all statements of the text, and keeps it as the next version. A text that
// was applied before is not applied again. `applied_at` is kept beside it, for people.
//
// A failure is the text's: of its SQL, or of a branch that is prepared. Then the caller rolls back (SQLite may have
// done so already). Throws ResultError if the store itself failed.
SchemaChange apply_schema(Connection& connection, Sandbox& sandbox, const std::string& text,
                          std::string_view applied_at);

// Virtual tables declare their columns when they are first used, which the sandbox would take for a schema change.
void declare_virtual_tables(Connection& connection);

}  // namespace assent::participant
