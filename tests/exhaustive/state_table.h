// StateTable: every state that was met, in the order in which they were, and where each was met from.
//
// Few positions of the nodes and few sets of messages make many states: each is kept once, and a state is four numbers.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <type_traits>

#include "tests/exhaustive/histories.h"
#include "tests/exhaustive/numbered.h"
#include "tests/exhaustive/world.h"

namespace assent::exhaustive {

inline constexpr MomentId kNobody{0xffffffff};

// Of the whole world. No byte of it is without meaning.
struct State {
  static constexpr std::size_t kMost = 16;

  std::array<MomentId, kNodes> nodes{kNobody, kNobody, kNobody, kNobody, kNobody};
  std::uint32_t checker = 0;
  Budget left;
  bool is_healing = false;
  std::uint16_t in_flight = 0;
  std::array<MessageId, kMost> messages{};  // the first of them, ascending

  MomentId at(Node node) const { return nodes[static_cast<std::size_t>(node)]; }
  bool operator==(const State& other) const { return std::memcmp(this, &other, sizeof *this) == 0; }
};
static_assert(std::has_unique_object_representations_v<State>);

enum class StateId : std::uint32_t {};

class StateTable {
 public:
  // Adds it, unless it is known.
  void add(const State& state, StateId from) {
    const Numbers numbers{nodes_.add(state.nodes), flights_.add({state.in_flight, state.messages}), state.checker,
                          faults_.add({state.left, state.is_healing})};
    if (states_.add(numbers) == from_.size()) from_.push_back(from);
  }

  bool contains(const State& state) {
    const auto nodes = nodes_.find(state.nodes);
    const auto flight = flights_.find({state.in_flight, state.messages});
    const auto faults = faults_.find({state.left, state.is_healing});
    return nodes && flight && faults && states_.find({*nodes, *flight, state.checker, *faults});
  }

  std::size_t size() const { return states_.size(); }

  State operator[](StateId id) const {
    const Numbers& numbers = states_[static_cast<std::uint32_t>(id)];
    const Flight& flight = flights_[numbers.flight];
    const Faults& faults = faults_[numbers.faults];
    return {nodes_[numbers.nodes], numbers.checker, faults.left, faults.is_healing, flight.in_flight, flight.messages};
  }

  StateId from(StateId id) const { return from_[static_cast<std::size_t>(id)]; }

 private:
  struct Flight {
    std::uint16_t in_flight = 0;
    std::array<MessageId, State::kMost> messages{};
  };
  struct Faults {
    Budget left;
    bool is_healing = false;
  };
  struct Numbers {
    std::uint32_t nodes = 0;
    std::uint32_t flight = 0;
    std::uint32_t checker = 0;
    std::uint32_t faults = 0;
  };

  Numbered<std::array<MomentId, kNodes>> nodes_;
  Numbered<Flight> flights_;
  Numbered<Faults> faults_;
  Numbered<Numbers> states_;
  std::deque<StateId> from_;
};

}  // namespace assent::exhaustive
