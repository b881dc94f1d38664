#include <optional>
#include <utility>
#include <variant>

#include "coordinator/core/text.h"
#include "coordinator/ctl/commands.h"
#include "coordinator/ctl/table.h"
#include "coordinator/ctl/words.h"
#include "coordinator/log/log_reader.h"
#include "thrift/daemon/units.h"

namespace assent::ctl {

namespace {

using coordinator::ReadRecord;

std::int64_t number(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

template <typename Id>
std::int64_t number(Id id) {
  return static_cast<std::int64_t>(id);
}

// Records of a snapshot have no positions of their own, but commits keep theirs: ends and stores refer to them.
std::optional<Position> position_of(const ReadRecord& read) {
  const auto* const commit = std::get_if<coordinator::CommitRecord>(&read.record);
  return commit != nullptr ? commit->commit : read.position;
}

}  // namespace

Result<Report> log_verify(const std::filesystem::path& path) {
  const auto log = coordinator::read_log(path, [](const ReadRecord&) {});
  if (!log) return log.error();
  const auto& contents = log->contents;
  const auto& state = contents.state;
  const std::uint64_t owed = state.commits.size();
  const std::uint64_t kept = owed + state.ended_count();
  Json::Object json{{"file", log->path},
                    {"log", hex(number(state.log))},
                    {"epoch", number(state.epoch())},
                    {"last_position", number(state.last)},
                    {"commits", number(kept)},
                    {"unended", number(owed)},
                    {"stores", number(state.stores.size())},
                    {"blocks", number(contents.blocks)},
                    {"used_bytes", number(contents.used_bytes)},
                    {"file_bytes", number(contents.header.file_bytes)},
                    {"torn_bytes", number(contents.torn_bytes)},
                    {"leftovers", Json::Array(log->leftovers.begin(), log->leftovers.end())},
                    {"open", log->in_use}};
  Table table({"decision log", hex(number(state.log))});
  table.add({"file", log->path});
  table.add({"epoch", std::to_string(number(state.epoch()))});
  table.add({"last position", std::to_string(number(state.last))});
  table.add({"commits kept", std::to_string(kept) + ", " + std::to_string(owed) + " of them owed"});
  table.add({"stores known", std::to_string(state.stores.size())});
  table.add({"blocks", std::to_string(contents.blocks) + " since the snapshot"});
  table.add(
      {"used", std::to_string(contents.used_bytes) + " of " + std::to_string(contents.header.file_bytes) + " bytes"});
  if (contents.torn_bytes > 0) {
    table.add({"torn end", std::to_string(contents.torn_bytes) + " bytes of a write that was cut short: not answered"});
  }
  for (const auto& leftover : log->leftovers) {
    table.add({"left over", leftover + ", of a switch that was cut short: the next start removes it"});
  }
  if (log->in_use) table.add({"open", "a coordinator has it: it may have grown while it was read"});
  return Report{std::move(json), table.to_string() + "the log is whole\n"};
}

Result<Report> log_dump(const std::filesystem::path& path, bool as_json) {
  Report report{Json::Array(), {}};
  Json::Array json;
  const auto log = coordinator::read_log(path, [&](const ReadRecord& read) {
    const auto record = coordinator::to_text(read.record);
    const auto position = position_of(read);
    if (as_json) {
      json.push_back(Json::Object{{"offset", number(read.offset)},
                                  {"snapshot", !read.position},
                                  {"position", position ? Json(number(*position)) : Json()},
                                  {"record", record}});
    } else {
      report.text += std::to_string(read.offset) + "\t" + (read.position ? "" : "snapshot ") +
                     (position ? std::to_string(number(*position)) : std::string()) + "\t" + record + "\n";
    }
  });
  report.json = std::move(json);
  if (log) return report;
  // What stands before a damage is what an operator wants to see then.
  report.problem = log.error();
  return report;
}

}  // namespace assent::ctl
