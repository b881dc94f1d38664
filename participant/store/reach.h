// Reach: which tables a statement reads and writes beyond the rows that its shape and its changes name, also through
// views, triggers and foreign keys.
#pragma once

#include <vector>

#include "participant/store/catalog.h"
#include "participant/store/sandbox.h"
#include "participant/store/statement_shape.h"
#include "participant/store/tokens.h"

namespace assent::participant {

struct Reach {
  std::vector<const TableSchema*> reads;      // any of their rows
  std::vector<const TableSchema*> writes;     // by a search of any of their rows, found or not
  std::vector<const TableSchema*> chooses;    // SQLite may choose an INTEGER PRIMARY KEY in a row that is inserted
  std::vector<const TableSchema*> sequences;  // AUTOINCREMENT tables that may get rows
  std::vector<const TableSchema*> changes;    // every table whose rows may change
  std::vector<const TableSchema*> looks_at;   // every table of all these, and those where foreign keys look
};

// Of a statement that SQLite has compiled. `target` is what it names to write: a table or a view; null: it reads.
//
// SQLite reports that a table is read, not for what. A read counts as one of the whole table only if somebody names the
// table: the statement itself (unless its shape says what it reads), a trigger that it may fire, or a view. Where
// nobody does, a foreign key looks for a row, or a trigger for the row that fired it: the changed rows tell of these.
Reach reach_of(const std::vector<Token>& tokens, const StatementShape& shape, const Access& access,
               const TableSchema* target, Catalog& catalog);

}  // namespace assent::participant
