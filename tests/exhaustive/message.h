// Message: what is in flight between two nodes, as the event that it will be at the receiver.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "coordinator/core/events.h"
#include "participant/core/events.h"
#include "tests/simulation/describe.h"

namespace assent::exhaustive {

enum class Node : std::uint8_t { kCoordinator, kStore1, kStore2, kClient1, kClient2 };
inline constexpr std::size_t kNodes = 5;

inline bool is_store(Node node) {
  return node == Node::kStore1 || node == Node::kStore2;
}
inline bool is_client(Node node) {
  return node == Node::kClient1 || node == Node::kClient2;
}

inline const char* name_of(Node node) {
  constexpr const char* kNames[] = {"coordinator", "store1", "store2", "client1", "client2"};
  return kNames[static_cast<std::size_t>(node)];
}

// REQUIRES: it is the name of a store.
inline Node store_named(const std::string& name) {
  return name == name_of(Node::kStore1) ? Node::kStore1 : Node::kStore2;
}

// Of an interactive transaction.
struct StatementAnswered {
  std::uint32_t statement_number = 0;
  participant::ExecuteAnswered answer;
};

using ToClient =
    std::variant<coordinator::OutcomeAnswered, coordinator::CallRefused, StatementAnswered, participant::CallRefused>;

struct Message {
  Node from{};
  Node to{};
  // Which start of the sender asks, so that no later one hears the answer; 0: it asks nothing, or never restarts.
  std::uint64_t asking_start = 0;
  // Of an answer: which start of the receiver asked. 0: whoever has the name hears it.
  std::uint64_t asked_start = 0;
  bool is_broken = false;  // the asker has given the call up, and will not hear its answer
  std::variant<coordinator::Event, participant::Event, ToClient> event;
};

// The transaction that a store is asked to prepare, with or without statements; nothing of any other message.
inline std::optional<TransactionId> asked_to_prepare(const Message& message) {
  const auto* const event = std::get_if<participant::Event>(&message.event);
  if (event == nullptr) return std::nullopt;
  if (const auto* whole = std::get_if<participant::ExecuteAndPrepareRequested>(event)) return whole->id;
  if (const auto* prepare = std::get_if<participant::PrepareRequested>(event)) return prepare->id;
  return std::nullopt;
}

// What the coordinator's process makes of a call for a vote that breaks; nothing if nobody waits for this one.
inline std::optional<Message> vote_lost(const Message& request) {
  const auto id = asked_to_prepare(request);
  if (!id || request.is_broken) return std::nullopt;
  return Message{request.to, request.from,
                 0,          request.asking_start,
                 false,      coordinator::Event(coordinator::VoteLost{name_of(request.to), *id, "no answer"})};
}

inline bool is_registration(const Message& message) {
  const auto* const event = std::get_if<coordinator::Event>(&message.event);
  return event != nullptr && std::holds_alternative<coordinator::StoreRegistered>(*event);
}

// If its receiver dies, it does not reach the next start: it is an answer to the one that asked, or made again for it.
inline bool ends_with_its_receiver(const Message& message) {
  return message.asked_start != 0 || is_registration(message);
}

inline std::string describe(const Message& message) {
  return std::string(name_of(message.from)) + " > " + name_of(message.to) + ": " + simulation::describe(message.event);
}

}  // namespace assent::exhaustive
