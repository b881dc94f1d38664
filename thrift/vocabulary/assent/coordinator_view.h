// What a coordinator says of itself on every message and every answer to a store.
#pragma once

#include <string>
#include <vector>

#include "assent/transaction_id.h"

namespace assent {

// The commits that ended and whose end records are durable: all with a position up to `through`, but those in
// `except`. It only grows. Stores may delete the rows of released branches.
struct Released {
  Position through{};
  std::vector<Position> except;  // ascending, each at most `through`

  bool contains(Position commit) const;

  // Becomes the union of both, for two messages of one coordinator that may have overtaken each other. Whether `other`
  // had anything new.
  bool merge(const Released& other);

  friend bool operator==(const Released&, const Released&) = default;
};

// The line of starts that a coordinator belongs to, as a store remembers it.
struct CoordinatorLine {
  LogIdentity log{};
  Epoch epoch{};
  Nonce nonce{};
  Position durable{};  // the highest position that is durable in its log

  friend bool operator==(const CoordinatorLine&, const CoordinatorLine&) = default;
};

struct CoordinatorView {
  CoordinatorLine line;
  std::string address;  // host:port, where inquiries go
  Released released;

  friend bool operator==(const CoordinatorView&, const CoordinatorView&) = default;
};

}  // namespace assent
