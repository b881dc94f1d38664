// Backoff: how long to wait before a peer is tried again. Doubles with each failure in a row up to a ceiling, and is
// shortened by up to a half at random, so that those who lost a peer together do not come back together.
#pragma once

#include <cstdint>
#include <random>

#include "assent/time.h"

namespace assent::rpc {

class Backoff {
 public:
  // The same seed gives the same delays.
  Backoff(Duration first, Duration ceiling, std::uint32_t seed) : first_(first), ceiling_(ceiling), random_(seed) {}

  // An attempt failed; returns the delay before the next.
  Duration failed();
  void succeeded() { failures_ = 0; }

 private:
  Duration first_;
  Duration ceiling_;
  std::minstd_rand random_;
  std::uint32_t failures_ = 0;
};

}  // namespace assent::rpc
