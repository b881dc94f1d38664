#include "tests/bench/load/run.h"

#include <fmt/format.h>

#include <iostream>
#include <vector>

#include "tests/bench/load/bench.h"
#include "tests/bench/load/cluster.h"
#include "tests/bench/load/plot.h"
#include "tests/bench/measure/floor.h"
#include "tests/bench/measure/report.h"
#include "tests/bench/measure/work_folder.h"

namespace assent::bench {

namespace {

using ctl::Json;

// A run for each number of clients and each rate.
std::vector<Load> loads_of(const Options& options) {
  std::vector<Load> loads;
  const auto rates = options.rates.empty() ? std::vector<double>{0} : options.rates;
  for (const auto clients : options.clients) {
    for (const auto rate : rates) {
      loads.push_back({.clients = clients,
                       .rate = rate,
                       .interactive = options.interactive,
                       .when = options.applied ? Return::applied : Return::decided,
                       .seed = options.seed});
    }
  }
  return loads;
}

Cluster make_cluster(const Options& options, const std::filesystem::path& programs,
                     const std::filesystem::path& folder) {
  if (!options.coordinator.empty()) return Cluster(options.coordinator);
  return Cluster(Cluster::Plan{.programs = programs,
                               .folder = folder,
                               .stores = options.stores,
                               .participants = options.participants,
                               .coordinator_flags = options.coordinator_flags,
                               .participant_flags = options.participant_flags});
}

std::string label_of(const Load& load, bool varies_rate) {
  return varies_rate ? fmt::format("{:.0f}/s", load.rate) : fmt::format("{}", load.clients);
}

}  // namespace

bool run(const Options& options, const std::filesystem::path& programs) {
  const WorkFolder folder(options.folder);
  auto cluster = make_cluster(options, programs, folder.path());
  bool is_sound = true;
  Json::Array reports;
  std::vector<PlotPoint> points;
  {
    Bench bench(options, cluster);
    for (const auto& load : loads_of(options)) {
      const auto floor_before = measure_floor(folder.path());
      auto [report, recorder] = bench.run(load);
      report.floor = between(floor_before, measure_floor(folder.path()));
      is_sound = is_sound && report.problems.empty();
      if (options.json) {
        reports.push_back(to_json(report, recorder));
      } else {
        std::cout << fmt::format("{}, {} client{}{}\n\n", options.workload, load.clients, load.clients == 1 ? "" : "s",
                                 load.rate == 0 ? "" : fmt::format(", {} transactions/s intended", load.rate))
                  << to_text(report, recorder) << '\n'
                  << std::flush;
      }
      const auto milliseconds = [&all = recorder.all()](double part) {
        return std::chrono::duration<double, std::milli>(all.percentile(part)).count();
      };
      points.push_back({label_of(load, options.rates.size() > 1), report.throughput(recorder), milliseconds(0.5),
                        milliseconds(0.99)});
    }
  }
  cluster.stop();
  if (options.json) std::cout << Json(reports).to_string() << '\n';
  if (!options.plot.empty()) {
    const auto* const points_are = options.rates.size() > 1 ? "intended rates" : "numbers of clients";
    plot(options.workload + ", by " + points_are, points, options.plot, folder.path());
  }
  return is_sound;
}

}  // namespace assent::bench
