// Report: the figures of one run, as a table for people and as JSON for programs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "coordinator/ctl/json.h"
#include "tests/bench/measure/floor.h"
#include "tests/bench/measure/recorder.h"

namespace assent::bench {

struct Report {
  std::string system;                                      // what was measured: assent, postgresql, mariadb
  std::vector<std::pair<std::string, ctl::Json>> options;  // what it was told to do
  double seconds = 0;                                      // measured
  // Of each committed transaction: forced writes, messages, processor time of each process, …
  std::vector<std::pair<std::string, double>> costs;
  std::vector<std::pair<std::string, double>> means;  // sizes of batches, waits, …
  std::map<std::string, std::uint64_t> aborts;        // runs that were aborted, by reason; some were run again
  Floor floor;
  std::vector<std::string> problems;  // what makes the run worthless

  double throughput(const Recorder& recorder) const { return static_cast<double>(recorder.committed()) / seconds; }
};

ctl::Json to_json(const Report& report, const Recorder& recorder);

std::string to_text(const Report& report, const Recorder& recorder);

}  // namespace assent::bench
