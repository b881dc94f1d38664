// LogTail: the end of the decision log as the core sees it: what was appended, what is durable, when a force is due.
//
//   T1  Positions are consecutive: each record gets the position behind the one before it.
//   T2  What is durable only grows, and never passes what was appended.
//   T3  A record that nobody forces waits for a force to ride on, but no longer than `idle_force`.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "assent/time.h"
#include "coordinator/core/events.h"
#include "coordinator/core/records.h"

namespace assent::coordinator {

class LogTail {
 public:
  // `last` is the last position of the opened log; all of it is durable.
  LogTail(Position last, Duration idle_force);

  // Where the next record will stand: a commit record names its own position.
  Position next() const;

  // Orders the record to be appended; it rides along with the next force.
  Position append(LogRecord record, Time now, Effects& effects);

  // Orders everything appended so far to be durable.
  void force(Effects& effects);

  // The log reports what is durable.
  void durable_through(Position position);

  Position durable() const { return durable_; }

  // Why the log has no room for what is to come; empty: it has. What was appended before gets its room, sooner or
  // later.
  const std::string& out_of_space() const { return out_of_space_; }
  void set_out_of_space(std::string reason) { out_of_space_ = std::move(reason); }

  // When the records that wait for a force have waited long enough.
  std::optional<Time> force_due() const { return force_due_; }

 private:
  const Duration idle_force_;
  Position appended_;
  Position durable_;
  std::string out_of_space_;
  std::optional<Time> force_due_;
};

}  // namespace assent::coordinator
