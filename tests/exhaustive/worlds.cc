#include "tests/exhaustive/world.h"

namespace assent::exhaustive {

namespace {

constexpr simulation::AccountId kAccount = 1;

Script write_at_both() {
  return {true, false, {{Node::kStore1, kAccount, true}, {Node::kStore2, kAccount, true}}};
}

Script interactive(Script script, bool gives_up = false) {
  script.is_one_shot = false;
  script.gives_up = gives_up;
  return script;
}

// Reads at one store, writes at the other.
Script read_and_write(Node read, Node write) {
  return {true, false, {{read, kAccount, false}, {write, kAccount, true}}};
}

}  // namespace

const std::vector<World>& worlds() {
  static const std::vector<World> kWorlds = {
      {"one-shot", {0, 0, 0, 1, 0}, {write_at_both()}},
      {"interactive", {0, 0, 0, 1, 0}, {interactive(write_at_both())}},
      {"interactive-abort", {0, 0, 0, 1, 0}, {interactive(write_at_both(), true)}},
      {"reader", {0, 0, 0, 1, 0}, {read_and_write(Node::kStore1, Node::kStore2)}},
      {"crosswise", {0, 0, 0, 1, 0}, {write_at_both(), write_at_both()}},
      {"both-kinds", {0, 0, 0, 1, 0}, {write_at_both(), interactive(write_at_both())}},
      {"skew",
       {0, 0, 0, 1, 0},
       {read_and_write(Node::kStore1, Node::kStore2), read_and_write(Node::kStore2, Node::kStore1)}},
  };
  return kWorlds;
}

}  // namespace assent::exhaustive
