#include "tests/simulation/model_store.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <utility>
#include <variant>
#include <vector>

namespace assent::simulation {

using participant::AcknowledgeWrite;
using participant::ApplyBranch;
using participant::BranchRow;
using participant::Changes;
using participant::DeleteBranch;
using participant::Execution;
using participant::JournalOperation;
using participant::LockMode;
using participant::MarkBranch;
using participant::PutCoordinator;
using participant::PutPrepared;
using participant::RowState;
using participant::Run;

namespace {

constexpr std::int32_t kPrimaryKeyConstraint = 1555;  // SQLITE_CONSTRAINT_PRIMARYKEY

// One changed row: what it was, what it became.
struct Change {
  AccountId id = 0;
  std::optional<Balance> old_balance;
  std::optional<Balance> new_balance;
};

// Fixed size, so that changes joined are changes.
struct EncodedChange {
  AccountId id = 0;
  Balance old_balance = 0;
  Balance new_balance = 0;
  std::int64_t presence = 0;  // 1: old, 2: new
};

void append(Changes& changes, const Change& change) {
  const EncodedChange encoded{.id = change.id,
                              .old_balance = change.old_balance.value_or(0),
                              .new_balance = change.new_balance.value_or(0),
                              .presence = (change.old_balance ? 1 : 0) | (change.new_balance ? 2 : 0)};
  changes.bytes.append(reinterpret_cast<const char*>(&encoded), sizeof encoded);
  ++changes.rows;
}

std::vector<Change> decode(const Changes& changes) {
  assert(changes.bytes.size() == changes.rows * sizeof(EncodedChange));
  std::vector<Change> decoded;
  for (std::size_t offset = 0; offset < changes.bytes.size(); offset += sizeof(EncodedChange)) {
    EncodedChange encoded;
    std::memcpy(&encoded, changes.bytes.data() + offset, sizeof encoded);
    Change change{.id = encoded.id, .old_balance = {}, .new_balance = {}};
    if ((encoded.presence & 1) != 0) {
      change.old_balance = encoded.old_balance;
    }
    if ((encoded.presence & 2) != 0) {
      change.new_balance = encoded.new_balance;
    }
    decoded.push_back(change);
  }
  return decoded;
}

// Each change must meet exactly the row that was captured; the account where one does not, else nothing.
std::optional<AccountId> replay(const Changes& changes, Accounts& accounts) {
  for (const Change& change : decode(changes)) {
    const auto found = accounts.find(change.id);
    const auto current = found == accounts.end() ? std::nullopt : std::optional(found->second);
    if (current != change.old_balance) {
      return change.id;
    }
    if (change.new_balance) {
      accounts[change.id] = *change.new_balance;
    } else {
      accounts.erase(change.id);
    }
  }
  return std::nullopt;
}

Error corrupt(std::string message) {
  return {ErrorKind::kCorrupt, "model store: " + std::move(message) + "; look for what wrote it"};
}

bool change_the_pair(const Changes& changes) {
  const auto all = decode(changes);
  return std::any_of(all.begin(), all.end(), [](const Change& change) {
    return std::find(std::begin(kPaired), std::end(kPaired), change.id) != std::end(kPaired);
  });
}

// The rule of the paired accounts. One that is not there has no money.
bool has_even_pair(const Accounts& accounts) {
  Balance money = 0;
  for (const AccountId id : kPaired) {
    const auto found = accounts.find(id);
    money += found == accounts.end() ? 0 : found->second / kVersions;
  }
  return money % 2 == 0;
}

// One run of statements, on a copy of the accounts.
class ModelRun {
 public:
  explicit ModelRun(Accounts accounts, bool has_rule) : accounts_(std::move(accounts)), has_rule_(has_rule) {}

  Execution run(const Run& run) {
    for (std::size_t index = 0; index < run.statements.size(); ++index) {
      const Statement& statement = run.statements[index];
      StatementResult result;
      perform(statement, result);
      if (execution_.failure.reason == AbortReason::kNone) {
        check_expected_rows(statement, result);
      }
      if (execution_.failure.reason != AbortReason::kNone) {
        execution_.failure.statement_index = static_cast<std::int32_t>(index);
        execution_.changes = {};
        break;
      }
      execution_.results.push_back(std::move(result));
    }
    if (has_rule_ && execution_.failure.reason == AbortReason::kNone) {
      const bool is_of_the_pair = change_the_pair(execution_.changes);
      execution_.needs_last_run = is_of_the_pair && !run.is_last;
      if (run.is_last && (is_of_the_pair || change_the_pair(run.before))) {
        check_pair();
      }
    }
    std::sort(execution_.locks.begin(), execution_.locks.end());
    execution_.locks.erase(std::unique(execution_.locks.begin(), execution_.locks.end()), execution_.locks.end());
    return std::move(execution_);
  }

