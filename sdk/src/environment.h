// Environment: all that the client's logic asks of the world: the time, chance, and calls to others. `Network` is the
// real one; a simulator has another, so that what retries, asks again and gives up is the same code there.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "assent/result.h"
#include "assent/time.h"
#include "assent_types.h"

namespace assent::sdk {

// Connections to one address are kept apart by what they are for: a call that timed out takes with it all the others
// of its connection.
enum class Lane {
  kCalls,    // answered soon, or not at all
  kApplied,  // answered when every store has applied the transaction, which may be down for long
};

struct Route {
  std::string address;  // host:port
  Duration deadline{};  // without an answer by then the call ends as kUnknown
  Lane lane = Lane::kCalls;
};

template <typename Answer>
using OnAnswer = std::function<void(Result<Answer>)>;

// Thread-safe. Actions and answers come one at a time, and never from inside the function that was given them. An
// answer comes exactly once; its error is as rpc::Channel::call() gives it, or kInvalidInput for an address that is
// none.
class Environment {
 public:
  Environment() = default;
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  virtual ~Environment() = default;

  // Actions and answers come whatever becomes of the threads that call it.
  virtual bool has_own_thread() const = 0;
  // Whether this is inside an action or an answer, where nothing may wait for another one.
  virtual bool is_inside() const = 0;
  virtual Time now() const = 0;
  virtual std::uint64_t random() = 0;  // evenly from all numbers of 32 bits
  virtual void after(Duration delay, std::function<void()> action) = 0;

  // Has the action run inside: at once if this is inside.
  template <typename Action>
  void inside(Action action) {
    if (is_inside()) return action();
    after(Duration::zero(), std::move(action));
  }

  // Nothing should be tried again: soon nothing will be answered but that it is unavailable.
  virtual bool is_closing() const = 0;
  virtual void close_soon() = 0;

  virtual void call(Route to, wire::LeaseRequest request, OnAnswer<wire::Lease> on_answer) = 0;
  virtual void call(Route to, wire::LocateRequest request, OnAnswer<wire::StoreLocation> on_answer) = 0;
  virtual void call(Route to, wire::ExecuteRequest request, OnAnswer<wire::ExecuteAnswer> on_answer) = 0;
  virtual void call(Route to, wire::SubmitRequest request, OnAnswer<wire::Outcome> on_answer) = 0;
  virtual void call(Route to, wire::CommitRequest request, OnAnswer<wire::Outcome> on_answer) = 0;
  virtual void call(Route to, wire::AbortRequest request, OnAnswer<wire::Outcome> on_answer) = 0;
  virtual void call(Route to, wire::OutcomeRequest request, OnAnswer<wire::Outcome> on_answer) = 0;
};

}  // namespace assent::sdk
