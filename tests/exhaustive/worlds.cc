#include "tests/exhaustive/world.h"

namespace assent::exhaustive {

namespace {

constexpr simulation::AccountId kAccount = 1;

Script write_at_both() {
  return {.steps = {{Node::kStore1, kAccount, true}, {Node::kStore2, kAccount, true}}};
}

// The client hears only when both stores have applied it.
Script applied(Script script) {
  script.return_when = coordinator::ReturnWhen::kApplied;
  return script;
}

Script interactive(Script script, bool gives_up = false) {
  script.is_one_shot = false;
  script.gives_up = gives_up;
  return script;
}

// Reads at one store, writes at the other.
Script read_and_write(Node read, Node write) {
  return {.steps = {{read, kAccount, false}, {write, kAccount, true}}};
}

}  // namespace

const std::vector<World>& worlds() {
  // Crashes, losses, repeats, timers, asks; the smallest worlds first.
  static const std::vector<World> all = {
      {"skew",
       {0, 0, 0, 0, 0},
       {read_and_write(Node::kStore1, Node::kStore2), read_and_write(Node::kStore2, Node::kStore1)}},
      {"one-shot-losses", {0, 2, 0, 1, 0}, {applied(write_at_both())}},
      {"reader", {1, 1, 0, 0, 0}, {read_and_write(Node::kStore1, Node::kStore2)}},
      {"interactive-abort", {2, 0, 0, 0, 0}, {interactive(write_at_both(), true)}},
      {"crosswise", {0, 0, 0, 0, 0}, {write_at_both(), write_at_both()}},
      {"reader-repeats", {0, 0, 1, 1, 0}, {read_and_write(Node::kStore1, Node::kStore2)}},
      {"one-shot", {1, 1, 0, 0, 0}, {write_at_both()}},
      {"one-shot-repeats", {0, 0, 1, 1, 0}, {write_at_both()}},
      {"one-shot-asks", {1, 0, 0, 0, 1}, {write_at_both()}},
      {"interactive", {1, 1, 0, 0, 0}, {interactive(write_at_both())}},
      {"both-kinds", {0, 0, 0, 0, 0}, {write_at_both(), interactive(write_at_both())}},
      {"interactive-repeats", {0, 0, 1, 1, 0}, {interactive(write_at_both())}},
      {"interactive-asks", {0, 1, 0, 1, 1}, {interactive(write_at_both())}},
      {"one-store", {2, 0, 0, 0, 0}, {{.steps = {{Node::kStore1, kAccount, true}}}}},
  };
  return all;
}

}  // namespace assent::exhaustive
