// For the operator: what a decision log holds, as text, and whether it is sound. Changes nothing, needs no lock, and
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

// `42 commit 9f0c1a22b7d34e10-1-42 at ledger 00000000000000a1 branch 1.42, …`: one line without its end.
std::string to_string(const LogRecord& record);

// The position before it, or `-` in a snapshot.
std::string to_string(const ReadRecord& record);

// Several lines, each with its end: what `assentctl log verify` prints of a sound log.
std::string to_string(const LogReport& report);

}  // namespace assent::coordinator
