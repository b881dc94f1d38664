// Replay: does captured changes again, row by row, in their order.
#pragma once

#include <map>
#include <string>

#include "participant/store/catalog.h"
#include "participant/store/change.h"
#include "participant/store/connection.h"
#include "participant/store/row_observer.h"

namespace assent::participant {

class Replay {
 public:
  Replay(Connection& connection, Catalog& catalog, RowObserver& observer)
      : connection_(connection), catalog_(catalog), observer_(observer) {}

  // Within a transaction that the caller began. Each change must do exactly what was captured, to exactly the row that
  // was captured: else throws ResultError (kCorrupt), and the caller rolls back.
  void apply(const Changes& changes);

  // The schema has changed.
  void clear() { texts_.clear(); }

 private:
  struct Texts {
    std::string insert_row;
    std::string update_row;  // new values, then the old key
    std::string delete_row;  // the old key
  };

  void apply(const Change& change);
  const Texts& texts_of(const TableSchema& table);

  Connection& connection_;
  Catalog& catalog_;
  RowObserver& observer_;
  std::map<const TableSchema*, Texts> texts_;
};

}  // namespace assent::participant
