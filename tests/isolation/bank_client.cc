#include "tests/isolation/bank_client.h"

#include <gtest/gtest.h>

namespace assent::isolation {

namespace {

constexpr std::int64_t kMostMoved = 50;
constexpr const char* kAll = "SELECT id, balance FROM accounts";
constexpr const char* kBalanceOf = "SELECT balance FROM accounts WHERE id = ?1";
constexpr const char* kSet = "UPDATE accounts SET balance = ?2 WHERE id = ?1";
constexpr const char* kAdd = "UPDATE accounts SET balance = balance + ?2 WHERE id = ?1 AND balance + ?2 >= 0";

std::int64_t sum_of(const ResultSet& rows) {
  std::int64_t sum = 0;
  for (const auto& row : rows) sum += row.get<std::int64_t>("balance");
  return sum;
}

}  // namespace

std::string bank_schema() {
  std::string text =
      "CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL CHECK (balance >= 0)) STRICT;\n";
  for (std::int64_t account = 1; account <= kBankAccounts; ++account) {
    text += "INSERT INTO accounts VALUES (" + std::to_string(account) + ", " + std::to_string(kBankBalance) + ");\n";
  }
  return text;
}

BankClient::BankClient(ClientOptions options, std::vector<std::string> stores, std::uint64_t seed, std::uint64_t number)
    : client_(std::move(options)), stores_(std::move(stores)), choices_(seed, number) {}

BankClient::Account BankClient::any_account() {
  const auto store = static_cast<std::size_t>(choices_.below(static_cast<std::int64_t>(stores_.size())));
  return {stores_[store], 1 + choices_.below(kBankAccounts)};
}

BankClient::Transfer BankClient::any_transfer() {
  Transfer transfer{any_account(), any_account(), 1 + choices_.below(kMostMoved)};
  while (transfer.to == transfer.from) transfer.to = any_account();
  return transfer;
}

void BankClient::run(std::size_t transactions, EndedCount& ended) {
  for (std::size_t transaction = 0; transaction < transactions; ++transaction, ++ended) {
    const bool audits = choices_.once_in(8);
    const bool at_once = !choices_.once_in(3);
    const auto transfer = any_transfer();
    Ran ran;
    try {
      if (audits) {
        at_once ? audit_at_once(ran) : audit_interactively(ran);
      } else {
        at_once ? transfer_at_once(transfer, ran) : transfer_interactively(transfer, ran);
        count(transfer);
      }
      ran.committed = true;
    } catch (const OutcomeUnknown& unknown) {
      if (!audits) unknown_.emplace_back(unknown.id(), transfer);
    } catch (const Aborted& aborted) {  // too little money
      EXPECT_TRUE(aborted.reason() == AbortReason::kApplication || aborted.reason() == AbortReason::kConstraint)
          << aborted.what();
    }
    ran_.push_back(ran);
  }
}

void BankClient::transfer_interactively(const Transfer& transfer, Ran& ran) {
  client_.run([&](Transaction& transaction) {
    ++ran.runs;
    ran.last = transaction.id();
    const auto balance_of = [&](const Account& account) {
      return transaction.query_one(account.first, kBalanceOf, account.second).get<std::int64_t>("balance");
    };
    const auto set = [&](const Account& account, std::int64_t balance) {
      transaction.execute(account.first, kSet, account.second, balance);
    };
    const auto from = balance_of(transfer.from);
    if (from < transfer.amount) transaction.abort("too little money");
    const auto to = balance_of(transfer.to);
    set(transfer.from, from - transfer.amount);
    set(transfer.to, to + transfer.amount);
  });
}

void BankClient::transfer_at_once(const Transfer& transfer, Ran& ran) {
  Batch batch;
  batch.execute(transfer.from.first, kAdd, transfer.from.second, -transfer.amount).expect_rows(1);
  batch.execute(transfer.to.first, kAdd, transfer.to.second, transfer.amount).expect_rows(1);
  Outcome outcome;
  submit(batch, ran, outcome);
}

void BankClient::audit_interactively(Ran& ran) {
  std::int64_t sum = 0;
  client_.run([&](Transaction& transaction) {
    ++ran.runs;
    ran.last = transaction.id();
    sum = 0;
    for (const auto& store : stores_) sum += sum_of(transaction.query(store, kAll));
  });
  audits_.push_back(sum);
}

void BankClient::audit_at_once(Ran& ran) {
  Batch batch;
  for (const auto& store : stores_) batch.query(store, kAll);
  Outcome outcome;
  submit(batch, ran, outcome);
  if (outcome.results.empty()) return;  // the answer was lost
  std::int64_t sum = 0;
  for (const auto& rows : outcome.results) sum += sum_of(rows);
  audits_.push_back(sum);
}

void BankClient::submit(const Batch& batch, Ran& ran, Outcome& outcome) {
  const auto reruns = client_.counters().reruns;
  const auto count_runs = [&](const TransactionId& last) {
    ran.runs = 1 + client_.counters().reruns - reruns;
    ran.last = last;
  };
  try {
    outcome = client_.submit(batch);
    count_runs(outcome.id);
  } catch (const Aborted& aborted) {
    count_runs(aborted.id());
    throw;
  } catch (const OutcomeUnknown& unknown) {
    count_runs(unknown.id());
    throw;
  }
}

void BankClient::count(const Transfer& transfer) {
  moved_[transfer.from] -= transfer.amount;
  moved_[transfer.to] += transfer.amount;
}

void BankClient::settle() {
  for (const auto& [id, transfer] : unknown_) {
    if (client_.outcome(id).kind == OutcomeKind::kCommitted) count(transfer);
  }
  unknown_.clear();
}

BankClient::Balances BankClient::read_all() {
  return client_.run([&](Transaction& transaction) {
    Balances balances;
    for (const auto& store : stores_) {
      for (const auto& row : transaction.query(store, kAll)) {
        balances[{store, row.get<std::int64_t>("id")}] = row.get<std::int64_t>("balance");
      }
    }
    return balances;
  });
}

}  // namespace assent::isolation
