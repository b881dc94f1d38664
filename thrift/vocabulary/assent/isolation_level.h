// How much of other transactions a transaction may see, and what it pays for that in waiting.
#pragma once

#include <cstdint>
#include <string_view>

namespace assent {

// https://pmg.csail.mit.edu/papers/icde00.pdf (Adya, Liskov, O'Neil: Generalized Isolation Level Definitions).
enum class IsolationLevel : std::uint8_t {
  // As if transactions ran one after the other, over all stores, in the order of real time. What a transaction reads
  // stays as it is until it ends: others that would change it wait, or are wounded.
  kSerializable = 1,

  // Each SELECT sees the last committed state of its store, and the transaction's own writes; it locks nothing and
  // waits for nobody. What was read may have changed a moment later, also between two statements. So these may happen:
  // lost updates (what was read and written back undoes the change of another), read skew, write skew, phantoms, and
  // fractured reads (one store shows another transaction's effects, and another store does not show them yet).
  // Nothing uncommitted is ever seen. Writes lock what they change until the end; unique and foreign keys hold.
  kReadCommitted = 2,
};

// `serializable`, `read-committed`.
std::string_view to_string(IsolationLevel level);

}  // namespace assent
