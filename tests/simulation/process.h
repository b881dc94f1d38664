// Process: what a coordinator and a store have in common here: a real core that comes and goes, callers that wait for
// its answers, a timer, and a death that may strike before or after any effect. And call(), how they are spoken to.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/simulation/world.h"

namespace assent::simulation {

// `Words` names the core's types: Core, CallId, Event, Effect, TimePassed, Alarm.
template <typename Words>
class Process {
 public:
  using Core = typename Words::Core;
  using Event = typename Words::Event;
  using Effect = typename Words::Effect;

  Process(World& world, std::string name) : world_(world), name_(std::move(name)) {}
  virtual ~Process() = default;

  const std::string& name() const { return name_; }
  bool is_up() const { return core_ != nullptr; }
  const Core& core() const { return *core_; }
  std::uint64_t starts() const { return starts_; }

  virtual void start() = 0;                   // does nothing while it is up
  virtual void tell(const Event& event) = 0;  // does nothing while it is down

  template <typename Request>
  void ask(Request request, std::function<void(const Effect&)> answer) {
    request.call = typename Words::CallId{++calls_};
    callers_[request.call] = std::move(answer);
    tell(request);
  }

 protected:
  virtual void perform(const Effect& effect) = 0;
  virtual void lose_memory(bool is_unforced_kept) = 0;

  void begin(std::unique_ptr<Core> core) {
    core_ = std::move(core);
    ++starts_;
    world_.say(name_, " starts");
  }

  void crash() {
    const bool is_unforced_kept = world_.chance(0.5);
    world_.say(name_, " crashes");
    core_.reset();
    lose_memory(is_unforced_kept);
    callers_.clear();
    armed_ = {};
    world_.after(world_.between(1ms, 1500ms), [this] { start(); });
  }

  // Does it if this very process still lives then.
  void later(Duration delay, std::function<void()> action) {
    world_.after(delay, [this, start = starts_, action = std::move(action)] {
      if (core_ && start == starts_) action();
    });
  }

  // Returns false if the process died of it.
  bool step(const Event& event) {
    world_.say(name_, " < ", [&] { return to_text(event); });
    std::vector<Effect> effects;
    core_->step(event, world_.now(), effects);
    return perform_all(effects);
  }

  bool perform_all(const std::vector<Effect>& effects) {
    for (const Effect& effect : effects) {
      if (world_.strikes()) return crash(), false;
      world_.say(name_, " > ", [&] { return to_text(effect); });
      perform(effect);
    }
    if (world_.strikes()) return crash(), false;
    const auto deadline = core_->next_deadline();
    if (deadline != armed_ && deadline) {
      later(*deadline - world_.now(), [this, deadline] {
        if (deadline != armed_) return;
        armed_ = {};
        tell(typename Words::TimePassed{});
      });
    }
    armed_ = deadline;
    return true;
  }

  // Each call gets one answer, once.
  void answer(const Effect& effect) {
    std::visit(
        [&](const auto& each) {
          if constexpr (requires { each.call; }) {
            const auto caller = callers_.extract(each.call);
            if (!caller) throw Violation(name_ + " answers a call twice: " + to_text(effect));
            caller.mapped()(effect);
          }
        },
        effect);
  }

  World& world_;
  const std::string name_;
  std::unique_ptr<Core> core_;

 private:
  std::uint64_t starts_ = 0;
  std::uint64_t calls_ = 0;
  std::map<typename Words::CallId, std::function<void(const Effect&)>> callers_;
  std::optional<Time> armed_;
};

// A call over the network. The request reaches the callee never, once or twice, and so does each of its answers the
// caller, with the callee's word of itself. Who is down does not answer, and who died meanwhile neither.
template <typename Node, typename Request, typename Heard>
void call(World& world, const std::string& caller, Node& callee, const Request& request, const Heard& heard) {
  world.send(caller, callee.name(), [&world, caller, &callee, request, heard] {
    callee.ask(request, [&world, caller, &callee, heard](const auto& answer) {
      callee.check_leaving(caller, answer);
      world.send(callee.name(), caller, [heard, answer, word = callee.word()] { heard(answer, word); });
    });
  });
}

}  // namespace assent::simulation
