// Explores every small world, or one of them with other budgets. The long ones only if they are asked for.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iomanip>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/exhaustive/explorer.h"
#include "tests/sanitized.h"

namespace {

using namespace assent::exhaustive;

constexpr unsigned long kMostOfAFault = 9;  // what is beyond has no end
constexpr std::size_t kSanitizedWorlds = 3;

const World* exploring_world = nullptr;
Explorer* exploring = nullptr;

void print_where(const std::string& what) {
  const Budget& budget = exploring_world->budget;
  std::cerr << exploring_world->name << ", after " << exploring->states() << " states: " << what << '\n';
  exploring->print_path(std::cerr);
  std::cerr << "run it again with: exhaustive_test --world " << exploring_world->name << " --crashes "
            << int{budget.crashes} << " --losses " << int{budget.losses} << " --repeats " << int{budget.repeats}
            << " --timers " << int{budget.timers} << " --asks " << int{budget.asks} << '\n';
}

// An invariant of a core ends the process: say what led to it.
[[noreturn]] void on_terminate() {
  std::string what = "the process was ended";
  try {
    if (const auto thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::exception& broken) {
    what = broken.what();
  } catch (...) {
    what = "something was thrown";
  }
  if (exploring != nullptr) print_where(what);
  std::_Exit(1);
}

void print_line(const World& world, const Explorer& explorer, std::chrono::duration<double> spent, const char* end) {
  const Budget& budget = world.budget;
  std::cout << std::left << std::setw(28) << world.name << std::right << std::setw(5) << int{budget.crashes}
            << std::setw(7) << int{budget.losses} << std::setw(8) << int{budget.repeats} << std::setw(7)
            << int{budget.timers} << std::setw(5) << int{budget.asks} << std::setw(11) << explorer.states()
            << std::setw(12) << explorer.transitions() << std::setw(8) << explorer.ends() << std::setw(9)
            << explorer.moments() << std::setw(10) << explorer.outcomes() << std::fixed << std::setprecision(1)
            << std::setw(8) << spent.count() << " s  " << end << std::endl;
}

// Says whether nothing was broken.
bool explore(const World& world, Explorer& explorer, std::size_t most_states) {
  const auto start = std::chrono::steady_clock::now();
  exploring_world = &world;
  exploring = &explorer;
  const char* end = "complete";
  try {
    explorer.explore(most_states);
    if (const auto unmet = explorer.unmet_outcome()) {
      std::cerr << world.name << ": in all of " << explorer.states() << " states " << *unmet << '\n';
      end = "ONE-SIDED";
    }
  } catch (const std::length_error& too_many) {
    std::cerr << world.name << ": " << too_many.what() << '\n';
    end = "NOT COMPLETE";
  } catch (const std::exception& broken) {
    print_where(broken.what());
    end = "BROKEN";
  }
  exploring = nullptr;
  print_line(world, explorer, std::chrono::steady_clock::now() - start, end);
  return std::string(end) == "complete";
}

// Explores the world reduced and as a whole: both must have met the same.
bool compare(const World& world, std::size_t most_states) {
  Explorer reduced(world, Explorer::Search::kReduced);
  Explorer whole(world, Explorer::Search::kWhole);
  if (!explore(world, reduced, most_states) || !explore(world, whole, most_states)) return false;
  const auto difference = whole.difference_from(reduced);
  if (difference) std::cerr << world.name << ": only one search has met " << *difference << '\n';
  return !difference;
}

// What a flag sets in a budget; null if it is not of a budget.
std::uint8_t* field_of(Budget& budget, const std::string& flag) {
  if (flag == "--crashes") return &budget.crashes;
  if (flag == "--losses") return &budget.losses;
  if (flag == "--repeats") return &budget.repeats;
  if (flag == "--timers") return &budget.timers;
  if (flag == "--asks") return &budget.asks;
  return nullptr;
}

struct Options {
  std::vector<World> worlds = assent::exhaustive::worlds();
  std::string name;
  bool is_complete = false;
  bool compares = false;
  std::size_t most_states = 20'000'000;
  std::vector<std::pair<std::string, std::uint8_t>> budget;
};

// False if it means nothing.
bool take(Options& options, const std::string& flag, const std::string& value) {
  if (flag == "--world") {
    options.name = value;
    return std::any_of(options.worlds.begin(), options.worlds.end(),
                       [&](const World& world) { return world.name == value; });
  }
  char* end = nullptr;
  const auto number = std::strtoul(value.c_str(), &end, 10);
  if (value.empty() || *end != 0) return false;
  if (flag == "--most") {
    options.most_states = number;
    return true;
  }
  Budget any;
  if (field_of(any, flag) == nullptr || number > kMostOfAFault) return false;
  options.budget.emplace_back(flag, static_cast<std::uint8_t>(number));
  return true;
}

// What is not understood; empty: nothing.
std::string parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    std::string flag = argv[i];
    if (flag == "--complete") {
      options.is_complete = true;
      options.most_states = 1'000'000'000;
    } else if (flag == "--compare") {
      options.compares = true;
    } else if (i + 1 == argc || !take(options, flag, argv[++i])) {
      return flag;
    }
  }
  std::erase_if(options.worlds, [&](const World& world) {
    if (!options.name.empty()) return world.name != options.name;
    if (options.compares) return world.size != Size::kSmall;
    return (world.size == Size::kLong) != options.is_complete;
  });
  for (World& world : options.worlds) {
    for (const auto& [flag, number] : options.budget) *field_of(world.budget, flag) = number;
  }
  if (assent::kIsSanitized && options.worlds.size() > kSanitizedWorlds) options.worlds.resize(kSanitizedWorlds);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  std::set_terminate(on_terminate);
  Options options;
  if (const auto unknown = parse(argc, argv, options); !unknown.empty()) {
    std::cerr
        << "unknown: " << unknown
        << "; use --complete, --compare, --world NAME, and --crashes, --losses, --repeats, --timers, --asks, --most "
           "with a number\n";
    return 2;
  }
  std::cout << "world                     crashes losses repeats timers asks     states transitions    ends   nodes' "
               "outcomes\n";
  bool is_well = true;
  for (const World& world : options.worlds) {
    if (options.compares) {
      is_well = compare(world, options.most_states) && is_well;
    } else {
      Explorer explorer(world);
      is_well = explore(world, explorer, options.most_states) && is_well;
    }
    if (!is_well && !options.is_complete) return 1;
  }
  return is_well ? 0 : 1;
}
