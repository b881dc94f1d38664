// Backoff: how long to wait before the next try. Doubles up to a ceiling; each wait is drawn from its upper half, so
// that those who failed together do not come back together.
#pragma once

#include <cstdint>

#include "assent/time.h"

namespace assent::sdk {

class Backoff {
 public:
  // REQUIRES: both are positive.
  Backoff(Duration first, Duration ceiling) : next_(first), ceiling_(ceiling) {}

  // `random` is any number of 32 bits.
  Duration next(std::uint64_t random);

 private:
  Duration next_;
  Duration ceiling_;
};

}  // namespace assent::sdk
