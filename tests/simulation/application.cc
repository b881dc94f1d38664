#include "tests/simulation/application.h"

#include <utility>

namespace assent::simulation {

Application::Application(Cluster& cluster, std::string name)
    : cluster_(cluster), name_(std::move(name)), clock_(cluster.world) {}

void Application::work(bool is_crosswise) {
  is_crosswise_ = is_crosswise;
  is_working_ = true;
  rest(0s, 20ms);
}

void Application::begin_turn() {
  move_on();
  is_busy_ = true;
  begin();
}

void Application::rest(Duration least, Duration most) {
  move_on();
  is_busy_ = false;
  if (is_working_) later(cluster_.world.between(least, most), [this] { begin_turn(); });
}

void Application::later(Duration delay, std::function<void()> action) {
  clock_.after(clock_.until(clock_.now() + delay), [this, turn = turn_, action = std::move(action)] {
    if (turn == turn_) action();
  });
}

}  // namespace assent::simulation
