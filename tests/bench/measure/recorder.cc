#include "tests/bench/measure/recorder.h"

namespace assent::bench {

Recorder::Recorder(const std::vector<std::string>& kinds) {
  for (const auto& name : kinds) kinds_.push_back({name, {}});
}

void Recorder::measure(Clock::time_point from, Clock::time_point until) {
  from_ = from;
  until_ = until;
}

void Recorder::committed(std::size_t kind, Clock::time_point start, Clock::time_point end) {
  if (!is_measured(end)) return;
  all_.add(end - start);
  kinds_.at(kind).latencies.add(end - start);
}

void Recorder::failed(const std::string& reason, Clock::time_point end) {
  if (is_measured(end)) ++failures_[reason];
}

}  // namespace assent::bench
