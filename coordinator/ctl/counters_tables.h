// CountersTables: what daemons have counted, for people.
#pragma once

#include <string>

#include "coordinator/ctl/table.h"
#include "operators_types.h"

namespace assent::ctl {

// A value that at least so many percent of the values do not exceed; the smallest that the distribution can tell.
std::int64_t at_most(const wire::Distribution& distribution, std::int64_t percent);

class CountersTables {
 public:
  // `address` is what the daemon is called in the tables.
  void add(const std::string& address, const wire::CoordinatorStatus& status);
  void add(const std::string& address, const wire::ParticipantStatus& status);

  // Every table that has a row, under its headline.
  std::string to_string() const;

 private:
  void add(const std::string& of, const std::string& with, const wire::ConnectionCounters& counters);
  void add(const std::string& of, const std::string& what, const wire::Distribution& distribution);
  void add(const std::string& store, const wire::StoreCounters& counters);
  void add(const std::string& address, const wire::LogCounters& counters);
  void add_aborts(const std::string& of, const std::map<std::string, std::int64_t>& by_reason);

  Table messages_{{"OF", "WITH", "METHOD", "REQUESTS", "BYTES", "ANSWERS", "BYTES"}};
  Table connections_{{"OF", "WITH", "CONNECTIONS", "READS", "BYTES", "WRITES", "BYTES"}};
  Table forces_{{"OF", "FOR", "FORCES"}};
  Table disks_{{"OF", "SYNCS", "WRITTEN BYTES"}};
  Table branches_{{"OF", "PREPARED", "COMMITTED", "ABORTED", "WOUNDED", "LOCK WAITS"}};
  Table aborts_{{"OF", "REASON", "ABORTS"}};
  Table distributions_{{"OF", "WHAT", "COUNT", "MEAN", "HALF ≤", "99 % ≤", "MAX"}};
  Table processor_{{"OF", "THREAD", "CPU US"}};
};

}  // namespace assent::ctl
