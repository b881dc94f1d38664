#include "coordinator/log/log_reader.h"

#include <algorithm>
#include <utility>

namespace assent::coordinator {
namespace {

template <typename Number>
std::string decimal(Number number) {
  return std::to_string(static_cast<std::uint64_t>(number));
}

template <typename Id>
std::string hexadecimal(Id id) {
  return to_hex(static_cast<std::uint64_t>(id));
}

std::string text(const EpochRecord& record) {
  return "epoch " + decimal(record.epoch) + " of log " + hexadecimal(record.log) + " nonce " +
         hexadecimal(record.nonce);
}

std::string text(const CommitRecord& record) {
  std::string line = "commit " + decimal(record.commit) + " of " + to_string(record.id);
  const char* separator = " at ";
  for (const auto& branch : record.branches) {
    line += std::exchange(separator, ", ") + branch.store + " " + hexadecimal(branch.identity) + " branch " +
            to_string(branch.branch);
  }
  return line;
}

std::string text(const EndRecord& record) {
  std::string line = "end of commit " + decimal(record.commit);
  const char* separator = " by ";
  for (const auto& store : record.stores) {
    line += std::exchange(separator, ", ") + store.store + " at " + decimal(store.position) +
            (store.contradicts ? " against its operator's decision" : "");
  }
  return line;
}

std::string text(const ForgottenRecord& record) {
  return "forgotten through " + to_string(record.through);
}

std::string text(const StoreRecord& record) {
  return "store " + record.store + " " + hexadecimal(record.identity) + " at " + record.address + " position " +
         decimal(record.position);
}

}  // namespace

std::string to_string(const LogRecord& record) {
  return std::visit([](const auto& each) { return text(each); }, record);
}

std::string to_string(const ReadRecord& record) {
  return (record.position ? decimal(*record.position) : "-") + " " + to_string(record.record);
}

Result<LogReport> read_log(const std::filesystem::path& path, const RecordVisitor& visit) {
  const auto directory = open_log_directory(path);
  if (!directory) {
    return directory.error();
  }
  const auto numbers = list_segments(**directory);
  if (!numbers) {
    return numbers.error();
  }
  if (numbers->empty()) {
    return Error{ErrorKind::kNotFound, "there is no decision log in " + path.string() + ": check the path"};
  }
  const auto in_use = (*directory)->is_locked();
  if (!in_use) {
    return in_use.error();
  }
  auto contents = read_segment(**directory, numbers->back(), visit);
  if (!contents) {
    return contents.error();
  }
  LogReport report{(*directory)->path(segment_name(numbers->back())), std::move(*contents), {}, *in_use};
  for (auto number = numbers->begin(); number + 1 != numbers->end(); ++number) {
    report.leftovers.push_back((*directory)->path(segment_name(*number)));
  }
  return report;
}

std::string to_string(const LogReport& report) {
  const auto& contents = report.contents;
  const auto& state = contents.state;
  const auto owed = std::count_if(state.commits.begin(), state.commits.end(),
                                  [](const auto& entry) { return !entry.second.end.has_value(); });
  std::string lines = report.path + " is sound\n";
  lines += "log " + hexadecimal(state.log) + ", epoch " + decimal(state.epoch()) + ", last position " +
           decimal(state.last) + ", format version " + decimal(contents.header.version) + "\n";
  lines += decimal(state.commits.size()) + " commits, of which " + decimal(owed) + " wait for acknowledgements; " +
           decimal(state.stores.size()) + " stores; forgotten through " +
           (state.forgotten_through ? to_string(*state.forgotten_through) : "nothing") + "\n";
  lines += decimal(contents.blocks) + " blocks with " + decimal(contents.records) +
           " records since the snapshot of position " + decimal(contents.header.snapshot_last) + "; " +
           decimal(contents.used_bytes) + " of " + decimal(contents.header.file_bytes) + " bytes used\n";
  if (contents.torn_bytes > 0) {
    lines += "the last append was torn: " + decimal(contents.torn_bytes) + " bytes from offset " +
             decimal(contents.used_bytes) + " are not part of the log; nobody was answered about them\n";
  }
  for (const auto& leftover : report.leftovers) {
    lines += leftover + " is left over from a switch that was cut short; the next start removes it\n";
  }
  if (report.in_use) {
    lines += "a coordinator runs on it: stop it for an answer that counts\n";
  }
  return lines;
}

}  // namespace assent::coordinator
