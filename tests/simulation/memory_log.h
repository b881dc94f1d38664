// MemoryLog: a decision log without files, for the contract suite and for tests of what stands on a log.
//
// The MemoryDisk outlives it, as a disk outlives a process: destroying the log is `kill -9`, and opening another one on
// the same disk is the restart. What was written and not forced survives the process but not lose_power(), until an
// opening has forced it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "assent/result.h"
#include "coordinator/core/records.h"
#include "coordinator/log/decision_log.h"

namespace assent::coordinator {

// How the next append ends. After any end but kDurable it reports an error, and the process must end.
enum class AppendEnd : std::uint8_t {
  kDurable,   // forced
  kLost,      // nothing reached the disk
  kKept,      // forced, and the process was gone before it heard so
  kUnforced,  // written and not forced: the next opening reads it, unless the power fails before
};

class MemoryDisk {
 public:
  // Holds for the next append only; the ones after it are durable again.
  void end_next_append(AppendEnd end) { next_end_ = end; }

  // While the disk is full, every append is refused as kUnavailable, and nothing is written.
  void set_full(bool full) { full_ = full; }

  // REQUIRES: no log is open on it.
  void lose_power();

  // What an opening would read now; for checkers.
  LogState contents() const;

 private:
  friend class MemoryLog;

  struct Block {
    Position first{};
    std::vector<LogRecord> records;
    bool forced = true;
  };

  bool exists_ = false;
  bool open_ = false;
  bool full_ = false;
  AppendEnd next_end_ = AppendEnd::kDurable;
  std::vector<LogRecord> snapshot_;  // what the last opening found and forced, with its epoch
  Position snapshot_last_{};
  std::vector<Block> blocks_;  // since then
};

class MemoryLog final : public DecisionLog {
 public:
  // With `create`, makes a log of that identity on a disk that has none; without, `identity` is not looked at.
  // kConflict: the disk has a log already, or it is open. kNotFound: it has none.
  static Result<std::unique_ptr<MemoryLog>> open(MemoryDisk& disk, bool create, LogIdentity identity, Nonce nonce);

  ~MemoryLog() override;
  MemoryLog(const MemoryLog&) = delete;
  MemoryLog& operator=(const MemoryLog&) = delete;

  const LogState& state() const override { return state_; }
  Result<void> append(Position first, std::span<const LogRecord> records) override;
  void claim_ahead() override {}
  LogStatus status() const override;

 private:
  MemoryLog(MemoryDisk& disk, LogState state);

  MemoryDisk& disk_;
  LogState state_;
  LogStatus status_;
  bool failed_ = false;
};

}  // namespace assent::coordinator