 private:
  void perform(const Statement& statement, StatementResult& result) {
    const auto& sql = statement.sql;
    const std::size_t wanted = sql == kSelectAll ? 0 : sql == kAddToBalance || sql == kInsertAccount ? 2 : 1;
    if (sql != kSelectBalance && sql != kSelectAll && sql != kAddToBalance && sql != kInsertAccount &&
        sql != kDeleteAccount) {
      return fail(AbortReason::kStatementFailed, "the model store does not know this statement: " + sql);
    }
    std::vector<std::int64_t> parameters;
    for (const Value& value : statement.parameters) {
      if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        parameters.push_back(*integer);
      }
    }
    if (parameters.size() != wanted || statement.parameters.size() != wanted) {
      return fail(AbortReason::kStatementFailed,
                  "the statement takes " + std::to_string(wanted) + " integers as parameters");
    }
    if (sql == kSelectAll) {
      lock_table();
      result.columns = {"id", "balance"};
      for (const auto& [id, balance] : accounts_) {
        result.rows.push_back({Value(id), Value(balance)});
      }
    } else if (sql == kSelectBalance) {
      lock_key(parameters[0], LockMode::kShared);
      result.columns = {"balance"};
      if (const auto found = accounts_.find(parameters[0]); found != accounts_.end()) {
        result.rows.push_back({Value(found->second)});
      }
    } else if (sql == kInsertAccount) {
      insert(parameters[0], parameters[1], result);
    } else if (sql == kAddToBalance) {
      add(parameters[0], parameters[1], result);
    } else {
      erase(parameters[0], result);
    }
  }

  void insert(AccountId id, Balance balance, StatementResult& result) {
    if (accounts_.contains(id)) {
      lock_table();
      fail(AbortReason::kConstraint, "UNIQUE constraint failed: accounts.id");
      execution_.failure.sqlite_extended_code = kPrimaryKeyConstraint;
      return;
    }
    lock_key(id);
    accounts_[id] = balance;
    changed({id, std::nullopt, balance}, result);
  }

  void add(AccountId id, Balance amount, StatementResult& result) {
    lock_key(id);
    const auto found = accounts_.find(id);
    if (found == accounts_.end()) {
      return;
    }
    const Balance old_balance = found->second;
    if (__builtin_add_overflow(old_balance, amount, &found->second)) {
      return fail(AbortReason::kStatementFailed, "the model store keeps 64-bit integers only");
    }
    changed({id, old_balance, found->second}, result);
  }

  void erase(AccountId id, StatementResult& result) {
    lock_key(id);
    const auto found = accounts_.find(id);
    if (found == accounts_.end()) {
      return;
    }
    const Balance old_balance = found->second;
    accounts_.erase(found);
    changed({id, old_balance, std::nullopt}, result);
  }

  void check_expected_rows(const Statement& statement, const StatementResult& result) {
    const std::uint64_t rows = result.columns.empty() ? result.changed_rows : result.rows.size();
    if (statement.expected_rows && *statement.expected_rows != rows) {
      fail(AbortReason::kConstraint,
           "expected " + std::to_string(*statement.expected_rows) + " rows, got " + std::to_string(rows));
    }
  }

  void check_pair() {
    for (const AccountId id : kPaired) {
      execution_.locks.push_back({key(id), LockMode::kShared});
    }
    if (!has_even_pair(accounts_)) {
      fail(AbortReason::kConstraint, "the paired accounts would have an odd sum");
      execution_.changes = {};
    }
  }

  void changed(const Change& change, StatementResult& result) {
    append(execution_.changes, change);
    result.changed_rows = 1;
  }

  void fail(AbortReason reason, std::string detail) {
    execution_.failure.reason = reason;
    execution_.failure.detail = std::move(detail);
  }

  void lock_table() { execution_.locks.push_back({{"accounts", ""}, LockMode::kShared}); }
  void lock_key(AccountId id, LockMode mode = LockMode::kExclusive) { execution_.locks.push_back({key(id), mode}); }
  static participant::LockName key(AccountId id) { return {"accounts", "(" + std::to_string(id) + ")"}; }

  Accounts accounts_;
  const bool has_rule_;
  Execution execution_;
};

// Performs one operation on an image; why it could not, or nothing.
class Journaling {
 public:
  explicit Journaling(ModelImage& image) : image_(image) {}

  std::optional<Error> operator()(const PutPrepared& put) {
    if (!image_.rows.emplace(put.row.id, put.row).second) {
      return corrupt("branch " + to_string(put.row.id) + " has a row already");
    }
    return std::nullopt;
  }

