// Backoff: how long to wait before the next try. Doubles up to a ceiling; each wait is drawn from its upper half, so
// that those who failed together do not come back together.
#pragma once

#include <chrono>

namespace assent::sdk {

class Backoff {
 public:
  using Milliseconds = std::chrono::milliseconds;

  // REQUIRES: both are positive.
  Backoff(Milliseconds first, Milliseconds ceiling) : next_(first), ceiling_(ceiling) {}

  // Waits on the calling thread.
  void wait();

 private:
  Milliseconds next_;
  Milliseconds ceiling_;
};

}  // namespace assent::sdk
