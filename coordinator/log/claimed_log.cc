#include "coordinator/log/claimed_log.h"

#include <utility>

#include "coordinator/log/next_segment.h"
#include "coordinator/log/segment_reader.h"

namespace assent::coordinator {
namespace {

// The highest number of a segment, or 0 if there is none yet and there shall be one.
Result<std::uint64_t> find_log(const LogDirectory& directory, bool create) {
  const auto numbers = list_segments(directory);
  if (!numbers) {
    return numbers.error();
  }
  if (create && !numbers->empty()) {
    return Error{ErrorKind::kConflict, directory.path(segment_name(numbers->back())) +
                                           " belongs to a decision log already: open it without --create, or name "
                                           "another directory"};
  }
  if (!create && numbers->empty()) {
    return Error{ErrorKind::kNotFound, "there is no decision log in " + directory.path("") + ": check the path"};
  }
  return numbers->empty() ? 0 : numbers->back();
}

Result<LogState> read_state(const LogDirectory& directory, std::uint64_t number) {
  if (number == 0) {
    return LogState{};
  }
  auto contents = read_segment(directory, number, [](const ReadRecord&) {});
  if (!contents) {
    return contents.error();
  }
  return std::move(contents->state);
}

}  // namespace

Result<ClaimedLog> claim_log(LogDirectory& directory, bool create) {
  // Looked for before the lock too, so that a mistyped path is left without a lock file.
  if (const auto found = find_log(directory, create); !found) {
    return found.error();
  }
  if (auto locked = directory.lock(); !locked) {
    return locked.error();
  }
  const auto number = find_log(directory, create);
  if (!number) {
    return number.error();
  }
  auto state = read_state(directory, *number);
  if (!state) {
    return state.error();
  }
  return ClaimedLog{*number, std::move(*state)};
}

void remove_older_segments(LogDirectory& directory, std::uint64_t segment) {
  if (const auto numbers = list_segments(directory)) {
    for (const auto number : *numbers) {
      if (number < segment) {
        static_cast<void>(directory.remove(segment_name(number)));
      }
    }
  }
}

Result<void> replace_log(LogDirectory& directory, const ClaimedLog& claimed, const LogState& state,
                         std::uint64_t segment_bytes) {
  const auto published = NextSegment(directory).publish(state, claimed.segment + 1, segment_bytes, 0);
  if (!published) {
    return published.error();
  }
  remove_older_segments(directory, published->number);
  return {};
}

}  // namespace assent::coordinator
