// Explorer: visits every state of a small world, breadth first: so the path to a violation is as short as any.
//
// A state says where each node is, what the checker knows, what is in flight and what may still go wrong. In each,
// anything may happen next that can: any message in flight is delivered, lost or repeated, what is written becomes
// durable, a timer fires, a process dies, a client asks. Where nothing is in flight and nothing is being written, all
// is also healed: nothing more goes wrong, and the one path from there must lead to a state where all is at rest.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/exhaustive/histories.h"
#include "tests/exhaustive/idle_messages.h"
#include "tests/exhaustive/state_table.h"
#include "tests/exhaustive/world.h"

namespace assent::exhaustive {

struct Action {
  enum class Kind : std::uint8_t { kDeliver, kRepeat, kLose, kBreak, kHappen, kCrash, kHeal };
  static constexpr std::uint8_t kLives = 255;

  Kind kind{};
  Node node{};                        // of kHappen, kCrash
  MessageId message{};                // of the first four
  Input input{};                      // of kHappen
  std::uint8_t dies_behind = kLives;  // so many of the messages that the action makes its node send
};

class Explorer {
 public:
  // Everything, or all but what cannot make a difference.
  enum class Search : std::uint8_t { kReduced, kWhole };

  // `world` outlives it.
  explicit Explorer(const World& world, Search search = Search::kReduced);

  // Throws the Violation of the first rule that is broken.
  void explore(std::size_t most_states);

  std::size_t states() const { return table_.size(); }
  std::size_t transitions() const { return transitions_; }
  std::size_t ends() const { return ends_; }
  std::size_t moments() const { return histories_.moments(); }
  std::size_t outcomes() const { return outcomes_.size(); }

  // The outcome that a transaction can have and was never seen to; nothing if there is none: then the world has shown
  // what it is for.
  std::optional<std::string> unmet_outcome() const;

  // What the whole search has met, and `reduced` has not, or the other way round; nothing if both are worth the same.
  std::optional<std::string> difference_from(const Explorer& reduced) const;

  // Where it is: all that happened since the beginning, with what was tried last.
  void print_path(std::ostream& out);

 private:
  // False if a message was taken for idle that is not.
  bool explore_once(std::size_t most_states);
  void expand(const State& state);
  void set_up(State& state);
  void begin_client(State& state, Node client);
  bool has(Node store) const;  // a transaction needs it

  // Whatever may happen next.
  void for_each_action(const State& state, const std::function<void(const Action&)>& visit);
  std::vector<Action> actions(const State& state) const;
  void add_network_actions(const State& state, std::vector<Action>& actions) const;
  // It is all the same when this message arrives: then it does at once, or never.
  bool is_timeless(const State& state, MessageId id) const;
  // Nothing is under way but what may be lost.
  bool may_heal(const State& state) const;
  // Nothing more goes wrong. `out`: where each step is printed; may be null.
  void heal(State state, std::ostream* out);
  void settle(State& state, std::ostream* out);
  // Neither a message nor a write is under way.
  std::optional<Action> pending(const State& state) const;
  bool is_at_rest(const State& state) const;
  void note_outcome(const State& state);

  State perform(State state, const Action& action);
  State perform_on_network(State state, const Action& action);
  bool lets_second_begin(const State& state, const Action& action) const;
  EdgeId edge_of(const State& state, const Action& action);
  void apply(State& state, Node node, EdgeId edge, std::size_t sent);
  void crash(State& state, Node node);
  void add(State& state, MessageId message);
  void take_out_idle(State& state, Node node);
  static void remove(State& state, MessageId message);

  // What the checker knows after the edge, or of it as much as its node lived to send.
  std::uint32_t judge(std::uint32_t checker, EdgeId edge, std::size_t sent);
  std::uint32_t number(const Checker& checker);

  void print(std::ostream& out, const State& state, const Action& action);

  const World& world_;
  const bool is_reduced_;
  Scripts scripts_;
  Histories histories_;
  IdleMessages idle_;
  StateTable table_;
  std::deque<Checker> checkers_;
  std::unordered_map<std::string, std::uint32_t> checker_numbers_;  // by their state
  std::unordered_map<std::uint64_t, std::uint32_t> judged_;
  enum class Outcome : std::uint8_t { kNotBegun, kCommitted, kAborted };
  std::set<std::vector<Outcome>> outcomes_;  // of the clients, in their order, when all was at rest
  std::set<std::string> known_at_rest_;      // what the checker knew then
  std::size_t transitions_ = 0;
  std::size_t ends_ = 0;
  StateId at_{};
  Action tried_{};
};

}  // namespace assent::exhaustive
