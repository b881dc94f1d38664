// For the operator: what a decision log holds, and whether it is sound. Changes nothing, needs no lock, and
// reads just as the opening does.
//
// REQUIRES a stopped coordinator for an answer that counts: a running one may be in the middle of an append, which then
// looks torn, or take the file away. The report says if one runs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "assent/result.h"
#include "coordinator/log/segment_reader.h"

namespace assent::coordinator {

struct LogReport {
  std::string path;  // of the segment that is the log
  SegmentContents contents;
  std::vector<std::string> leftovers;  // files of a switch that was cut short; the next opening removes them
  bool in_use = false;                 // a coordinator runs on it
};

// Reads the log in `directory`; `visit` is called for each record in the order of the file. Fails like an opening
// without `create`; the records before a damage have been visited then.
Result<LogReport> read_log(const std::filesystem::path& directory, const RecordVisitor& visit);

}  // namespace assent::coordinator
