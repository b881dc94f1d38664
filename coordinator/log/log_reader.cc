#include "coordinator/log/log_reader.h"

#include <utility>

#include "coordinator/log/log_directory.h"

namespace assent::coordinator {

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
    return Error{ErrorKind::kNotFound, "there is no decision log in " + path.string() +
                                           ": name the directory that the coordinator has as --data"};
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

}  // namespace assent::coordinator
