#include "tests/exhaustive/world.h"

namespace assent::exhaustive {

namespace {

constexpr simulation::AccountId kAccount = 1;

Script write_at_both() {
  return {.steps = {{Node::kStore1, kAccount, true}, {Node::kStore2, kAccount, true}}};
}

Script read_at_both() {
  return {.steps = {{Node::kStore1, kAccount, false}, {Node::kStore2, kAccount, false}}};
}

Script write_at(Node store) {
  return {.steps = {{store, kAccount, true}}};
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

Script read_at(Node store) {
  return {.steps = {{store, kAccount, false}}};
}

// Begins when the first client knows that it is committed.
Script afterwards(Script script) {
  script.after_first = true;
  return script;
}

// Reads at one store, writes at the other.
Script read_and_write(Node read, Node write) {
  return {.steps = {{read, kAccount, false}, {write, kAccount, true}}};
}

// Each reads what the other writes.
std::vector<Script> skew() {
  return {read_and_write(Node::kStore1, Node::kStore2), read_and_write(Node::kStore2, Node::kStore1)};
}

// Both write one key.
std::vector<Script> conflict() {
  return {write_at(Node::kStore1), write_at(Node::kStore1)};
}

// Both write at both stores: each may be the first one at one of them, and wait at the other.
std::vector<Script> crosswise() {
  return {write_at_both(), write_at_both()};
}

}  // namespace

const std::vector<World>& worlds() {
  // Crashes, losses, repeats, timers, asks; the smallest worlds first.
  static const std::vector<World> all = {
      {"skew", {0, 0, 0, 0, 0}, skew()},
      {"one-shot-losses", {0, 2, 0, 1, 0}, {applied(write_at_both())}},
      {"reader", {1, 1, 0, 0, 0}, {read_and_write(Node::kStore1, Node::kStore2)}},
      {"interactive-abort", {2, 0, 0, 0, 0}, {interactive(write_at_both(), true)}},
      {"crosswise", {0, 0, 0, 0, 0}, crosswise()},
      {"reader-repeats", {0, 0, 1, 1, 0}, {read_and_write(Node::kStore1, Node::kStore2)}},
      {"one-shot", {1, 1, 0, 0, 0}, {write_at_both()}},
      {"one-shot-repeats", {0, 0, 1, 1, 0}, {write_at_both()}},
      {"one-shot-asks", {1, 0, 0, 0, 1}, {write_at_both()}},
      {"interactive", {1, 1, 0, 0, 0}, {interactive(write_at_both())}},
      {"both-kinds", {0, 0, 0, 0, 0}, {write_at_both(), interactive(write_at_both())}},
      {"interactive-repeats", {0, 0, 1, 1, 0}, {interactive(write_at_both())}},
      {"interactive-asks", {0, 1, 0, 1, 1}, {interactive(write_at_both())}},
      {"one-store", {2, 0, 0, 0, 0}, {{.steps = {{Node::kStore1, kAccount, true}}}}},
      {"conflict-repeat", {0, 0, 1, 0, 0}, conflict()},
      {"conflict-timer", {0, 0, 0, 1, 0}, conflict()},
      {"read-after-write", {1, 0, 0, 0, 0}, {write_at(Node::kStore1), afterwards(read_at(Node::kStore1))}},

      // Two crashes, or faults beside two transactions.
      {"one-shot-crashes", {2, 1, 0, 0, 0}, {write_at_both()}, Size::kMedium},
      {"interactive-crashes", {2, 1, 0, 0, 0}, {interactive(write_at_both())}, Size::kMedium},
      {"one-shot-timer", {1, 1, 0, 1, 0}, {write_at_both()}, Size::kMedium},
      {"crosswise-crash", {1, 0, 0, 0, 0}, crosswise(), Size::kMedium},
      {"crosswise-repeat", {0, 0, 1, 0, 0}, crosswise(), Size::kMedium},
      {"skew-repeat", {0, 0, 1, 0, 0}, skew(), Size::kMedium},
      {"skew-timer", {0, 0, 0, 1, 0}, skew(), Size::kMedium},
      {"both-kinds-timer", {0, 0, 0, 1, 0}, {write_at_both(), interactive(write_at_both())}, Size::kMedium},
      {"reader-writer", {0, 1, 0, 0, 0}, {read_at_both(), write_at_both()}, Size::kMedium},
      {"read-after-write-at-both", {1, 0, 0, 0, 0}, {write_at_both(), afterwards(read_at_both())}, Size::kMedium},

      {"complete-one-shot", {2, 1, 1, 0, 0}, {write_at_both()}, Size::kLong},
      {"complete-one-shot-timer", {2, 1, 0, 1, 0}, {applied(write_at_both())}, Size::kLong},
      {"complete-one-shot-ask", {2, 1, 0, 0, 1}, {write_at_both()}, Size::kLong},
      {"complete-interactive", {2, 1, 1, 0, 0}, {interactive(write_at_both())}, Size::kLong},
      {"complete-interactive-timer", {2, 1, 0, 1, 0}, {interactive(write_at_both())}, Size::kLong},
      {"complete-interactive-ask", {2, 1, 0, 0, 1}, {interactive(write_at_both())}, Size::kLong},
      {"complete-reader", {2, 1, 1, 0, 0}, {read_and_write(Node::kStore1, Node::kStore2)}, Size::kLong},
      {"complete-conflict", {1, 1, 0, 0, 0}, conflict(), Size::kLong},
      {"complete-conflict-crashes", {2, 0, 0, 0, 0}, conflict(), Size::kLong},
      {"complete-conflict-repeat", {2, 0, 1, 0, 0}, conflict(), Size::kLong},
      {"complete-conflict-loss-repeat", {1, 1, 1, 0, 0}, conflict(), Size::kLong},
      {"complete-conflict-timer", {1, 1, 0, 1, 0}, conflict(), Size::kLong},
      {"complete-skew", {1, 1, 0, 0, 0}, skew(), Size::kLong},
      {"complete-skew-repeat", {0, 1, 1, 0, 0}, skew(), Size::kLong},
      {"complete-skew-timer", {0, 0, 1, 1, 0}, skew(), Size::kLong},
      {"complete-reader-writer", {1, 1, 0, 0, 0}, {read_at_both(), write_at_both()}, Size::kLong},
      {"complete-read-after-write", {1, 1, 1, 0, 0}, {write_at_both(), afterwards(read_at_both())}, Size::kLong},
      {"complete-read-after-write-crashes",
       {2, 0, 0, 0, 0},
       {write_at_both(), afterwards(read_at_both())},
       Size::kLong},
      {"complete-crosswise", {1, 1, 0, 0, 0}, crosswise(), Size::kLong},
      {"complete-crosswise-crashes", {2, 0, 0, 0, 0}, crosswise(), Size::kLong},
      {"complete-crosswise-repeat", {0, 1, 1, 0, 0}, crosswise(), Size::kLong},
      {"complete-crosswise-timers", {0, 0, 0, 2, 0}, crosswise(), Size::kLong},
      {"complete-crosswise-ask", {0, 1, 0, 0, 1}, crosswise(), Size::kLong},
      {"complete-both-kinds-timer", {0, 1, 0, 1, 0}, {write_at_both(), interactive(write_at_both())}, Size::kLong},
      {"complete-both-kinds", {1, 1, 0, 0, 0}, {write_at_both(), interactive(write_at_both())}, Size::kLong},
  };
  return all;
}

}  // namespace assent::exhaustive
