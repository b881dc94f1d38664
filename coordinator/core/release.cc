#include "coordinator/core/release.h"

namespace assent::coordinator {

Released Release::view(Position durable, std::size_t most_exceptions) const {
  Released released{durable, {}};
  for (const Position commit : unended_) {
    if (commit > durable) break;
    if (released.except.size() == most_exceptions) {
      // One more would not fit: end right below it.
      released.through = Position{static_cast<std::uint64_t>(commit) - 1};
      break;
    }
    released.except.push_back(commit);
  }
  return released;
}

}  // namespace assent::coordinator
