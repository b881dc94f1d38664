// ProcessClock: the monotonic clock of one process: it began anywhere, goes a little faster or slower than the world's,
// may leap ahead, and stands still for its process while that is paused.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>

#include "tests/simulation/world.h"

namespace assent::simulation {

class ProcessClock {
 public:
  explicit ProcessClock(World& world) : world_(world) { restart(); }

  // A process begins.
  void restart() {
    since_ = world_.now();
    base_ = Time{world_.between(Duration{1h}, Duration{1000h})};
    rate_ = 0.9 + 0.0001 * static_cast<double>(world_.below(2001));
    paused_until_ = Time{};
  }

  Time now() const { return base_ + scaled(world_.now() - since_, rate_); }

  // How long the world waits for it.
  Duration until(Time moment) const { return moment <= now() ? Duration{} : scaled(moment - now(), 1 / rate_) + 1us; }

  void leap(Duration length) {
    base_ += length;
    ++leaps_;
  }
  std::uint64_t leaps() const { return leaps_; }

  void pause(Duration length) { paused_until_ = std::max(paused_until_, world_.now() + length); }
  bool is_paused() const { return paused_until_ > world_.now(); }

  // In so long a time of the world's, but not before the process goes on.
  void after(Duration delay, std::function<void()> action) {
    world_.after(std::max(delay, left_of_pause()), [this, action = std::move(action)] {
      if (is_paused()) return after({}, action);
      action();
    });
  }

 private:
  Duration left_of_pause() const { return std::max(Duration{}, paused_until_ - world_.now()); }
  static Duration scaled(Duration length, double factor) {
    return Duration{static_cast<Duration::rep>(static_cast<double>(length.count()) * factor)};
  }

  World& world_;
  Time since_;
  Time base_;
  double rate_ = 1;
  Time paused_until_;
  std::uint64_t leaps_ = 0;
};

}  // namespace assent::simulation
