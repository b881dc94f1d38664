// Retries: when something is tried again: with backoff, until a time is over or the client goes.
#pragma once

#include <optional>

#include "assent/client.h"
#include "assent/time.h"
#include "sdk/src/backoff.h"
#include "sdk/src/environment.h"

namespace assent::sdk {

class Retries {
 public:
  // The environment outlives it.
  Retries(Environment& environment, const ClientOptions& options, Duration time_limit);

  // How long to wait before the next try; nothing if there should be none.
  std::optional<Duration> next();

 private:
  Environment& environment_;
  const Time until_;
  Backoff backoff_;
};

}  // namespace assent::sdk
