// What must hold whatever anybody sends. A broken one is an error of this program: it stops at once, in release
// builds too, before the error can reach the disk or a coordinator.
#pragma once

#include <stdexcept>
#include <string>

namespace assent::participant {

[[noreturn]] inline void throw_broken_invariant(const char* text) {
  throw std::logic_error(std::string("broken invariant ") + text);
}

// `text` begins with the number of the invariant, which the header comment of the caller's class spells out.
// An exception cannot leave a noexcept function: the process is terminated, and its last words are the text.
inline void invariant(bool holds, const char* text) noexcept {
  if (!holds) throw_broken_invariant(text);
}

}  // namespace assent::participant
