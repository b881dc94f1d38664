#include <algorithm>
#include <memory>
#include <utility>

#include "coordinator/core/text.h"
#include "coordinator/ctl/commands.h"
#include "coordinator/ctl/table.h"
#include "coordinator/ctl/words.h"
#include "coordinator/log/log_directory.h"
#include "coordinator/log/segment_reader.h"
#include "thrift/daemon/units.h"

namespace assent::ctl {

namespace {

using coordinator::LogDirectory;
using coordinator::ReadRecord;
using coordinator::SegmentContents;

struct FoundLog {
  std::unique_ptr<LogDirectory> directory;
  std::uint64_t segment = 0;
  bool is_open = false;  // a coordinator has it
};

Result<FoundLog> find_log(const std::filesystem::path& path) {
  auto directory = coordinator::open_log_directory(path);
  if (!directory) return directory.error();
  const auto segments = coordinator::list_segments(**directory);
  if (!segments) return segments.error();
  if (segments->empty()) {
    return Error{ErrorKind::kNotFound, "there is no decision log in " + path.string() +
                                           ": name the directory that the coordinator has as --data"};
  }
  const auto is_locked = (*directory)->is_locked();
  return FoundLog{std::move(*directory), segments->back(), is_locked && *is_locked};
}

std::int64_t number(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

template <typename Id>
std::int64_t number(Id id) {
  return static_cast<std::int64_t>(id);
}

}  // namespace

Result<Report> log_verify(const std::filesystem::path& path) {
  const auto log = find_log(path);
  if (!log) return log.error();
  const auto contents = coordinator::read_segment(*log->directory, log->segment, [](const ReadRecord&) {});
  if (!contents) return contents.error();
  const auto& state = contents->state;
  const auto unended =
      std::count_if(state.commits.begin(), state.commits.end(), [](const auto& commit) { return !commit.second.end; });
  const auto file = log->directory->path(coordinator::segment_name(log->segment));
  Json::Object json{{"file", file},
                    {"log", hex(number(state.log))},
                    {"epoch", number(state.epoch())},
                    {"last_position", number(state.last)},
                    {"commits", number(state.commits.size())},
                    {"unended", std::int64_t{unended}},
                    {"stores", number(state.stores.size())},
                    {"blocks", number(contents->blocks)},
                    {"used_bytes", number(contents->used_bytes)},
                    {"file_bytes", number(contents->header.file_bytes)},
                    {"torn_bytes", number(contents->torn_bytes)},
                    {"open", log->is_open}};
  Table table({"decision log", hex(number(state.log))});
  table.add({"file", file});
  table.add({"epoch", std::to_string(number(state.epoch()))});
  table.add({"last position", std::to_string(number(state.last))});
  table.add({"commits kept", std::to_string(state.commits.size()) + ", " + std::to_string(unended) + " of them owed"});
  table.add({"stores known", std::to_string(state.stores.size())});
  table.add({"blocks", std::to_string(contents->blocks) + " since the snapshot"});
  table.add(
      {"used", std::to_string(contents->used_bytes) + " of " + std::to_string(contents->header.file_bytes) + " bytes"});
  if (contents->torn_bytes > 0) {
    table.add(
        {"torn end", std::to_string(contents->torn_bytes) + " bytes of a write that was cut short: not answered"});
  }
  if (log->is_open) table.add({"open", "a coordinator has it: it may have grown while it was read"});
  return Report{std::move(json), table.to_string() + "the log is whole\n"};
}

Result<Report> log_dump(const std::filesystem::path& path) {
  const auto log = find_log(path);
  if (!log) return log.error();
  Json::Array json;
  std::string text;
  const auto contents = coordinator::read_segment(*log->directory, log->segment, [&](const ReadRecord& read) {
    const auto record = coordinator::to_text(read.record);
    json.push_back(Json::Object{{"offset", number(read.offset)},
                                {"position", read.position ? Json(number(*read.position)) : Json()},
                                {"record", record}});
    text += std::to_string(read.offset) + "\t" +
            (read.position ? std::to_string(number(*read.position)) : std::string("snapshot")) + "\t" + record + "\n";
  });
  if (!contents) return contents.error();
  return Report{std::move(json), std::move(text)};
}

}  // namespace assent::ctl
