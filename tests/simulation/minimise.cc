#include "tests/simulation/minimise.h"

#include <algorithm>
#include <vector>

namespace assent::simulation {

namespace {

std::string rule_of(const std::string& violation) {
  return violation.substr(0, violation.find(':'));
}

std::set<DecisionNumber> numbers_of(const Story& story) {
  std::set<DecisionNumber> numbers;
  for (const auto& [number, incident] : story.incidents) numbers.insert(number);
  return numbers;
}

}  // namespace

Minimum minimise(std::uint64_t seed, const WorldFile* file) {
  const auto whole = run_seed(seed, file, {});
  Minimum least{whole.violation, numbers_of(whole), 1};
  for (std::size_t parts = 2; !least.incidents.empty();) {
    const std::vector<DecisionNumber> all(least.incidents.begin(), least.incidents.end());
    const std::size_t length = (all.size() + parts - 1) / parts;
    bool is_less = false;
    for (std::size_t begin = 0; begin < all.size() && !is_less; begin += length) {
      const auto left_out = all.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto end = all.begin() + static_cast<std::ptrdiff_t>(std::min(begin + length, all.size()));
      std::set<DecisionNumber> rest(all.begin(), left_out);
      rest.insert(end, all.end());
      const auto story = run_seed(seed, file, {.transcript = nullptr, .only = rest});
      ++least.runs;
      if (rule_of(story.violation) != rule_of(least.violation)) continue;
      is_less = true;
      least.violation = story.violation;
      least.incidents = numbers_of(story);  // what did not come to pass any more is left out, too
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
