// Recorder: what ended within the measured time, by kind of transaction. The warm-up before it and the emptying behind
// it are left out. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/measure/latencies.h"

namespace assent::bench {

class Recorder {
 public:
  struct Kind {
    std::string name;
    Latencies latencies;  // of those that committed
  };

  // Nothing is measured until it is told when. REQUIRES: at least one kind.
  explicit Recorder(const std::vector<std::string>& kinds);

  void measure(Clock::time_point from, Clock::time_point until);

  void committed(std::size_t kind, Clock::time_point start, Clock::time_point end);
  void failed(const std::string& reason, Clock::time_point end);

  std::uint64_t committed() const { return all_.count(); }
  const Latencies& all() const { return all_; }
  const std::vector<Kind>& kinds() const { return kinds_; }
  // Transactions that did not commit, by reason.
  const std::map<std::string, std::uint64_t>& failures() const { return failures_; }

 private:
  bool is_measured(Clock::time_point end) const { return from_ <= end && end < until_; }

  Clock::time_point from_;
  Clock::time_point until_;
  Latencies all_;
  std::vector<Kind> kinds_;
  std::map<std::string, std::uint64_t> failures_;
};

}  // namespace assent::bench
