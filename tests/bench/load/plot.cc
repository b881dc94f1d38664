#include "tests/bench/load/plot.h"

#include <fmt/format.h>

#include <fstream>
#include <stdexcept>

#include "thrift/daemon/daemon_process.h"

namespace assent::bench {

void plot(const std::string& title, const std::vector<PlotPoint>& points, const std::filesystem::path& svg,
          const std::filesystem::path& work) {
  const auto script = work / "plot";
  std::ofstream out(script);
  out << "set terminal svg size 800,500 background 'white'\n"
      << "set output '" << std::filesystem::absolute(svg).string() << "'\n"
      << "set title '" << title << "'\n"
      << "set xlabel 'transactions per second'\nset ylabel 'latency, ms'\nset xrange [0:*]\nset logscale y\n"
      << "set grid\nset key left top\n$points << END\n";
  for (const auto& point : points) {
    out << fmt::format("{} {} {} {}\n", point.per_second, point.p50_ms, point.p99_ms, point.label);
  }
  out << "END\n"
      << "plot $points using 1:2 with linespoints title 'p50', $points using 1:3 with linespoints title 'p99', "
         "$points using 1:3:4 with labels offset 0,1 notitle\n";
  out.close();
  const auto finished = daemon::run_to_end({"/usr/bin/env", {"gnuplot", script}, {}, {}}).value();
  if (finished.code != 0) {
    throw std::runtime_error("gnuplot failed (Debian has it in gnuplot-nox): " + finished.err);
  }
}

}  // namespace assent::bench
