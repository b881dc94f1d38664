// simulation_test: runs many seeds and fails with the first story in which a promise is broken.
//
//   simulation_test                       10,000 seeds, or as many as ASSENT_SIMULATION_SEEDS says
//   simulation_test --seeds N --first N   N seeds from another one on
//   simulation_test --seed N [--verbose]  one seed, with a transcript for a person
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <map>
#include <sstream>
#include <string>

#include <unistd.h>

#include "tests/simulation/run_seed.h"
#include "tests/simulation/world.h"

namespace {

using Counts = std::map<std::string_view, std::uint64_t>;

// Enough seeds for everything to come to pass; fewer are for a quick look.
constexpr std::uint64_t kTellingSeeds = 500;

// What must have come to pass in so many seeds: faults that hit, both outcomes, and every way out of doubt.
constexpr std::string_view kExpected[] = {"messages lost",
                                          "messages repeated",
                                          "coordinator crashes",
                                          "store crashes",
                                          "clients died",
                                          "forced blocks kept",
                                          "forced blocks lost",
                                          "power failures",
                                          "openings of a log that failed",
                                          "disks that were full",
                                          "journal transactions kept",
                                          "journal transactions lost",
                                          "committed",
                                          "aborted",
                                          "in progress",
                                          "forgotten",
                                          "inquiries answered commit",
                                          "inquiries answered abort",
                                          "inquiries answered not mine",
                                          "inquiries answered undecided",
                                          "inquiries answered not accepted",
                                          "old copies served",
                                          "registrations refused",
                                          "alarms about openings that are not the store",
                                          "branches released",
                                          "last runs that held",
                                          "last runs that failed",
                                          "branches wounded",
                                          "prepared holders wounded",
                                          "application",
                                          "wounded",
                                          "constraint",
                                          "transaction timeout",
                                          "store unavailable",
                                          "presumed",
                                          "the SDK says: committed",
                                          "the SDK says: aborted",
                                          "the SDK says: unknown",
                                          "the SDK says: the statement failed"};

char replay[128];

// An invariant of a core ends the process: say which seed it was.
extern "C" void on_abort(int /*signal*/) {
  [[maybe_unused]] const auto written = write(STDERR_FILENO, static_cast<const char*>(replay), std::strlen(replay));
}

bool run(std::uint64_t seed, std::ostream* transcript, Counts& counts) {
  const std::string command = "\nreplay it with: simulation_test --seed " + std::to_string(seed) + " --verbose\n";
  command.copy(static_cast<char*>(replay), sizeof replay - 1);
  replay[command.size()] = 0;
  try {
    assent::simulation::run_seed(seed, transcript, counts);
    return true;
  } catch (const std::exception& broken) {
    std::cerr << "seed " << seed << ": " << broken.what() << command;
    return false;
  }
}

bool is_repeatable(std::uint64_t seed) {
  Counts counts;
  std::ostringstream once;
  std::ostringstream again;
  if (!run(seed, &once, counts) || !run(seed, &again, counts)) return false;
  if (once.str() == again.str()) return true;
  std::cerr << "seed " << seed << " does not give the same run twice\n";
  return false;
}

std::uint64_t number_of(const char* text) {
  char* end = nullptr;
  const auto number = std::strtoull(text, &end, 10);
  if (end == text || *end != 0) {
    std::cerr << "not a number: " << text << '\n';
    std::exit(2);
  }
  return number;
}

}  // namespace

int main(int argc, char** argv) {
  const char* from_environment = std::getenv("ASSENT_SIMULATION_SEEDS");
  std::uint64_t seeds = from_environment != nullptr ? number_of(from_environment) : 10'000;
  std::uint64_t first = 1;
  bool is_one = false;
  bool is_verbose = false;
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    if (flag == "--verbose") {
      is_verbose = true;
    } else if (i + 1 < argc && (flag == "--seed" || flag == "--seeds" || flag == "--first")) {
      (flag == "--seeds" ? seeds : first) = number_of(argv[++i]);
      is_one = is_one || flag == "--seed";
    } else {
      std::cerr << "unknown: " << flag << "; use --seeds N --first N, or --seed N --verbose\n";
      return 2;
    }
  }
  if (std::signal(SIGABRT, on_abort) == SIG_ERR) return 2;
  Counts counts;
  if (is_one) return run(first, is_verbose ? &std::cout : nullptr, counts) ? 0 : 1;

  const auto start = std::chrono::steady_clock::now();
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    if (!run(seed, nullptr, counts)) return 1;
  }
  for (std::uint64_t seed = first; seed < first + seeds && seed < first + 10; ++seed) {
    if (!is_repeatable(seed)) return 1;
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  std::cout << seeds << " seeds from " << first << " in " << spent.count() << " s\n";
  for (const auto& [what, count] : counts) std::cout << "  " << count << ' ' << what << '\n';
  for (const auto what : kExpected) {
    if (seeds >= kTellingSeeds && counts[what] == 0) {
      std::cerr << "in " << seeds << " seeds there was none of: " << what << '\n';
      return 1;
    }
  }
  return 0;
}