  std::optional<Error> operator()(const ApplyBranch& operation) {
    const auto found = image_.rows.find(operation.id);
    if (found == image_.rows.end() || found->second.state != RowState::kPrepared) {
      return corrupt("branch " + to_string(operation.id) + " is not prepared");
    }
    if (const auto account = replay(found->second.changes, image_.accounts)) {
      return corrupt("account " + std::to_string(*account) + " is not as branch " + to_string(operation.id) +
                     " found it");
    }
    end(found->second, operation.state, operation.commit, operation.reason);
    return std::nullopt;
  }

  std::optional<Error> operator()(const MarkBranch& operation) {
    const auto found = image_.rows.find(operation.id);
    if (found == image_.rows.end()) {
      return corrupt("branch " + to_string(operation.id) + " has no row");
    }
    end(found->second, operation.state, operation.commit, operation.reason);
    return std::nullopt;
  }

  std::optional<Error> operator()(const DeleteBranch& operation) {
    if (image_.rows.erase(operation.id) == 0) {
      return corrupt("branch " + to_string(operation.id) + " has no row");
    }
    return std::nullopt;
  }

  std::optional<Error> operator()(const PutCoordinator& put) {
    image_.coordinators[put.seen.line.log] = put.seen;
    return std::nullopt;
  }

  std::optional<Error> operator()(const AcknowledgeWrite& /*acknowledge*/) {
    image_.foreign_write.clear();
    return std::nullopt;
  }

 private:
  static void end(BranchRow& row, RowState state, Position commit, const std::string& reason) {
    row.state = state;
    row.commit = commit;
    row.reason = reason;
    row.changes = {};
    row.locks = {};
  }

  ModelImage& image_;
};

}  // namespace

ModelDisk::ModelDisk(StoreIdentity identity, Accounts accounts, bool has_rule) {
  image_.identity = identity;
  image_.accounts = std::move(accounts);
  image_.has_rule = has_rule;
}

void ModelDisk::crash(Fate of_unforced) {
  assert(!claimed_);
  if (before_ && of_unforced == Fate::kLost) {
    image_ = std::move(*before_);
  }
  before_.reset();
}

Result<std::unique_ptr<participant::Store>> ModelStore::open(ModelDisk& disk) {
  if (disk.claimed_) {
    return Error{ErrorKind::kConflict, "the model disk is claimed by another store: close that one first"};
  }
  return std::unique_ptr<participant::Store>(std::make_unique<ModelStore>(disk));
}

ModelStore::ModelStore(ModelDisk& disk) : disk_(disk) {
  disk_.claimed_ = true;
  disk_.forced();  // what is read here is forced before anybody acts on it
  ModelImage& image = disk_.image_;
  ++image.start_number;
  recovered_.identity = image.identity;
  recovered_.start_number = image.start_number;
  recovered_.position = image.position;
  for (const auto& [id, row] : image.rows) {
    recovered_.rows.push_back(row);
  }
  for (const auto& [log, seen] : image.coordinators) {
    recovered_.coordinators.push_back(seen);
  }
}

ModelStore::~ModelStore() {
  disk_.claimed_ = false;
}

Result<Execution> ModelStore::execute(const Run& run) {
  if (failed_) {
    return Error{ErrorKind::kIo, "the model store failed: open it again"};
  }
  Accounts accounts = disk_.image_.accounts;
  if (const auto account = replay(run.before, accounts)) {
    failed_ = true;
    return corrupt("account " + std::to_string(*account) + " is not as the branch left it");
  }
  return ModelRun(std::move(accounts), disk_.image_.has_rule).run(run);
}

Result<StorePosition> ModelStore::journal(std::span<const JournalOperation> operations) {
  if (failed_) {
    return Error{ErrorKind::kIo, "the model store failed: open it again"};
  }
  assert(!disk_.is_unforced());
  ModelImage after = disk_.image_;
  for (const JournalOperation& operation : operations) {
    if (auto error = std::visit(Journaling(after), operation)) {
      failed_ = true;
      return std::move(*error);
    }
  }
  if (std::any_of(operations.begin(), operations.end(), participant::raises_position)) {
    after.position = StorePosition{static_cast<std::uint64_t>(after.position) + 1};
  }
  if (const auto fate = std::exchange(disk_.failing_, std::nullopt)) {
    if (*fate == ModelDisk::Fate::kKept) {
      disk_.image_ = std::move(after);
    }
    failed_ = true;
    return Error{ErrorKind::kIo, "the model disk failed: open the store again and read what it holds"};
  }
  disk_.before_ = std::exchange(disk_.image_, std::move(after));
  return disk_.image_.position;
}

Result<participant::SchemaChange> ModelStore::apply_schema(const std::string& /*text*/) {
  if (failed_) {
    return Error{ErrorKind::kIo, "the model store failed: open it again"};
  }
  participant::SchemaChange refused;
  refused.failure = "the model store has one schema for good; nothing was applied";
  return refused;
}

}  // namespace assent::simulation
