#include "tests/simulation/minimise.h"

#include <unistd.h>

#include <algorithm>
#include <deque>
#include <exception>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "tests/simulation/forked.h"

namespace assent::simulation {

namespace {

std::string rule_of(const std::string& violation) {
  return violation.substr(0, violation.find(':'));
}

// For a terminate handler, which nobody gives anything.
int report_of_this_process = -1;

// The last words: those of an invariant, as a rule.
void tell_and_end() {
  std::string last_words = "the process was terminated";
  try {
    if (const auto thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::exception& broken) {
    last_words = broken.what();
  } catch (...) {
  }
  write_all(report_of_this_process, "violation " + last_words + '\n');
  _exit(1);
}

// A run, which reports `struck NUMBER` for each incident, and at the end `violation TEXT`.
Forked run(std::uint64_t seed, const WorldFile* file, const std::optional<std::set<DecisionNumber>>& only) {
  return Forked([&](int descriptor) {
    report_of_this_process = descriptor;
    std::set_terminate(tell_and_end);
    const auto struck = [descriptor](DecisionNumber number) {
      write_all(descriptor, "struck " + std::to_string(number) + '\n');
    };
    const auto story = run_seed(seed, file, {.transcript = nullptr, .only = only, .struck = struck});
    write_all(descriptor, "violation " + story.violation + '\n');
  });
}

struct Broken {
  std::string violation = "the process ended";  // unless it could tell more
  std::set<DecisionNumber> incidents;
};

Broken result_of(Forked& process) {
  Broken broken;
  std::istringstream lines(process.report());
  for (std::string line; std::getline(lines, line);) {
    const auto rest = line.substr(line.find(' ') + 1);
    if (line.starts_with("struck ")) {
      broken.incidents.insert(std::stoull(rest));
    } else {
      broken.violation = rest;
    }
  }
  return broken;
}

}  // namespace

Minimum minimise(std::uint64_t seed, const WorldFile* file, unsigned processes) {
  auto first = run(seed, file, std::nullopt);
  auto whole = result_of(first);
  Minimum least{std::move(whole.violation), std::move(whole.incidents), 1};
  for (std::size_t parts = 2; !least.violation.empty() && !least.incidents.empty();) {
    const std::vector<DecisionNumber> all(least.incidents.begin(), least.incidents.end());
    const std::size_t length = (all.size() + parts - 1) / parts;
    const auto without = [&](std::size_t begin) {
      const auto left_out = all.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(begin + length, all.size()));
      std::set<DecisionNumber> rest(all.begin(), left_out);
      rest.insert(end, all.end());
      return rest;
    };
    bool is_less = false;
    std::deque<Forked> runs;
    for (std::size_t begin = 0, next = 0; begin < all.size() && !is_less; begin += length) {
      for (; next < all.size() && runs.size() < processes; next += length) {
        runs.push_back(run(seed, file, without(next)));
      }
      auto found = result_of(runs.front());
      runs.pop_front();
      ++least.runs;
      if (rule_of(found.violation) != rule_of(least.violation)) continue;
      is_less = true;
      least.violation = std::move(found.violation);
      least.incidents = std::move(found.incidents);  // what did not come to pass any more is left out, too
    }
    if (is_less) {
      parts = std::max<std::size_t>(2, parts - 1);
    } else if (length == 1) {
      break;
    } else {
      parts = std::min(parts * 2, all.size());
    }
  }
  return least;
}

}  // namespace assent::simulation
