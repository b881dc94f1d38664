// What must hold whatever anybody sends. A broken one is an error of this program: it stops at once, in release
// builds too, before the error can reach the disk.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace assent::participant {

inline void check_invariant(bool holds, const char* text) {
  if (holds) return;
  std::fprintf(stderr, "broken invariant: %s\n", text);
  std::abort();
}

}  // namespace assent::participant
