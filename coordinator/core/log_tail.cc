#include "coordinator/core/log_tail.h"

#include <algorithm>
#include <utility>

#include "coordinator/core/invariant.h"

namespace assent::coordinator {

LogTail::LogTail(Position last, Duration idle_force) : idle_force_(idle_force), appended_(last), durable_(last) {}

Position LogTail::next() const {
  return Position{static_cast<std::uint64_t>(appended_) + 1};
}

Position LogTail::append(LogRecord record, Time now, Effects& effects) {
  appended_ = next();
  if (!force_due_) force_due_ = now + idle_force_;
  effects.emplace_back(AppendRecord{appended_, std::move(record)});
  return appended_;
}

void LogTail::force(Effects& effects) {
  force_due_.reset();
  effects.emplace_back(ForceLog{});
}

void LogTail::durable_through(Position position) {
  invariant(position <= appended_, "T2: a record is durable that was never appended");
  durable_ = std::max(durable_, position);
}

}  // namespace assent::coordinator
