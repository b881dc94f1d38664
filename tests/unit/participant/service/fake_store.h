// FakeStore: a store that holds one prepared branch, which soon asks for its coordinator, and fails if it is told to.
#pragma once

#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <functional>
#include <memory>
#include <span>

#include "participant/service/store_runner.h"

namespace assent::participant {

inline constexpr TransactionId kFive{.log = LogIdentity{0xA}, .epoch = Epoch{7}, .number = 5};

enum class Health { kFine, kBroken, kFailsInJournal };  // broken: whatever is done fails

class FakeStore final : public Store {
 public:
  explicit FakeStore(Health health) : health_(health) {
    BranchRow row;
    row.id = kFive;
    row.branch = {.start = 1, .counter = 1};
    row.statement_count = 1;
    recovered_.start_number = 2;
    recovered_.rows.push_back(row);
  }

  const RecoveredStore& recovered() const override { return recovered_; }
  Result<Execution> execute(const Run& run) override {
    Execution execution;
    execution.results.resize(run.statements.size());
    return execution;
  }
  StoreCounters counters() const override { return {}; }
  std::optional<TransactionId> branch_at_hand() const override { return {}; }
  Result<void> end_executions() override {
    if (health_ == Health::kBroken) return Error{ErrorKind::kIo, "broken"};
    return {};
  }
  Result<StorePosition> journal(std::span<const JournalOperation>) override {
    if (health_ != Health::kFine) return Error{ErrorKind::kIo, "failed"};
    return StorePosition{1};
  }
  bool is_short_of_space() const override { return false; }

 private:
  const Health health_;
  RecoveredStore recovered_;
};

inline std::shared_ptr<spdlog::logger> silent() {
  return std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>());
}

inline Result<std::unique_ptr<Store>> fake_store(Health health) {
  return std::unique_ptr<Store>(std::make_unique<FakeStore>(health));
}

}  // namespace assent::participant
