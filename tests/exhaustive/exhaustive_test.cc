// Explores every small world, or one of them with other budgets.
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iomanip>
#include <iostream>
#include <string>
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

bool explore(const World& world, std::size_t most_states) {
  const auto start = std::chrono::steady_clock::now();
  Explorer explorer(world);
  exploring_world = &world;
  exploring = &explorer;
  bool holds = true;
  try {
    explorer.explore(most_states);
  } catch (const std::exception& broken) {
    print_where(broken.what());
    holds = false;
  }
  exploring = nullptr;
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - start;
  const Budget& budget = world.budget;
  std::cout << std::left << std::setw(20) << world.name << std::right << std::setw(5) << int{budget.crashes}
            << std::setw(7) << int{budget.losses} << std::setw(8) << int{budget.repeats} << std::setw(7)
            << int{budget.timers} << std::setw(5) << int{budget.asks} << std::setw(11) << explorer.states()
            << std::setw(12) << explorer.transitions() << std::setw(8) << explorer.ends() << std::setw(9)
            << explorer.moments() << std::fixed << std::setprecision(1) << std::setw(7) << spent.count() << " s"
            << std::endl;
  return holds;
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

// False if it means nothing.
bool choose(const std::string& flag, const std::string& value, std::vector<World>& chosen, std::size_t& most_states) {
  if (flag == "--world") {
    std::erase_if(chosen, [&](const World& world) { return world.name != value; });
    return !chosen.empty();
  }
  char* end = nullptr;
  const auto number = std::strtoul(value.c_str(), &end, 10);
  if (value.empty() || *end != 0) return false;
  if (flag == "--most") {
    most_states = number;
    return true;
  }
  for (World& world : chosen) {
    std::uint8_t* const field = field_of(world.budget, flag);
    if (field == nullptr || number > kMostOfAFault) return false;
    *field = static_cast<std::uint8_t>(number);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::set_terminate(on_terminate);
  std::size_t most_states = 20'000'000;
  std::vector<World> chosen = worlds();
  if (assent::kIsSanitized) chosen.resize(kSanitizedWorlds);
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 < argc && choose(argv[i], argv[i + 1], chosen, most_states)) continue;
    std::cerr << "unknown: " << argv[i]
              << "; use --world NAME, and --crashes, --losses, --repeats, --timers, --asks, --most with a number\n";
    return 2;
  }
  std::cout << "world             crashes losses repeats timers asks     states transitions    ends   nodes'\n";
  for (const World& world : chosen) {
    if (!explore(world, most_states)) return 1;
  }
  return 0;
}
