// Explores every small world, or one of them with other budgets.
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iomanip>
#include <iostream>
#include <string>

#include "tests/exhaustive/explorer.h"
#include "tests/sanitized.h"

namespace {

using namespace assent::exhaustive;

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
  std::cout << std::left << std::setw(20) << world.name << std::right << std::setw(4) << int{budget.crashes}
            << std::setw(4) << int{budget.losses} << std::setw(4) << int{budget.repeats} << std::setw(4)
            << int{budget.timers} << std::setw(4) << int{budget.asks} << std::setw(10) << explorer.states()
            << std::setw(11) << explorer.transitions() << std::setw(9) << explorer.ends() << std::setw(9)
            << explorer.moments() << std::fixed << std::setprecision(1) << std::setw(7) << spent.count() << " s"
            << std::endl;
  return holds;
}

}  // namespace

int main(int argc, char** argv) {
  std::set_terminate(on_terminate);
  std::size_t most_states = 20'000'000;
  std::vector<World> chosen = worlds();
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string flag = argv[i];
    if (flag == "--world") {
      std::erase_if(chosen, [&](const World& world) { return world.name != argv[i + 1]; });
      continue;
    }
    const auto number = std::strtoul(argv[i + 1], nullptr, 10);
    for (World& world : chosen) {
      const auto count = static_cast<std::uint8_t>(number);
      if (flag == "--crashes") world.budget.crashes = count;
      if (flag == "--losses") world.budget.losses = count;
      if (flag == "--repeats") world.budget.repeats = count;
      if (flag == "--timers") world.budget.timers = count;
      if (flag == "--asks") world.budget.asks = count;
    }
    if (flag == "--most") most_states = number;
  }
  std::cout << "world                crashes, losses, repeats, timers, asks; states, transitions, ends, moments\n";
  for (const World& world : chosen) {
    if (!explore(world, most_states)) return 1;
  }
  return 0;
}
