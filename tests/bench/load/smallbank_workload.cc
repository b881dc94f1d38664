#include "tests/bench/load/smallbank_workload.h"

#include <fmt/format.h>

namespace assent::bench {

namespace {

enum Kind : std::size_t { kAmalgamate, kBalance, kDepositChecking, kSendPayment, kTransactSavings, kWriteCheck };

constexpr std::int64_t kOpeningBalances = 10'000;
constexpr std::int64_t kDeposited = 13;  // these amounts are OLTP-Bench's, in whole numbers
constexpr std::int64_t kPaid = 5;
constexpr std::int64_t kSaved = 20;
constexpr std::int64_t kCheck = 5;
constexpr std::int64_t kOverdraft = 1;  // what a check costs that is not covered

constexpr const char* kReadSavings = "SELECT balance FROM savings WHERE id = ?";
constexpr const char* kReadChecking = "SELECT balance FROM checking WHERE id = ?";
constexpr const char* kAddToSavings = "UPDATE savings SET balance = balance + ? WHERE id = ?";
constexpr const char* kAddToChecking = "UPDATE checking SET balance = balance + ? WHERE id = ?";

std::int64_t number_of(const ResultSet& result) {
  return result[0].get<std::int64_t>(0);
}

auto adds(std::int64_t amount) {
  return [amount](const Results& /*results*/, Books& books) { books.sum += amount; };
}

Batch read_both(const std::string& store, std::int64_t id) {
  Batch batch;
  batch.query(store, kReadSavings, id).expect_rows(1);
  batch.query(store, kReadChecking, id).expect_rows(1);
  return batch;
}

// The amount that a check of a customer with these balances takes.
std::int64_t taken_by_check(const Results& balances) {
  return number_of(balances[0]) + number_of(balances[1]) < kCheck ? kCheck + kOverdraft : kCheck;
}

}  // namespace

std::vector<std::string> SmallbankWorkload::kinds() const {
  return {"amalgamate", "balance", "deposit-checking", "send-payment", "transact-savings", "write-check"};
}

std::string SmallbankWorkload::schema() const {
  std::string sql;
  for (const std::string table : {"savings", "checking"}) {
    sql += "CREATE TABLE IF NOT EXISTS " + table + " (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);" +
           insert_rows(table, scale().rows, std::to_string(kOpeningBalances));
  }
  return sql;
}

Plan SmallbankWorkload::next(std::size_t /*client*/, Random& random) {
  const auto stores = any_stores(std::min<std::size_t>(2, scale().stores_per_transaction), random);
  const Customer one{stores.front(), any_row(random)};
  Customer other{stores.back(), any_row(random)};
  while (other.store == one.store && other.id == one.id) other.id = any_row(random);
  switch (std::discrete_distribution<std::size_t>{15, 15, 15, 25, 15, 15}(random)) {
    case kAmalgamate: return amalgamate(one, other);
    case kBalance: return balance(one);
    case kDepositChecking: return deposit_checking(one);
    case kSendPayment: return send_payment(one, other);
    case kTransactSavings: return transact_savings(one);
    default: return write_check(one);
  }
}

// All that one customer has goes to the other's checking account.
Plan SmallbankWorkload::amalgamate(const Customer& from, const Customer& to) const {
  Plan plan{.kind = kAmalgamate, .batch = read_both(from.store, from.id)};
  plan.then = [from, to](const Results& balances) {
    const auto savings = number_of(balances[0]);
    const auto checking = number_of(balances[1]);
    Batch batch;
    batch.execute(from.store, kAddToSavings, -savings, from.id).expect_rows(1);
    batch.execute(from.store, kAddToChecking, -checking, from.id).expect_rows(1);
    batch.execute(to.store, kAddToChecking, savings + checking, to.id).expect_rows(1);
    return batch;
  };
  return plan;
}

Plan SmallbankWorkload::balance(const Customer& of) const {
  return {.kind = kBalance, .batch = read_both(of.store, of.id)};
}

Plan SmallbankWorkload::deposit_checking(const Customer& to) const {
  Plan plan{.kind = kDepositChecking, .batch = {}, .settle = adds(kDeposited)};
  plan.batch.execute(to.store, kAddToChecking, kDeposited, to.id).expect_rows(1);
  return plan;
}

// Aborts if the payer has not enough.
Plan SmallbankWorkload::send_payment(const Customer& from, const Customer& to) const {
  Plan plan{.kind = kSendPayment, .batch = {}};
  plan.batch
      .execute(from.store, "UPDATE checking SET balance = balance - ?1 WHERE id = ?2 AND balance >= ?1", kPaid, from.id)
      .expect_rows(1);
  plan.batch.execute(to.store, kAddToChecking, kPaid, to.id).expect_rows(1);
  return plan;
}

Plan SmallbankWorkload::transact_savings(const Customer& of) const {
  Plan plan{.kind = kTransactSavings, .batch = {}, .settle = adds(kSaved)};
  plan.batch.execute(of.store, kAddToSavings, kSaved, of.id).expect_rows(1);
  return plan;
}

Plan SmallbankWorkload::write_check(const Customer& of) const {
  Plan plan{.kind = kWriteCheck, .batch = read_both(of.store, of.id)};
  plan.then = [of](const Results& balances) {
    Batch batch;
    batch.execute(of.store, kAddToChecking, -taken_by_check(balances), of.id).expect_rows(1);
    return batch;
  };
  plan.settle = [](const Results& balances, Books& books) { books.sum -= taken_by_check(balances); };
  return plan;
}

}  // namespace assent::bench
