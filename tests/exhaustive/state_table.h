// StateTable: every state that was met, in the order in which they were, and where each was met from.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "tests/exhaustive/histories.h"
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
    if (2 * states_.size() >= places_.size()) grow();
    std::uint32_t& place = find(state);
    if (place != kFree) return;
    if (states_.size() >= kFree) throw std::length_error("the world has too many states");
    place = static_cast<std::uint32_t>(states_.size());
    states_.push_back({state, from});
  }

  std::size_t size() const { return states_.size(); }
  const State& operator[](StateId id) const { return states_[static_cast<std::size_t>(id)].state; }
  StateId from(StateId id) const { return states_[static_cast<std::size_t>(id)].from; }

 private:
  static constexpr std::uint32_t kFree = 0xffffffff;

  struct Met {
    State state;
    StateId from{};
  };

  // Its place, or the free one where it belongs: the first from its hash on.
  std::uint32_t& find(const State& state) {
    std::size_t place = hash(state);
    while (true) {
      place &= places_.size() - 1;
      if (places_[place] == kFree || states_[places_[place]].state == state) return places_[place];
      ++place;
    }
  }

  void grow() {
    places_.assign(std::max<std::size_t>(1024, 2 * places_.size()), kFree);
    for (std::uint32_t id = 0; id < states_.size(); ++id) find(states_[id].state) = id;
  }

  static std::size_t hash(const State& state) {
    std::array<std::uint64_t, sizeof(State) / sizeof(std::uint64_t)> words{};
    static_assert(sizeof words == sizeof state);
    std::memcpy(words.data(), &state, sizeof state);
    std::uint64_t hash = 0;
    for (const std::uint64_t word : words) {
      hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
      hash ^= hash >> 32U;
    }
    return hash;
  }

  std::deque<Met> states_;
  std::vector<std::uint32_t> places_;
};

}  // namespace assent::exhaustive
