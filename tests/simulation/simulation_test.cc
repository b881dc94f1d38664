// simulation_test: runs many seeds and fails with the first story in which a promise is broken; or tells one story.
// README.md says how to use it; `tests/simulate` builds it first.
#include <sqlite3.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <limits>
#include <sstream>
#include <string>
#include <thread>

#include "tests/simulation/coverage.h"
#include "tests/simulation/forked.h"
#include "tests/simulation/many_seeds.h"
#include "tests/simulation/minimise.h"
#include "tests/simulation/run_seed.h"

namespace {

using namespace assent::simulation;

// Enough seeds for everything to come to pass; fewer are for a quick look.
constexpr std::uint64_t kTellingSeeds = 2000;

bool is_repeatable(std::uint64_t seed, const WorldFile* file) {
  std::ostringstream once;
  std::ostringstream again;
  run_seed(seed, file, {.transcript = &once, .only = {}, .struck = {}});
  run_seed(seed, file, {.transcript = &again, .only = {}, .struck = {}});
  if (once.str() == again.str()) return true;
  std::cerr << "seed " << seed << " does not give the same run twice\n";
  return false;
}

int tell(std::uint64_t seed, const WorldFile* file, Telling telling) {
  const auto story = run_seed(seed, file, std::move(telling));
  if (story.violation.empty()) return 0;
  std::cerr << "seed " << seed << ": " << story.violation << '\n';
  return 1;
}

std::string list_of(const std::set<DecisionNumber>& numbers) {
  std::string list;
  for (const auto number : numbers) list += (list.empty() ? "" : ",") + std::to_string(number);
  return list;
}

int tell_less(std::uint64_t seed, const WorldFile* file, unsigned processes, const std::string& options) {
  const auto least = minimise(seed, file, processes);
  if (least.violation.empty()) {
    std::cerr << "seed " << seed << " breaks no rule: there is nothing to make smaller\n";
    return 2;
  }
  std::cout << least.runs << " runs left " << least.incidents.size() << " incidents:" << std::endl;
  Forked([&](int /*descriptor*/) {
    run_seed(seed, file, {.transcript = &std::cout, .only = least.incidents, .struck = {}});
    std::cout.flush();
  }).report();
  std::cout << "replay it with: tests/simulate --seed " << seed << options << " --only " << list_of(least.incidents)
            << " --replay\n";
  return 1;
}

std::terminate_handler end_with_words = nullptr;

// A transcript is told up to the invariant that ends it.
void flush_and_end() {
  std::cout.flush();
  end_with_words();
}

int run_many(const Seeds& seeds, const WorldFile* file, const std::string& options) {
  const auto start = std::chrono::steady_clock::now();
  const auto all = run_seeds(seeds, file);
  if (!all.violation.empty()) {
    const auto seed = all.broken ? std::to_string(*all.broken) : "?";
    std::cerr << "seed " << seed << ": " << all.violation << "\nreplay it with: tests/simulate --seed " << seed
              << options << " --replay\nmake it smaller with: tests/simulate --seed " << seed << options
              << " --minimise\n";
    return 1;
  }
  for (std::uint64_t seed = seeds.first; seed < seeds.first + std::min<std::uint64_t>(seeds.count, 5); ++seed) {
    if (!is_repeatable(seed, file)) return 1;
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  const auto begun = all.counts.find("transactions");
  const auto transactions = begun == all.counts.end() ? 0 : begun->second;
  std::cout << all.seeds << " seeds from " << seeds.first << ", " << transactions << " transactions in "
            << std::lround(spent.count()) << " s, " << std::lround(static_cast<double>(transactions) / spent.count())
            << " a second\n";
  const bool is_telling = all.seeds >= kTellingSeeds && file == nullptr;
  return report_coverage(all.counts, std::cout) || !is_telling ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  end_with_words = std::set_terminate(flush_and_end);
  // There is one thread, and nobody asks how much memory SQLite has.
  sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
  sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);

  CLI::App app("Runs the real coordinator, stores and SDK in a simulated world, many times");
  Seeds seeds;
  seeds.processes = std::max(1U, std::thread::hardware_concurrency());
  if (const char* given = std::getenv("ASSENT_SIMULATION_SEEDS")) seeds.count = std::stoull(given);
  std::uint64_t seed = 0;
  std::uint64_t time = 0;
  std::string path;
  std::vector<DecisionNumber> only;
  bool is_replay = false;
  bool is_minimum = false;
  const auto* one =
      app.add_option("--seed", seed, "This seed alone; with --seconds, --seeds or --transactions: --first");
  app.add_option("--first", seeds.first, "The first of many seeds");
  const auto* count = app.add_option("--seeds", seeds.count, "How many");
  const auto* timed = app.add_option("--seconds", time, "As many as begin in this time");
  const auto* counted = app.add_option("--transactions", seeds.transactions, "As many as make so many transactions");
  app.add_option("--processes", seeds.processes, "At a time")->check(CLI::Range(1U, kMostProcesses));
  app.add_option("--world", path, "A file that says what the worlds are made of");
  app.add_flag("--replay", is_replay, "Write down each event and effect of --seed")->needs("--seed");
  app.add_flag("--minimise", is_minimum, "Tell --seed with as little as breaks the rule")->needs("--seed");
  const auto* chosen = app.add_option("--only", only, "Of what happens in --seed, these decisions alone")
                           ->delimiter(',')
                           ->needs("--seed");
  CLI11_PARSE(app, argc, argv);

  std::optional<WorldFile> file;
  if (!path.empty()) {
    auto read = WorldFile::read(path);
    if (!read) {
      std::cerr << read.error().message << '\n';
      return 2;
    }
    file = *read;
  }
  const WorldFile* world = file ? &*file : nullptr;
  const std::string options = path.empty() ? "" : " --world " + path;
  if (is_minimum) return tell_less(seed, world, seeds.processes, options);
  const bool is_first = *timed || *counted || *count;
  if (*one && !is_first) {
    Telling telling;
    if (is_replay) telling.transcript = &std::cout;
    if (*chosen) telling.only.emplace(only.begin(), only.end());
    return tell(seed, world, std::move(telling));
  }
  if (*one) seeds.first = seed;
  if (*timed) seeds.time = std::chrono::seconds(time);
  if ((*timed || *counted) && !*count) seeds.count = std::numeric_limits<std::uint64_t>::max() - seeds.first;
  return run_many(seeds, world, options);
}
