// Failpoints: named places around every durable step and every send, where a test can make a daemon crash, pause or
// fail. They exist in builds with ASSENT_FAILPOINTS only; elsewhere passing one costs nothing.
#pragma once

namespace assent::daemon {

#ifdef ASSENT_FAILPOINTS

// Any thread. Returns true if the operation shall report an error; does not return if it shall crash.
bool failpoint(const char* name);

#else

constexpr bool failpoint(const char* /*name*/) {
  return false;
}

#endif

}  // namespace assent::daemon
