#include "tests/simulation/many_seeds.h"

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <system_error>
#include <vector>

#include "tests/simulation/run_seed.h"

namespace assent::simulation {

namespace {

using Clock = std::chrono::steady_clock;

// What the process is at, for the message if an invariant ends it.
char at_hand[128];

extern "C" void on_abort(int /*signal*/) {
  [[maybe_unused]] const auto written = write(STDERR_FILENO, static_cast<const char*>(at_hand), std::strlen(at_hand));
}

// What a process reports, a line each: `COUNT NAME`, `seeds COUNT`, or `broken SEED VIOLATION`.
std::string run_share(const Seeds& seeds, const WorldFile* file, unsigned share, Clock::time_point end) {
  ManyStories all;
  std::ostringstream report;
  for (std::uint64_t i = share; i < seeds.count && Clock::now() < end; i += seeds.processes) {
    const auto seed = seeds.first + i;
    std::snprintf(static_cast<char*>(at_hand), sizeof at_hand,
                  "\nreplay it with: tests/simulate --seed %llu --replay\n", static_cast<unsigned long long>(seed));
    const auto story = run_seed(seed, file, {});
    ++all.seeds;
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

std::string read_all(int descriptor) {
  std::string text;
  char bytes[4096];
  for (ssize_t length = 0; (length = read(descriptor, static_cast<char*>(bytes), sizeof bytes)) > 0;) {
    text.append(static_cast<const char*>(bytes), static_cast<std::size_t>(length));
  }
  close(descriptor);
  return text;
}

}  // namespace

ManyStories run_seeds(const Seeds& seeds, const WorldFile* file) {
  const auto end = seeds.time ? Clock::now() + *seeds.time : Clock::time_point::max();
  std::vector<pollfd> reports;  // by process
  std::vector<pid_t> processes;
  for (unsigned share = 0; share < seeds.processes; ++share) {
    int ends[2];
    if (pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    const pid_t child = fork();
    if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
    if (child == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (std::signal(SIGABRT, on_abort) == SIG_ERR) _exit(2);
      const auto report = run_share(seeds, file, share, end);
      const bool is_written = write(ends[1], report.data(), report.size()) == static_cast<ssize_t>(report.size());
      _exit(is_written ? 0 : 2);
    }
    close(ends[1]);
    reports.push_back({ends[0], POLLIN, 0});
    processes.push_back(child);
  }
  ManyStories all;
  for (std::size_t open = reports.size(); open > 0 && all.violation.empty();) {
    poll(reports.data(), reports.size(), -1);
    for (auto& report : reports) {
      if (report.fd < 0 || report.revents == 0) continue;
      const auto text = read_all(report.fd);
      if (text.empty()) all.violation = "a process ended in the middle of a seed";
      std::istringstream lines(text);
      for (std::string line; std::getline(lines, line);) add(line, all);
      report.fd = -1;
      --open;
    }
  }
  for (const auto process : processes) {
    if (!all.violation.empty()) kill(process, SIGKILL);  // the others need not go on
    waitpid(process, nullptr, 0);
  }
  return all;
}

}  // namespace assent::simulation
