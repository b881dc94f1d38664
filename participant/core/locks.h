// The names and modes of locks, as the store finds them and the lock table grants them. Pure values.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace assent::participant {

// Gray, Lorie, Putzolu, Traiger: Granularity of Locks and Degrees of Consistency in a Shared Data Base, 1976.
// A branch that asks for several modes of one name holds all of them.
enum class LockMode : std::uint8_t {
  kIntendShared = 1,     // some keys below are, or will be, shared
  kIntendExclusive = 2,  // some keys below are, or will be, exclusive
  kShared = 4,
  kExclusive = 8,
};

// The whole store (table and key empty), a table (key empty), or a key of a table. Keys are opaque bytes that the
// store makes: equal for values that SQLite holds equal, and different for each index of a table.
struct LockName {
  std::string table;
  std::string key;

  friend auto operator<=>(const LockName&, const LockName&) = default;
};

// Intentions above a key or table are not listed: the lock table adds them.
struct Lock {
  LockName name;
  LockMode mode = LockMode::kShared;

  friend auto operator<=>(const Lock&, const Lock&) = default;
};

using Locks = std::vector<Lock>;

}  // namespace assent::participant
