#include "tests/bench/measure/report.h"

#include <fmt/format.h>

#include "coordinator/ctl/table.h"

namespace assent::bench {

namespace {

using ctl::Json;

struct Percentile {
  const char* name;
  double part;
};

constexpr Percentile kPercentiles[] = {{"p50", 0.5}, {"p95", 0.95}, {"p99", 0.99}, {"p99.9", 0.999}, {"max", 1}};

double milliseconds(Microseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

Json::Object to_json(const Latencies& latencies, double seconds) {
  const auto count = static_cast<std::int64_t>(latencies.count());
  Json::Object figures{{"committed", count}, {"per_second", static_cast<double>(count) / seconds}};
  Json::Object percentiles;
  for (const auto& [name, part] : kPercentiles) {
    percentiles.emplace_back(name, milliseconds(latencies.percentile(part)));
  }
  figures.emplace_back("latency_ms", std::move(percentiles));
  return figures;
}

Json to_json(const std::map<std::string, std::uint64_t>& counts) {
  Json::Object object;
  for (const auto& [name, count] : counts) object.emplace_back(name, static_cast<std::int64_t>(count));
  return object;
}

std::string lines(const std::string& title, const std::map<std::string, std::uint64_t>& counts) {
  if (counts.empty()) return {};
  ctl::Table table({title, "count"});
  for (const auto& [name, count] : counts) table.add({name, std::to_string(count)});
  return '\n' + table.to_string();
}

}  // namespace

Json to_json(const Report& report, const Recorder& recorder) {
  Json::Object object{{"system", report.system}, {"options", report.options}, {"seconds", report.seconds}};
  for (auto& member : to_json(recorder.all(), report.seconds)) object.push_back(std::move(member));
  Json::Object kinds;
  for (const auto& kind : recorder.kinds()) kinds.emplace_back(kind.name, to_json(kind.latencies, report.seconds));
  object.emplace_back("kinds", std::move(kinds));
  object.emplace_back("aborted_runs", to_json(report.aborts));
  object.emplace_back("failures", to_json(recorder.failures()));
  Json::Object costs;
  for (const auto& [name, cost] : report.costs) costs.emplace_back(name, cost);
  object.emplace_back("per_transaction", std::move(costs));
  Json::Object means;
  for (const auto& [name, mean] : report.means) means.emplace_back(name, mean);
  object.emplace_back("means", std::move(means));
  object.emplace_back("floor_us", Json::Object{{"force", report.floor.force.count()},
                                               {"round_trip", report.floor.round_trip.count()},
                                               {"commit", report.floor.commit().count()}});
  Json::Array problems(report.problems.begin(), report.problems.end());
  object.emplace_back("problems", std::move(problems));
  return object;
}

std::string to_text(const Report& report, const Recorder& recorder) {
  std::vector<std::string> columns{"transaction", "committed", "per second"};
  for (const auto& [name, part] : kPercentiles) columns.push_back(std::string(name) + " ms");
  ctl::Table figures(columns);
  const auto add = [&](const std::string& name, const Latencies& latencies) {
    std::vector<std::string> cells{name, std::to_string(latencies.count()),
                                   fmt::format("{:.1f}", static_cast<double>(latencies.count()) / report.seconds)};
    for (const auto& [title, part] : kPercentiles) {
      cells.push_back(fmt::format("{:.3f}", milliseconds(latencies.percentile(part))));
    }
    figures.add(std::move(cells));
  };
  for (const auto& kind : recorder.kinds()) add(kind.name, kind.latencies);
  if (recorder.kinds().size() > 1) add("all", recorder.all());

  std::string text = figures.to_string();
  if (!report.costs.empty()) {
    ctl::Table costs({"per transaction", "cost"});
    for (const auto& [name, cost] : report.costs) costs.add({name, fmt::format("{:.3f}", cost)});
    text += '\n' + costs.to_string();
  }
  if (!report.means.empty()) {
    ctl::Table means({"of the daemons' work", "mean"});
    for (const auto& [name, mean] : report.means) means.add({name, fmt::format("{:.1f}", mean)});
    text += '\n' + means.to_string();
  }
  text += lines("aborted runs, by reason", report.aborts);
  text += lines("transactions that did not commit", recorder.failures());
  text += fmt::format("\nFloor of a commit: {:.0f} us (a force {:.0f} us, a round trip {:.0f} us, two of each)\n",
                      report.floor.commit().count(), report.floor.force.count(), report.floor.round_trip.count());
  for (const auto& problem : report.problems) text += "PROBLEM: " + problem + '\n';
  return text;
}

}  // namespace assent::bench
