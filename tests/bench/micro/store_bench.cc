// A store in SQLite: branches that each change one row by its key.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <memory>
#include <stdexcept>
#include <vector>

#include "participant/store/sqlite_store.h"
#include "tests/bench/measure/work_folder.h"

namespace assent::participant {
namespace {

constexpr std::uint64_t kAccounts = 100'000;

class Accounts {
 public:
  Accounts() : folder_(std::filesystem::temp_directory_path()) {
    SqliteStoreOptions options;
    options.create = StoreIdentity{1};
    options.schema =
        "CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);"
        "WITH RECURSIVE ids (id) AS (VALUES (0) UNION ALL SELECT id + 1 FROM ids WHERE id < 99999)"
        "INSERT INTO accounts SELECT id, 1000 FROM ids";
    store_ = open_sqlite_store((folder_.path() / "store.db").string(), options).value();
  }

  Store& store() { return *store_; }

  // Executes the next branch, of a row that none of the last ones has touched.
  BranchRow execute() {
    const auto number = ++branches_;
    const std::vector<Statement> statements{{"UPDATE accounts SET balance = balance + ? WHERE id = ?",
                                             {std::int64_t{1}, static_cast<std::int64_t>(number % kAccounts)},
                                             1}};
    BranchRow row;
    row.id = {LogIdentity{1}, Epoch{1}, number};
    row.branch = {.start = 1, .counter = number};
    row.begin_stamp = number;
    row.coordinator_address = "127.0.0.1:7400";
    row.statement_count = 1;
    row.stores = {"bank-a", "bank-b"};
    const Changes none;
    auto execution = store_->execute({.id = row.id, .before = none, .statements = statements, .is_last = true}).value();
    if (execution.failure.reason != AbortReason::kNone) throw std::runtime_error(execution.failure.detail);
    row.changes = std::move(execution.changes);
    row.locks = std::move(execution.locks);
    return row;
  }

 private:
  bench::WorkFolder folder_;
  std::unique_ptr<Store> store_;
  std::uint64_t branches_ = 0;
};

void execute(benchmark::State& state) {
  Accounts accounts;
  for (auto _ : state) benchmark::DoNotOptimize(accounts.execute());
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(execute)->Name("store/execute");

// So many branches execute, and are prepared by one force, with which those before them are applied, and those before
// these released: what a branch costs a busy store.
void commit(benchmark::State& state) {
  Accounts accounts;
  std::vector<TransactionId> prepared;
  std::vector<TransactionId> applied;
  for (auto _ : state) {
    std::vector<JournalOperation> operations;
    for (const auto& id : applied) operations.emplace_back(DeleteBranch{id});
    for (const auto& id : prepared) {
      operations.emplace_back(
          ApplyBranch{.id = id, .state = RowState::kCommitted, .commit = Position{id.number}, .reason = {}});
    }
    applied = std::move(prepared);
    prepared.clear();
    for (auto branch = state.range(0); branch > 0; --branch) {
      auto row = accounts.execute();
      prepared.push_back(row.id);
      operations.emplace_back(PutPrepared{std::move(row)});
    }
    accounts.store().journal(operations).value();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(commit)->Name("store/execute_prepare_apply")->Arg(1)->Arg(8)->Arg(32)->Arg(64)->UseRealTime();

}  // namespace
}  // namespace assent::participant
