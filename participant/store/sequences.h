// Sequences: the numbers of AUTOINCREMENT tables.
//
// SQLite would read the last one from its table `sqlite_sequence`, where only committed branches leave it: two branches
// at once would be given the same number. So a store counts by itself, from where the file and its prepared branches
// are, and lets SQLite begin there. Numbers of branches that abort are lost, until the store is opened again.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "participant/store/catalog.h"
#include "participant/store/change.h"
#include "participant/store/connection.h"

namespace assent::participant {

class Sequences {
 public:
  explicit Sequences(Connection& connection) : connection_(connection) {}

  // What is in the file counts. REQUIRES: nothing there that is not committed. Anew after each commit, and each change
  // of the schema.
  void read_committed();

  // The schema has changed.
  void forget_schema() { has_table_.reset(); }

  // Before a statement that may insert into these tables: within the savepoint that undoes it.
  void lead(const std::vector<const TableSchema*>& tables);

  // What a statement drew, or a branch that was found prepared, is not drawn again.
  void follow(const TableSchema& table, const Change& change);

 private:
  Connection& connection_;
  std::optional<bool> has_table_;  // `sqlite_sequence`, which comes with the first AUTOINCREMENT table
  std::map<std::string, std::int64_t, std::less<>> last_;  // by table
};

}  // namespace assent::participant
