#include "tests/bench/recovery/run.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "coordinator/ctl/json.h"
#include "coordinator/ctl/table.h"
#include "participant/core/branch_table.h"
#include "tests/bench/load/cluster.h"
#include "tests/bench/measure/work_folder.h"
#include "tests/bench/recovery/daemons.h"
#include "tests/bench/recovery/doubt.h"
#include "tests/bench/recovery/restart.h"
#include "thrift/daemon/daemon_process.h"

namespace assent::bench::recovery {

namespace {

using ctl::Json;

// One of the project's goals, and how far it is met.
struct Goal {
  std::string name;  // for programs
  std::string figure;
  double measured = 0;
  double most = 0;
  std::string unit;

  bool is_met() const { return measured <= most; }
};

double in_seconds(Clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

double for_each(std::uint64_t with, std::uint64_t without, std::uint64_t count) {
  return (static_cast<double>(with) - static_cast<double>(without)) / static_cast<double>(count);
}

// A store takes no more branches than its limit; those in doubt count, and the newcomers must find room beside them.
std::vector<std::string> participant_flags(const RecoveryOptions& options, const Doubt& doubt) {
  constexpr std::uint64_t kRoom = 4096;
  const auto branches = doubt.most_branches_of_store() + kRoom;
  std::vector<std::string> flags;
  if (branches > participant::Settings{}.branches) flags = {"--branches", std::to_string(branches)};
  flags.insert(flags.end(), options.participant_flags.begin(), options.participant_flags.end());
  return flags;
}

// The stores register, and get their accounts; then all stop. Returns where the coordinator was.
std::string prepare_cluster(const Cluster::Plan& plan, const Doubt& doubt) {
  Cluster cluster(plan);
  cluster.apply_schema(doubt.schema());
  cluster.stop();
  return cluster.coordinator();
}

std::vector<Goal> goals_of(const Doubt& doubt, const Memory& without, const Memory& with, const Recovery& recovery) {
  return {{"coordinator_bytes", "memory of a transaction at the coordinator",
           for_each(with.coordinator, without.coordinator, doubt.committed()), 2048, "bytes"},
          {"store_bytes", "memory of a branch at a store",
           for_each(with.participants, without.participants, doubt.branches()), 4096, "bytes"},
          {"served_seconds", "until a new transaction has committed", in_seconds(recovery.served), 1, "s"},
          {"resolved_seconds", "until all are resolved", in_seconds(recovery.resolved), 30, "s"}};
}

std::string to_text(const Cluster::Plan& plan, const std::vector<Goal>& goals, const Recovery& recovery) {
  ctl::Table table({"figure", "measured", "goal", "met"});
  for (const auto& goal : goals) {
    const auto digits = goal.unit == "s" ? 2 : 0;
    table.add({goal.figure, fmt::format("{:.{}f} {}", goal.measured, digits, goal.unit),
               fmt::format("{:.0f} {}", goal.most, goal.unit), goal.is_met() ? "yes" : "no"});
  }
  auto text = table.to_string();
  const auto& newcomer = recovery.newcomer;
  text += fmt::format("\nUntil every store had registered: {:.2f} s\n", in_seconds(recovery.registered));
  text += fmt::format("New transactions that committed meanwhile: {}; the slowest after the first: {:.2f} s\n",
                      newcomer.committed, in_seconds(newcomer.slowest));
  for (const auto& [reason, count] : newcomer.refusals) {
    text += fmt::format("Runs of them that were aborted, {}: {}\n", reason, count);
  }
  text += fmt::format("Flags beside those of any start: coordinator [{}], participants [{}]\n",
                      fmt::join(plan.coordinator_flags, " "), fmt::join(plan.participant_flags, " "));
  for (const auto& problem : recovery.problems) text += "PROBLEM: " + problem + '\n';
  return text;
}

Json to_json(const RecoveryOptions& options, const Cluster::Plan& plan, const std::vector<Goal>& goals,
             const Recovery& recovery) {
  const auto number = [](std::uint64_t count) { return static_cast<std::int64_t>(count); };
  const auto words = [](const std::vector<std::string>& flags) { return Json::Array(flags.begin(), flags.end()); };
  Json::Object figures;
  for (const auto& goal : goals) {
    figures.emplace_back(goal.name,
                         Json::Object{{"measured", goal.measured}, {"goal", goal.most}, {"met", goal.is_met()}});
  }
  Json::Object refusals;
  for (const auto& [reason, count] : recovery.newcomer.refusals) refusals.emplace_back(reason, number(count));
  return Json::Object{{"transactions", number(options.transactions)},
                      {"stores", number(options.stores)},
                      {"participants", number(options.participants)},
                      {"coordinator_flags", words(plan.coordinator_flags)},
                      {"participant_flags", words(plan.participant_flags)},
                      {"figures", std::move(figures)},
                      {"registered_seconds", in_seconds(recovery.registered)},
                      {"new_transactions", Json::Object{{"committed", number(recovery.newcomer.committed)},
                                                        {"slowest_seconds", in_seconds(recovery.newcomer.slowest)},
                                                        {"aborted_runs", std::move(refusals)}}},
                      {"problems", words(recovery.problems)}};
}

}  // namespace

bool run(const RecoveryOptions& options, const std::filesystem::path& programs) {
  const WorkFolder folder(options.folder);
  const Doubt doubt(options.transactions, options.stores);
  Cluster::Plan plan{.programs = programs,
                     .folder = folder.path(),
                     .stores = options.stores,
                     .participants = options.participants,
                     .coordinator_flags = options.coordinator_flags,
                     .participant_flags = participant_flags(options, doubt),
                     .coordinator_listen = daemon::own_loopback()};
  plan.coordinator_listen = prepare_cluster(plan, doubt);
  plan.create = false;
  const auto without = measure_memory(plan);
  leave_in_doubt(doubt, plan, plan.coordinator_listen);
  const auto with = measure_memory(plan);
  const auto recovery = restart(doubt, plan);

  const auto goals = goals_of(doubt, without, with, recovery);
  if (options.json) {
    std::cout << to_json(options, plan, goals, recovery).to_string() << '\n';
  } else {
    std::cout << fmt::format("{} transactions in doubt, at 2 of {} stores each\n\n", options.transactions,
                             options.stores)
              << to_text(plan, goals, recovery);
  }
  return recovery.problems.empty();
}

}  // namespace assent::bench::recovery
