// ModelStore: a Store in memory with one table, for the simulator and as the plain reference of the contract suite.
//
//   accounts(id INTEGER PRIMARY KEY, balance INTEGER NOT NULL)
//
// A disk may have a rule beside it, which statements may break for a while, as a deferred foreign key: the money of the
// two paired accounts is an even sum. A branch that changed one of them needs a last run, which looks at both.
//
// It understands the statements below, letter by letter, and finds for each the locks that the SQLite store finds.
// What it must not forget lives on a ModelDisk, which outlives it: a crash is the destruction of the ModelStore and a
// call of ModelDisk::crash().
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "participant/store/store.h"

namespace assent::simulation {

using AccountId = std::int64_t;
using Balance = std::int64_t;

// A balance also counts how often it was changed: money * kVersions + version.
inline constexpr Balance kVersions = 1 << 16;

inline constexpr AccountId kPaired[] = {1, 2};

inline constexpr std::string_view kSelectBalance = "SELECT balance FROM accounts WHERE id = ?1";
inline constexpr std::string_view kSelectAll = "SELECT id, balance FROM accounts";
inline constexpr std::string_view kAddToBalance = "UPDATE accounts SET balance = balance + ?2 WHERE id = ?1";
inline constexpr std::string_view kInsertAccount = "INSERT INTO accounts (id, balance) VALUES (?1, ?2)";
inline constexpr std::string_view kDeleteAccount = "DELETE FROM accounts WHERE id = ?1";

using Accounts = std::map<AccountId, Balance>;

// Everything a store keeps.
struct ModelImage {
  StoreIdentity identity{};
  std::uint64_t start_number = 0;
  StorePosition position{};
  Accounts accounts;
  bool has_rule = false;  // of the paired accounts
  std::map<TransactionId, participant::BranchRow> rows;
  std::map<LogIdentity, participant::SeenCoordinator> coordinators;
  std::string foreign_write;  // that was not acknowledged

  friend bool operator==(const ModelImage&, const ModelImage&) = default;
};

// The disk under a ModelStore. A journal transaction that was written is visible at once, but only forced() makes it
// survive: until then a crash may keep it or lose it, as a whole.
class ModelDisk {
 public:
  enum class Fate { kKept, kLost };

  ModelDisk(StoreIdentity identity, Accounts accounts, bool has_rule = false);
  explicit ModelDisk(ModelImage image) : image_(std::move(image)) {}

  const ModelImage& image() const { return image_; }

  // A journal transaction waits for forced() or crash().
  bool is_unforced() const { return before_.has_value(); }

  // The last journal transaction is durable from now on. The simulator calls it with JournalDurable.
  void forced() { before_.reset(); }

  // The power fails. REQUIRES: no ModelStore is open on this disk.
  void crash(Fate of_unforced);

  // The next journal transaction returns an error, and is kept or lost: the store cannot know which.
  void fail_next_journal(Fate fate) { failing_ = fate; }

  void set_short_of_space(bool is_short) { short_of_space_ = is_short; }

  // Another program writes to it. REQUIRES: no ModelStore is open on this disk.
  void write_from_outside(std::string sentence) { image_.foreign_write = std::move(sentence); }

 private:
  friend class ModelStore;

  ModelImage image_;
  std::optional<ModelImage> before_;  // what a crash that loses the last journal transaction leaves
  std::optional<Fate> failing_;
  bool short_of_space_ = false;
  bool claimed_ = false;
};

class ModelStore final : public participant::Store {
 public:
  // Claims the disk, raises the start number and forces it. Errors: kConflict if another ModelStore has the disk.
  static Result<std::unique_ptr<participant::Store>> open(ModelDisk& disk);

  explicit ModelStore(ModelDisk& disk);
  ~ModelStore() override;
  ModelStore(const ModelStore&) = delete;
  ModelStore& operator=(const ModelStore&) = delete;

  const participant::RecoveredStore& recovered() const override { return recovered_; }
  Result<participant::Execution> execute(const participant::Run& run) override;
  Result<void> end_executions() override { return {}; }
  participant::StoreCounters counters() const override { return {}; }
  std::optional<TransactionId> branch_at_hand() const override { return std::nullopt; }
  Result<StorePosition> journal(std::span<const participant::JournalOperation> operations) override;
  // It has one schema for good.
  Result<participant::SchemaChange> apply_schema(const std::string& text) override;
  const std::string& foreign_write() const override { return disk_.image_.foreign_write; }
  bool is_short_of_space() const override { return disk_.short_of_space_; }

 private:
  ModelDisk& disk_;
  participant::RecoveredStore recovered_;
  bool failed_ = false;  // nothing may be asked of it any more
};

}  // namespace assent::simulation
