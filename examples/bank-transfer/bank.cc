#include "bank.h"

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

}  // namespace

void make_transfer(assent::Client& client, const Transfer& transfer, Tally& tally, Ledger& ledger) {
  ++tally.in_flight;
  try {
    transfer.is_interactive ? run(client, transfer) : submit(client, transfer);
    ledger.committed.push_back(transfer.id);
    ++tally.committed;
    ++tally.committed_at.at(transfer.from_store);
    ++tally.committed_at.at(transfer.to_store);
  } catch (const assent::Aborted&) {
    ledger.aborted.push_back(transfer.id);
  } catch (const assent::OutcomeUnknown& unknown) {
    ledger.unknown.emplace_back(transfer.id, unknown.id());
  } catch (const assent::ClientError&) {  // unavailable or overloaded: nothing was begun
    ledger.aborted.push_back(transfer.id);
    ++tally.refused;
  }
  --tally.in_flight;
}

std::int64_t audit(assent::Client& client) {
  assent::Batch batch;
  for (const auto& store : kStores) batch.query(store, "SELECT id, balance FROM accounts");
  const auto outcome = client.submit(batch);
  std::int64_t sum = 0;
  for (const auto& result : outcome.results) {
    for (const auto& row : result) sum += row.get<std::int64_t>("balance");
  }
  return sum;
}

std::map<std::int64_t, std::int64_t> read_transfers(assent::Client& client, const std::string& store) {
  std::map<std::int64_t, std::int64_t> transfers;
  std::int64_t last = 0;
  for (;;) {
    assent::Batch batch;
    batch.query(store, "SELECT id, amount FROM transfers WHERE id > ?1 ORDER BY id LIMIT ?2", last, kPage);
    const auto outcome = client.submit(batch);
    const auto& page = outcome.results.front();
    for (const auto& row : page) {
      last = row.get<std::int64_t>("id");
      transfers.emplace(last, row.get<std::int64_t>("amount"));
    }
    if (page.size() < static_cast<std::size_t>(kPage)) return transfers;
  }
}

}  // namespace bank
