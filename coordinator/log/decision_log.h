// DecisionLog: the coordinator's durable memory. One forced block per call, whole or not at all.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "assent/result.h"
#include "coordinator/core/records.h"

namespace assent::coordinator {

struct LogStatus {
  std::uint64_t bytes = 0;    // on disk, all segments
  std::uint64_t forces = 0;   // forced writes since it was opened
  std::uint64_t records = 0;  // appended since it was opened

  // The work of the disk, with the opening's.
  std::uint64_t syncs = 0;           // of files and of the directory
  std::uint64_t written_bytes = 0;   // blocks, and new segments
  std::uint64_t appended_bytes = 0;  // of them: the blocks

  // Why the log could not claim the disk space that it will need next; empty: it has it. Looked for long before the
  // present segment is full. While it stands, new commits shall be refused, and what is left of the segment serves
  // the transactions that are decided already.
  std::string out_of_space;
};

// An open log belongs to one process and one thread at a time.
class DecisionLog {
 public:
  virtual ~DecisionLog() = default;

  // What it holds. After the opening that is what it held before, with this start's epoch and nonce as the last of
  // `starts`, and all of it is on disk, forced by the opening itself; what is appended adds to it. It says nothing
  // after an append that failed with anything but kUnavailable.
  virtual const LogState& state() const = 0;

  // Appends the records as one block and forces it. `first` is the position of the first one, and follows the last
  // position appended. REQUIRES: at least one record. Errors say what the caller knows now:
  //   kUnavailable   there is no disk space for the block. Nothing was written and nothing is lost: the caller keeps
  //                  these records, answers nobody about them, and appends them again (with more behind them, if it
  //                  likes) when there may be space. They are neither decided nor aborted until then.
  //   kInvalidInput  the records contradict the log, or are too large for it: an error of the program. Nothing was
  //                  written.
  //   anything else  the block may or may not be on disk: the caller must end the process without answering anybody,
  //                  and the next opening reads what the disk holds.
  // After any error but kUnavailable every later append fails.
  virtual Result<void> append(Position first, std::span<const LogRecord> records) = 0;

  // Claims some of the disk space that will be needed next; whether there was enough, and the disk took it, status()
  // tells. It is for the time after each block has been reported, and again and again while there is no space.
  virtual void claim_ahead() = 0;

  virtual LogStatus status() const = 0;
};

}  // namespace assent::coordinator
