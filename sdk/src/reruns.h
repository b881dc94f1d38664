// Reruns: whether a transaction may be run again, within the limits of ClientOptions.
#pragma once

#include <cstdint>

#include "sdk/src/backoff.h"
#include "sdk/src/session.h"

namespace assent::sdk {

class Reruns {
 public:
  explicit Reruns(Session& session);

  // REQUIRES: the last run is known to have had no effect. Counts, and waits; false at the limits.
  bool another();

 private:
  Session& session_;
  Backoff backoff_;
  const Session::Clock::time_point until_;
  std::uint32_t runs_ = 1;
};

}  // namespace assent::sdk
