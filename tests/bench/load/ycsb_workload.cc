#include "tests/bench/load/ycsb_workload.h"

#include <fmt/format.h>

namespace assent::bench {

std::string YcsbWorkload::schema() const {
  return "CREATE TABLE IF NOT EXISTS records (id INTEGER PRIMARY KEY, version INTEGER NOT NULL, value TEXT NOT NULL);" +
         insert_rows("records", scale().rows, fmt::format("0, printf('%.*c', {}, 'v')", scale().payload));
}

Plan YcsbWorkload::next(std::size_t /*client*/, Random& random) {
  Plan plan;
  std::bernoulli_distribution is_update(updates_);
  std::int64_t updates = 0;
  for (const auto& store : any_stores(random)) {
    const auto id = static_cast<std::int64_t>(popular_(random));
    if (is_update(random)) {
      plan.batch
          .execute(store, "UPDATE records SET version = version + 1, value = ? WHERE id = ?", any_payload(random), id)
          .expect_rows(1);
      ++updates;
    } else {
      plan.batch.query(store, "SELECT value FROM records WHERE id = ?", id).expect_rows(1);
    }
  }
  if (updates > 0) {
    plan.kind = 1;
    plan.settle = [updates](const Results& /*results*/, Books& books) { books.sum += updates; };
  }
  return plan;
}

}  // namespace assent::bench
