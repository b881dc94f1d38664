// What the files of a decision log hold. Reads only; the opening of a log and the operator's tools share it.
//
// An invalid block is the torn end of the last, unanswered append if nothing valid of a higher position follows; then
// the log ends before it. Anything else that is not as it was written is kCorrupt, with file and offset: nothing is
// ever skipped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "assent/result.h"
#include "coordinator/core/records.h"
#include "coordinator/log/block.h"
#include "coordinator/log/log_directory.h"

namespace assent::coordinator {

// A segment in the making. It has no number, and holds nothing that anybody has been told.
inline constexpr const char* kNextSegmentName = "segment-next";

// `segment-0000000007`.
std::string segment_name(std::uint64_t number);

// The numbers of the segments in the directory, ascending. The last one is the log; others were left over when a
// switch to it was cut short.
Result<std::vector<std::uint64_t>> list_segments(const LogDirectory& directory);

// One record as it stands in a segment.
struct ReadRecord {
  const LogRecord& record;
  std::optional<Position> position;  // nothing in a snapshot
  std::uint64_t offset = 0;          // of its block
};

using RecordVisitor = std::function<void(const ReadRecord&)>;

struct SegmentContents {
  SegmentHeader header;
  LogState state;
  std::uint64_t blocks = 0;      // appended since the snapshot
  std::uint64_t records = 0;     // in these blocks
  std::uint64_t used_bytes = 0;  // up to the end of the last valid block
  std::uint64_t torn_bytes = 0;  // what a torn append left behind that
};

// Calls `visit` for each record in the order of the file, also for those before a corruption.
Result<SegmentContents> read_segment(const LogDirectory& directory, std::uint64_t number, const RecordVisitor& visit);

}  // namespace assent::coordinator
