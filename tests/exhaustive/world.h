// World: a small world to explore: what its clients do, and how much may go wrong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/exhaustive/script.h"

namespace assent::exhaustive {

// How often, in all, on one path.
struct Budget {
  std::uint8_t crashes = 0;  // a process dies, anywhere between two effects, and starts again
  std::uint8_t losses = 0;   // a message, or the connection that its answer would come on
  std::uint8_t repeats = 0;  // a message arrives twice
  std::uint8_t timers = 0;   // fire before all else is quiet
  std::uint8_t asks = 0;     // a client asks for an outcome, at any time
};

enum class Size : std::uint8_t {
  kSmall,   // explored also as a whole, with nothing left out, and compared
  kMedium,  // of seconds
  kLong,    // takes minutes, or gigabytes
};

struct World {
  std::string name;
  Budget budget;
  std::vector<Script> clients;  // one or two
  Size size = Size::kSmall;
};

// The small ones first, and the smallest of those.
const std::vector<World>& worlds();

}  // namespace assent::exhaustive
