// Replay: does captured changes again, row by row, in their order.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "participant/store/catalog.h"
#include "participant/store/change.h"
#include "participant/store/connection.h"
#include "participant/store/row_observer.h"

namespace assent::participant {

class Replay {
 public:
  Replay(Connection& connection, Catalog& catalog, RowObserver& observer)
      : connection_(connection), catalog_(catalog), observer_(observer) {}

  // Within a transaction that the caller began, with triggers and foreign keys off: what they do was captured, too.
  // Each change must do exactly what was captured, to exactly the row that was captured: else throws ResultError
  // (kCorrupt), and the caller rolls back.
  void apply(const Changes& changes);

  // The schema has changed.
  void clear() { texts_.clear(); }

 private:
  // The row is found by what stands behind: its old key, or its rowid.
  struct Found {
    std::string update_row;  // new values, then
    std::string delete_row;
  };

  struct Texts {
    std::vector<std::size_t> inserted;  // the columns whose values are given, in this order
    std::vector<std::size_t> updated;
    std::string insert_row;
    Found by_key;
    Found by_rowid;  // of kNullable only
  };

  void apply(const Change& change);
  void perform(const TableSchema& table, const Change& change);
  const Texts& texts_of(const TableSchema& table);

  Connection& connection_;
  Catalog& catalog_;
  RowObserver& observer_;
  std::map<const TableSchema*, Texts> texts_;
};

}  // namespace assent::participant
