// The log of a directory, claimed and read: what every opening begins with, and every restoration.
#pragma once

#include <cstdint>

#include "assent/result.h"
#include "coordinator/core/records.h"
#include "coordinator/log/log_directory.h"

namespace assent::coordinator {

struct ClaimedLog {
  std::uint64_t segment = 0;  // the number of the one that is the log; 0: there is none yet
  LogState state;
};

// Locks the directory and reads the log in it. `create`: there must be none. Fails as open_file_log() does.
Result<ClaimedLog> claim_log(LogDirectory& directory, bool create);

// Removes the segments that another one has taken the place of. One that cannot be removed is in nobody's way: the next
// checkpoint or opening tries again.
void remove_older_segments(LogDirectory& directory, std::uint64_t segment);

// `state` takes the place of the claimed log, whole and forced, or not at all; an error but kUnavailable leaves open
// which. `segment_bytes` as in FileLogOptions. REQUIRES: nobody has the log open.
Result<void> replace_log(LogDirectory& directory, const ClaimedLog& claimed, const LogState& state,
                         std::uint64_t segment_bytes);

}  // namespace assent::coordinator
