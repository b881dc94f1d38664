// FileLog: the decision log on disk, as README.md describes it.
//
// One segment file is the log; it begins with a snapshot of everything that is still known. Opening writes a new one
// with this start's epoch in it, and so does an append that does not fit any more (a checkpoint). When the present
// segment is half full, the space of the next one is claimed, so that a full disk is found long before a force needs
// it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "assent/result.h"
#include "coordinator/core/records.h"
#include "coordinator/log/decision_log.h"
#include "coordinator/log/log_directory.h"
#include "coordinator/log/next_segment.h"

namespace assent::coordinator {

struct FileLogOptions {
  bool create = false;                         // make a log where there is none; without it, open the one that is there
  LogIdentity identity{};                      // of a log that is created, drawn at random; else not looked at
  Nonce nonce{};                               // of this start, drawn at random
  std::uint64_t segment_bytes = 16ULL << 20U;  // least room for appended blocks in a segment
};

class FileLog final : public DecisionLog {
 public:
  // See open_file_log().
  static Result<std::unique_ptr<FileLog>> open(std::unique_ptr<LogDirectory> directory, const FileLogOptions& options);

  const LogState& state() const override { return state_; }
  Result<void> append(Position first, std::span<const LogRecord> records) override;
  void claim_ahead() override;
  LogStatus status() const override;

 private:
  FileLog(std::unique_ptr<LogDirectory> directory, std::uint64_t segment_bytes, LogState state);

  Result<void> start_segment(std::uint64_t number, std::uint64_t block_bytes);
  Result<void> force(std::span<const std::byte> block);
  Result<void> failed(Error error);

  std::unique_ptr<LogDirectory> directory_;
  std::uint64_t segment_bytes_;
  LogState state_;
  OpenSegment segment_;
  NextSegment next_;
  std::optional<std::uint64_t> next_bytes_;  // what to claim ahead; absent until the segment is half full
  LogStatus status_;
  std::optional<std::string> failure_;  // the first error that left the end of an append unknown
};

// Opens the log in the directory, or creates it, and claims the directory until the log is destroyed. When it returns,
// everything that state() holds is on disk under this start's epoch. Fails with
//   kConflict      another process has the log open; or, with `create`, there is one already
//   kNotFound      there is none (and no `create`); nothing was made
//   kCorrupt       what is on disk is not what was written: the message names file and offset; nothing was changed
//   kWrongVersion  it was written in another version of the format; nothing was changed
//   kUnavailable   no space for a new segment; nothing was lost
//   kIo            the operating system failed, or does not let this process read and write there
Result<std::unique_ptr<FileLog>> open_file_log(const std::filesystem::path& directory, const FileLogOptions& options);

}  // namespace assent::coordinator
