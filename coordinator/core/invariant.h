// Invariants are checked in every build: a coordinator that finds itself wrong stops before it tells anyone.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace assent::coordinator {

// `text` begins with the number of the invariant, which the header comment of the caller's class spells out.
inline void invariant(bool holds, const char* text) {
  if (holds) return;
  static_cast<void>(std::fprintf(stderr, "broken invariant: %s\n", text));
  std::abort();
}

}  // namespace assent::coordinator
