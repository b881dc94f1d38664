#include "tests/simulation/many_seeds.h"

#include <poll.h>
#include <sys/mman.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <iostream>
#include <new>
#include <sstream>
#include <system_error>
#include <vector>

#include "tests/simulation/forked.h"
#include "tests/simulation/run_seed.h"

namespace assent::simulation {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes kBetweenWords{1};

// All processes of a run write here.
struct Progress {
  std::array<std::atomic<std::uint64_t>, kMostProcesses> at_hand{};  // the seed that each is at
  std::atomic<std::uint64_t> seeds = 0;
  std::atomic<std::uint64_t> transactions = 0;
};

Progress& share_progress() {
  void* const shared = mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  return *new (shared) Progress;
}

// What a process reports, a line each: `COUNT NAME`, `seeds COUNT`, or `broken SEED VIOLATION`.
std::string run_share(const Seeds& seeds, const WorldFile* file, unsigned share, Clock::time_point end,
                      Progress& progress) {
  ManyStories all;
  std::ostringstream report;
  for (std::uint64_t i = share; i < seeds.count && Clock::now() < end && progress.transactions < seeds.transactions;
       i += seeds.processes) {
    const auto seed = seeds.first + i;
    progress.at_hand.at(share) = seed;
    const auto story = run_seed(seed, file, {});
    ++all.seeds;
    ++progress.seeds;
    if (const auto begun = story.counts.find("transactions"); begun != story.counts.end()) {
      progress.transactions += begun->second;
    }
    for (const auto& [what, count] : story.counts) all.counts[what] += count;
    if (story.violation.empty()) continue;
    report << "broken " << seed << ' ' << story.violation << '\n';
    break;
  }
  report << "seeds " << all.seeds << '\n';
  for (const auto& [what, count] : all.counts) report << count << ' ' << what << '\n';
  return report.str();
}

void add(const std::string& line, ManyStories& all) {
  std::istringstream words(line);
  std::string first;
  std::uint64_t number = 0;
  if (line.starts_with("broken ") || line.starts_with("seeds ")) {
    words >> first >> number;
    if (first == "seeds") {
      all.seeds += number;
    } else {
      all.broken = number;
      std::getline(words >> std::ws, all.violation);
    }
    return;
  }
  std::string what;
  words >> number;
  std::getline(words >> std::ws, what);
  all.counts[what] += number;
}

}  // namespace

ManyStories run_seeds(const Seeds& seeds, const WorldFile* file) {
  const auto start = Clock::now();
  const auto end = seeds.time ? start + *seeds.time : Clock::time_point::max();
  Progress& progress = share_progress();
  std::vector<Forked> processes;
  std::vector<pollfd> reports;  // by process
  for (unsigned share = 0; share < seeds.processes; ++share) {
    processes.emplace_back(
        [&](int descriptor) { write_all(descriptor, run_share(seeds, file, share, end, progress)); });
    reports.push_back({processes.back().descriptor(), POLLIN, 0});
  }
  ManyStories all;
  auto next_word = start + kBetweenWords;
  for (std::size_t open = reports.size(); open > 0 && all.violation.empty();) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next_word - Clock::now());
    if (left <= left.zero()) {
      const auto minutes = std::chrono::round<std::chrono::minutes>(Clock::now() - start);
      std::cerr << progress.seeds << " seeds, " << progress.transactions << " transactions in " << minutes.count()
                << " min\n";
      next_word += kBetweenWords;
      continue;
    }
    poll(reports.data(), reports.size(), static_cast<int>(left.count()));
    for (std::size_t share = 0; share < reports.size(); ++share) {
      auto& report = reports[share];
      if (report.fd < 0 || report.revents == 0) continue;
      const auto text = processes[share].report();
      if (text.empty()) {
        all.broken = progress.at_hand.at(share);
        all.violation = "its process ended in the middle of it";
      }
      std::istringstream lines(text);
      for (std::string line; std::getline(lines, line);) add(line, all);
      report.fd = -1;
      --open;
    }
  }
  return all;  // after a violation the others need not go on
}

}  // namespace assent::simulation
