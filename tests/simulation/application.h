// Application: whoever uses the cluster, turn by turn: one run of a transaction, or a rest. What was to come in a turn
// does not come once another has begun.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "tests/simulation/cluster.h"
#include "tests/simulation/process_clock.h"

namespace assent::simulation {

class Application {
 public:
  Application(Cluster& cluster, std::string name);
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;
  virtual ~Application() = default;

  // Runs transactions until stop(). With `is_crosswise` only those that get into each other's way.
  void work(bool is_crosswise);
  void stop() { is_working_ = false; }

  bool is_idle() const { return !is_busy_; }
  const std::string& name() const { return name_; }
  ProcessClock& clock() { return clock_; }
  virtual void die() = 0;

 protected:
  // Runs a transaction, and rests when it has ended.
  virtual void begin() = 0;

  // Each begins a turn.
  void begin_turn();
  void rest(Duration least, Duration most);  // and then, if it is to work, begin()
  void move_on() { ++turn_; }

  std::uint64_t turn() const { return turn_; }
  // In this turn only, by its own clock.
  void later(Duration delay, std::function<void()> action);
  // What hears an answer does not while the process stands still.
  template <typename Heard>
  auto when_awake(Heard heard) {
    return [this, heard = std::move(heard)](const auto& answer) {
      if (!clock_.is_paused()) return heard(answer);
      clock_.after({}, [heard, answer] { heard(answer); });
    };
  }

  bool is_working() const { return is_working_; }
  bool is_crosswise() const { return is_crosswise_; }

  Cluster& cluster_;
  const std::string name_;
  ProcessClock clock_;

 private:
  bool is_working_ = false;
  bool is_crosswise_ = false;
  bool is_busy_ = false;
  std::uint64_t turn_ = 0;
};

}  // namespace assent::simulation
