// Histories: every state that a node can be in, each met once.
//
// A node is had again by what it was started with and by the inputs since, in their order; it is known by its state:
// two histories that end in the same one are one from there on. So the many states of the world share few states of
// nodes, a step that two of them have in common is taken once, and a crash leads back to one of few starts.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tests/exhaustive/process.h"

namespace assent::exhaustive {

enum class MomentId : std::uint32_t {};   // a state of a node
enum class EdgeId : std::uint32_t {};     // what led from one of them to the next
enum class MessageId : std::uint16_t {};  // equal messages have one

struct Edge {
  MomentId to{};
  std::function<void(Checker&)> durable;
  struct Sent {
    MessageId message{};
    std::function<void(Checker&)> check;
  };
  std::vector<Sent> sent;
  bool is_checked = false;  // there is anything to check
};

struct Moment {
  Node node{};
  MomentId alike{};  // the first one of this state; itself, if histories are merged
  MomentId before{};
  std::uint32_t input = 0;  // that led here; for a start: its number
  bool is_start = false;
  std::uint64_t start = 0;
  std::string left_over;  // empty: it is at rest
  std::array<bool, 4> can_happen{};
  std::vector<MessageId> farewell;
};

class Histories {
 public:
  // Unless it `merges`, two histories of a core that end in the same state stay two: more is explored than need be.
  explicit Histories(bool merges) : merges_(merges) {}

  EdgeId begin(Node node, const Process::Start& start, const std::string& disk);
  EdgeId deliver(MomentId from, MessageId message);
  EdgeId happen(MomentId from, Input input);
  EdgeId crash(MomentId from);

  const Edge& operator[](EdgeId id) const { return edges_[static_cast<std::size_t>(id)]; }
  const Moment& operator[](MomentId id) const { return moments_[static_cast<std::size_t>(id)]; }
  const Message& operator[](MessageId id) const { return messages_[static_cast<std::size_t>(id)]; }

  // Throws a Violation if two histories that have ended in one state were seen to go on differently: then something
  // that a node depends on is missing in its state.
  void check_alike() const;

  // By node.
  const std::unordered_map<std::string, MomentId>& states() const { return states_; }

  // Where each moment was seen to lead.
  struct Way {
    MomentId to{};
    bool is_crash = false;
  };
  std::unordered_multimap<MomentId, Way> ways() const;

  MessageId number(const Message& message);
  std::size_t moments() const { return moments_.size(); }

 private:
  // The process of the last step of each node is kept: often the next step goes on from there.
  struct Running {
    MomentId at{};
    std::unique_ptr<Process> process;
  };

  EdgeId step(MomentId from, std::uint32_t input);
  std::unique_ptr<Process> process_at(MomentId moment);
  void give(Process& process, std::uint32_t input, Made& made) const;
  EdgeId add(MomentId to, Made& made);
  MomentId add(Moment moment, const Process& process);

  const bool merges_;
  std::deque<Edge> edges_;
  std::deque<Moment> moments_;
  std::deque<Message> messages_;
  std::vector<Process::Start> starts_;
  std::unordered_map<std::string, MessageId> message_numbers_;  // by their bytes
  std::unordered_map<std::string, EdgeId> begun_;               // by node and disk
  std::unordered_map<std::string, MomentId> states_;            // by node and state
  std::unordered_map<std::uint64_t, EdgeId> steps_;             // by moment and input
  std::unordered_map<MomentId, EdgeId> crashes_;
  std::array<Running, kNodes> running_;
};

}  // namespace assent::exhaustive
