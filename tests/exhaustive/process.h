// Process: a node while it runs. It is a deterministic function of what it was started with and of the inputs since: a
// node's state is known by them, and can be had again by repeating them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

#include "tests/exhaustive/checker.h"
#include "tests/exhaustive/message.h"

namespace assent::exhaustive {

// What happens to a process, beside that a message is delivered to it.
enum class Input : std::uint8_t {
  kWrite,       // what it writes is durable
  kTimer,       // its next timer fires
  kSignOfLife,  // a store registers
  kAsk,         // a client asks for the outcome
};

struct Sent {
  Message message;
  std::function<void(Checker&)> check;  // what must hold when it leaves, and what it commits its sender to; or null
};

// What came of one input: first what is durable now (for a client: what it has read), then what leaves, in this order.
// The process may die in between.
struct Made {
  std::function<void(Checker&)> durable;
  std::vector<Sent> sent;
};

class Process {
 public:
  using Start = std::function<std::unique_ptr<Process>(Made&)>;

  virtual ~Process() = default;

  virtual void tell(const Message& message, Made& made) = 0;
  virtual void happens(Input input, Made& made) = 0;

  // Whether this may happen now: then it makes a difference.
  virtual bool can_happen(Input input) const = 0;

  // Of the start that runs; 0: it never restarts.
  virtual std::uint64_t start() const = 0;

  // What is left here of any transaction, for people; empty: it is at rest.
  virtual std::string left_over() const = 0;

  // What those hear whose calls wait for an answer, if it dies now.
  virtual std::vector<Message> farewell() const = 0;

  // It dies: how it starts again. `disk`: what that depends on, and nothing else.
  virtual Start dies(std::string& disk) const = 0;

  // All of its state: two processes of one node with the same state do the same from now on.
  virtual std::string state() const = 0;
};

// If the event is a call, it gets its number: the lowest that no call has that waits. So the number says nothing of
// those before it.
template <typename Event, typename CallId>
void begin_call(Event& event, const Message& message, std::map<CallId, Message>& waiting) {
  std::uint64_t number = 1;
  for (const auto& [call, request] : waiting) {
    if (call != CallId{number}) break;
    ++number;
  }
  std::visit(
      [&](auto& each) {
        if constexpr (requires { each.call; }) waiting.emplace(each.call = CallId{number}, message);
      },
      event);
}

}  // namespace assent::exhaustive
