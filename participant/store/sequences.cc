#include "participant/store/sequences.h"

#include <algorithm>

namespace assent::participant {

namespace {

// A number that is farther from the last one was given, not drawn. To count from there would cost the table its numbers
// in between, though the branch may abort; if it commits, the file says so.
constexpr std::int64_t kLargestStep = 1000000;

}  // namespace

void Sequences::read_committed() {
  if (!has_table_) {
    has_table_ = connection_.query("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").step();
  }
  if (!*has_table_) {
    return;
  }
  Query query = connection_.query("SELECT name, seq FROM sqlite_sequence");
  while (query.step()) {
    std::int64_t& last = last_.try_emplace(query.text(0), 0).first->second;
    last = std::max(last, query.integer(1));
  }
}

void Sequences::lead(const std::vector<const TableSchema*>& tables) {
  for (const TableSchema* table : tables) {
    const std::int64_t last = last_.try_emplace(table->name, 0).first->second;
    std::int64_t in_file = 0;
    {
      Query query = connection_.query("SELECT max(seq) FROM sqlite_sequence WHERE name = ?1");
      query.bind(1, std::string_view(table->name)).step();
      in_file = query.integer(0);
    }
    if (last <= in_file) {
      continue;
    }
    connection_.query("UPDATE sqlite_sequence SET seq = ?2 WHERE name = ?1")
        .bind(1, std::string_view(table->name))
        .bind(2, last)
        .run();
    if (sqlite3_changes(connection_.handle()) == 0) {
      connection_.query("INSERT INTO sqlite_sequence(name, seq) VALUES(?1, ?2)")
          .bind(1, std::string_view(table->name))
          .bind(2, last)
          .run();
    }
  }
}

void Sequences::follow(const TableSchema& table, const Change& change) {
  if (!table.is_autoincrement || change.kind != ChangeKind::kInsert) {
    return;
  }
  const auto number = std::get<std::int64_t>(change.new_row[*table.integer_key]);
  std::int64_t& last = last_.try_emplace(table.name, 0).first->second;
  if (number > last && number - std::max<std::int64_t>(last, 0) <= kLargestStep) {
    last = number;
  }
}

}  // namespace assent::participant
