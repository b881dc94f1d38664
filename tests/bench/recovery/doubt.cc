#include "tests/bench/recovery/doubt.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>
#include <vector>

#include "coordinator/log/file_log.h"
#include "participant/store/sqlite_store.h"
#include "tests/bench/load/bank_workloads.h"
#include "thrift/daemon/random.h"

namespace assent::bench::recovery {

namespace {

constexpr std::uint64_t kTogether = 500;  // in one forced write

// The start of the coordinator that the transactions belong to.
struct CrashedStart {
  CoordinatorLine line;
  std::string address;
};

struct StoreOpening {
  StoreIdentity identity{};
  std::uint64_t start_number = 0;
};

TransactionId id_of(const CoordinatorLine& line, std::uint64_t number) {
  return {line.log, line.epoch, number};
}

// A branch is counted like its transaction: the log names it without asking the store.
BranchNumber branch_of(const StoreOpening& opening, std::uint64_t number) {
  return {.start = opening.start_number, .counter = number};
}

participant::BranchRow prepare(participant::Store& store, const StoreOpening& opening, const CrashedStart& crashed,
                               std::uint64_t number, std::vector<std::string> stores) {
  const std::vector<Statement> statements{{Doubt::change(), {Doubt::amount(), Doubt::account_of(number)}, 1}};
  participant::BranchRow row;
  row.id = id_of(crashed.line, number);
  row.branch = branch_of(opening, number);
  row.begin_stamp = number;
  row.coordinator_address = crashed.address;
  row.statement_count = 1;
  row.stores = std::move(stores);
  const participant::Changes none;
  auto execution = store.execute({.id = row.id, .before = none, .statements = statements, .is_last = true}).value();
  if (execution.failure.reason != AbortReason::kNone) throw std::runtime_error(execution.failure.detail);
  row.changes = std::move(execution.changes);
  row.locks = std::move(execution.locks);
  return row;
}

StoreOpening prepare_all(const Doubt& doubt, const Cluster::Plan& plan, std::size_t index,
                         const CrashedStart& crashed) {
  const auto store = participant::open_sqlite_store(plan.store_file(index).string(), {}).value();
  const StoreOpening opening{store->recovered().identity, store->recovered().start_number};
  std::vector<participant::JournalOperation> operations;
  operations.emplace_back(participant::PutCoordinator{{crashed.line, {crashed.line.durable, {}}}});
  for (std::uint64_t number = 1; number <= doubt.transactions(); ++number) {
    const auto [first, second] = doubt.stores_of(number);
    if (first != index && second != index) continue;
    operations.emplace_back(
        participant::PutPrepared{prepare(*store, opening, crashed, number, {plan.store(first), plan.store(second)})});
    if (operations.size() < kTogether) continue;
    store->journal(operations).value();
    operations.clear();
  }
  if (!operations.empty()) store->journal(operations).value();
  return opening;
}

void record_commits(const Doubt& doubt, const Cluster::Plan& plan, const CoordinatorLine& line,
                    const std::vector<StoreOpening>& openings, coordinator::DecisionLog& log) {
  auto next = static_cast<std::uint64_t>(line.durable) + 1;
  std::vector<coordinator::LogRecord> records;
  const auto append = [&] {
    log.append(Position{next}, records).value();
    log.claim_ahead();
    next += records.size();
    records.clear();
  };
  for (std::uint64_t number = 1; number <= doubt.transactions(); ++number) {
    if (!Doubt::is_committed(number)) continue;
    coordinator::CommitRecord commit{Position{next + records.size()}, id_of(line, number), {}};
    for (const auto index : doubt.stores_of(number)) {
      const auto& opening = openings.at(index);
      commit.branches.push_back({plan.store(index), opening.identity, branch_of(opening, number)});
    }
    records.emplace_back(std::move(commit));
    if (records.size() == kTogether) append();
  }
  if (!records.empty()) append();
}

}  // namespace

std::string Doubt::schema() const {
  return BankWorkload({.stores = {}, .rows = accounts(), .touched = accounts()}).schema();
}

const char* Doubt::change() {
  return "UPDATE accounts SET balance = balance + ? WHERE id = ?";
}

std::string Doubt::wrong_accounts(std::size_t store, std::int64_t given) const {
  const auto before = (store + stores_ - 1) % stores_;  // of the pairs in which this store is the second one
  return fmt::format(
      "SELECT count(*) + abs({0} - (SELECT count(*) FROM accounts)) FROM accounts WHERE balance - {1} != CASE "
      "WHEN id = {0} THEN {2} WHEN id % 2 = 0 AND id / 2 % {3} IN ({4}, {5}) THEN {6} ELSE 0 END",
      accounts(), BankWorkload::kOpeningBalance, given, stores_, store, before, amount());
}

void leave_in_doubt(const Doubt& doubt, const Cluster::Plan& plan, const std::string& coordinator) {
  coordinator::FileLogOptions options;
  options.nonce = Nonce{daemon::random_number()};
  const auto log = coordinator::open_file_log(plan.log_folder(), options).value();
  const auto& state = log->state();
  const CrashedStart crashed{{.log = state.log, .epoch = state.epoch(), .nonce = options.nonce, .durable = state.last},
                             coordinator};
  std::vector<StoreOpening> openings;
  for (std::size_t index = 0; index < plan.stores; ++index) {
    openings.push_back(prepare_all(doubt, plan, index, crashed));
  }
  record_commits(doubt, plan, crashed.line, openings, *log);
}

}  // namespace assent::bench::recovery
