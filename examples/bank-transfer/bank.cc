#include "bank.h"

#include <utility>
#include <vector>

namespace bank {

namespace {

constexpr const char* kPay =
    "UPDATE accounts SET balance = balance - ?2 WHERE id = ?1 AND balance >= ?2";  // changes no row if it is poor
constexpr const char* kReceive = "UPDATE accounts SET balance = balance + ?2 WHERE id = ?1";
constexpr const char* kRemember = "INSERT INTO transfers (id, amount) VALUES (?1, ?2)";
constexpr std::int64_t kPage = 20000;  // rows of one answer

void submit(assent::Client& client, const Transfer& transfer) {
  const auto& from = kStores.at(transfer.from_store);
  const auto& to = kStores.at(transfer.to_store);
  assent::Batch batch;
  batch.execute(from, kPay, transfer.from_account, transfer.amount).expect_rows(1);
  batch.execute(from, kRemember, transfer.id, -transfer.amount);
  batch.execute(to, kReceive, transfer.to_account, transfer.amount).expect_rows(1);
  batch.execute(to, kRemember, transfer.id, transfer.amount);
  client.submit(batch);
}

void run(assent::Client& client, const Transfer& transfer) {
  const auto& from = kStores.at(transfer.from_store);
  const auto& to = kStores.at(transfer.to_store);
  client.run([&](assent::Transaction& txn) {
    if (txn.execute(from, kPay, transfer.from_account, transfer.amount) != 1) txn.abort("insufficient funds");
    txn.execute(from, kRemember, transfer.id, -transfer.amount);
    txn.execute(to, kReceive, transfer.to_account, transfer.amount);
    txn.execute(to, kRemember, transfer.id, transfer.amount);
  });
}

// What a batch of queries finds, one result for each. A commit whose answer was lost is known to have committed, but
// its results are gone. Queries change nothing: ask again.
std::vector<assent::ResultSet> read(assent::Client& client, const assent::Batch& queries) {
  for (;;) {
    auto outcome = client.submit(queries);
    if (outcome.results.size() == queries.size()) return std::move(outcome.results);
  }
}

}  // namespace

void make_transfer(assent::Client& client, const Transfer& transfer) {
  transfer.is_interactive ? run(client, transfer) : submit(client, transfer);
}

Amounts read_sums(assent::Client& client) {
  assent::Batch queries;
  for (const auto& store : kStores) queries.query(store, "SELECT id, balance FROM accounts");
  const auto accounts = read(client, queries);
  Amounts sums{};
  for (std::size_t store = 0; store < sums.size(); ++store) {
    for (const auto& row : accounts[store]) sums[store] += row.get<std::int64_t>("balance");
  }
  return sums;
}

std::map<std::int64_t, std::int64_t> read_transfers(assent::Client& client, const std::string& store) {
  std::map<std::int64_t, std::int64_t> transfers;
  std::int64_t last = 0;
  for (;;) {
    assent::Batch query;
    query.query(store, "SELECT id, amount FROM transfers WHERE id > ?1 ORDER BY id LIMIT ?2", last, kPage);
    const auto page = read(client, query).front();
    for (const auto& row : page) {
      last = row.get<std::int64_t>("id");
      transfers.emplace(last, row.get<std::int64_t>("amount"));
    }
    if (page.size() < static_cast<std::size_t>(kPage)) return transfers;
  }
}

}  // namespace bank
