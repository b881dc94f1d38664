// Plot: a picture of latency over throughput, by gnuplot.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace assent::bench {

struct PlotPoint {
  std::string label;  // what was different: the number of clients, or the rate
  double per_second = 0;
  double p50_ms = 0;
  double p99_ms = 0;
};

// Throws std::runtime_error if there is no gnuplot, or it fails. `work` takes its script.
void plot(const std::string& title, const std::vector<PlotPoint>& points, const std::filesystem::path& svg,
          const std::filesystem::path& work);

}  // namespace assent::bench
