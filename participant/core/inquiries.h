// When to ask again: pauses that double up to a ceiling, spread so that a thousand branches that began to wait
// together do not ask together. No random number: the spread is a hash of the transaction and the attempt.
#pragma once

#include <cstdint>
#include <optional>

#include "assent/time.h"
#include "assent/transaction_id.h"

namespace assent::participant {

// The pause after `attempts` attempts: first * 2^attempts, at most `ceiling`, of that between a half and the whole.
Duration spread_pause(const TransactionId& id, std::uint32_t attempts, Duration first, Duration ceiling);

// One thing that is asked for again and again until it is answered.
struct Backoff {
  std::optional<Time> next;  // nothing: not asking
  std::uint32_t attempts = 0;

  bool is_due(Time now) const { return next && *next <= now; }

  void start(Time at) { *this = {.next = at, .attempts = 0}; }
  void stop() { next.reset(); }

  // An attempt was made just now.
  void attempted(const TransactionId& id, Time now, Duration first, Duration ceiling) {
    ++attempts;
    next = now + spread_pause(id, attempts, first, ceiling);
  }
};

}  // namespace assent::participant
