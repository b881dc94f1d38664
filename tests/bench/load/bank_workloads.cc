#include "tests/bench/load/bank_workloads.h"

#include <fmt/format.h>

namespace assent::bench {

namespace {

constexpr std::int64_t kMostMoved = 100;

void check_audit(const Results& results, Books& books) {
  std::int64_t sum = 0;
  for (const auto& result : results) sum += result[0].get<std::int64_t>(0);
  if (sum != books.sum && books.problems.empty()) {  // the first tells as much as all of them
    books.problems.push_back(fmt::format("an audit saw {} instead of {}", sum, books.sum));
  }
}

}  // namespace

std::string BankWorkload::schema() const {
  return "CREATE TABLE IF NOT EXISTS accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL, note TEXT);" +
         insert_rows("accounts", scale().rows, fmt::format("{}, NULL", kOpeningBalance));
}

void BankWorkload::add_change(Batch& batch, const std::string& store, std::int64_t account, std::int64_t amount,
                              Random& random) const {
  if (scale().payload == 0) {
    batch.execute(store, "UPDATE accounts SET balance = balance + ? WHERE id = ?", amount, account).expect_rows(1);
  } else {
    batch
        .execute(store, "UPDATE accounts SET balance = balance + ?, note = ? WHERE id = ?", amount, any_payload(random),
                 account)
        .expect_rows(1);
  }
}

Plan BankWorkload::next(std::size_t /*client*/, Random& random) {
  Plan plan;
  const auto stores = any_stores(random);
  const auto amount = std::uniform_int_distribution<std::int64_t>(1, kMostMoved)(random);
  const auto payer = any_row(random);
  const auto receivers =
      stores.size() == 1 ? std::vector(1, stores.front()) : std::vector(stores.begin() + 1, stores.end());
  add_change(plan.batch, stores.front(), payer, -amount * static_cast<std::int64_t>(receivers.size()), random);
  for (const auto& store : receivers) add_change(plan.batch, store, any_row(random), amount, random);
  return plan;
}

Plan ReadWorkload::next(std::size_t /*client*/, Random& random) {
  Plan plan;
  for (const auto& store : any_stores(random)) {
    plan.batch.query(store, "SELECT balance FROM accounts WHERE id = ?", any_row(random)).expect_rows(1);
  }
  return plan;
}

Plan AuditWorkload::next(std::size_t client, Random& random) {
  if (client != 0) return BankWorkload::next(client, random);
  Plan plan{.kind = 1, .batch = {}, .settle = check_audit};
  for (const auto& store : scale().stores) plan.batch.query(store, sum());
  return plan;
}

}  // namespace assent::bench
