// NextSegment: the segment that will take the place of the present one.
//
//   (nothing) --claim_some()--> zeros under the name `segment-next` --publish()--> header, snapshot, zeros; all forced;
//                                                                             renamed, the directory forced
//
//   N1  A file gets the name of a segment only after all of it is on disk. So a segment that has its name is whole, and
//       one that is damaged is never an interrupted switch.
//   N2  Nothing is appended to a segment, and no older one is removed, before its name is on disk. So whatever a crash
//       leaves of the switch, the segment with the highest number holds everything.
//
// One thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "assent/result.h"
#include "coordinator/core/records.h"
#include "coordinator/log/log_directory.h"

namespace assent::coordinator {

// A segment with its name, open for appending.
struct OpenSegment {
  std::unique_ptr<LogFile> file;
  std::string path;
  std::uint64_t number = 0;
  std::uint64_t append_from = 0;  // behind the snapshot
  std::uint64_t used_bytes = 0;
  std::uint64_t file_bytes = 0;

  std::uint64_t free_bytes() const { return file_bytes - used_bytes; }
  bool is_half_full() const { return free_bytes() < (file_bytes - append_from) / 2; }
};

class NextSegment {
 public:
  explicit NextSegment(LogDirectory& directory) : directory_(directory) {}

  // The size of a segment with a snapshot of `state` and at least `room` bytes behind it: as much again as the
  // snapshot takes, so that the snapshots of a large state do not cost more than what is appended between them.
  static std::uint64_t size_for(const LogState& state, std::uint64_t room);

  std::uint64_t claimed() const { return claimed_; }

  // Of all segments that it has made, or begun to make.
  std::uint64_t syncs() const { return syncs_; }
  std::uint64_t written_bytes() const { return written_bytes_; }

  // Makes the file longer, up to `bytes`, with some zeros that take up space on the disk, and forces them: a block that
  // comes meanwhile waits for a moment only, and the switch not for zeros. After an error nothing is kept of the file.
  Result<void> claim_some(std::uint64_t bytes);

  // Writes `state` into the file and makes it segment `number`; `room` as above, of which no block needs more than
  // `block_bytes` now. kUnavailable: there is no space, and everything is as it was. Any other error: it may or may
  // not have become the segment.
  Result<OpenSegment> publish(const LogState& state, std::uint64_t number, std::uint64_t room,
                              std::uint64_t block_bytes);

 private:
  Result<void> claim(std::uint64_t bytes);
  Result<void> give_up(Error error);

  LogDirectory& directory_;
  std::unique_ptr<LogFile> file_;
  std::uint64_t claimed_ = 0;
  std::uint64_t syncs_ = 0;
  std::uint64_t written_bytes_ = 0;
};

}  // namespace assent::coordinator
