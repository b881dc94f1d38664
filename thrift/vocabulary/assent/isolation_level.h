// How much of other transactions a transaction may see.
#pragma once

#include <cstdint>
#include <string_view>

namespace assent {

// https://pmg.csail.mit.edu/papers/icde00.pdf (Adya, Liskov, O'Neil: Generalized Isolation Level Definitions).
enum class IsolationLevel : std::uint8_t {
  kSerializable = 1,   // as if transactions ran one after the other, in the order of real time
  kReadCommitted = 2,  // reads lock nothing, and see what was committed when they ran; updates may be lost
};

// `serializable`, `read-committed`.
std::string_view to_string(IsolationLevel level);

}  // namespace assent
