// Reruns: whether a transaction may be run again, and when, within the limits of ClientOptions.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>

#include "sdk/src/backoff.h"
#include "sdk/src/session.h"

namespace assent::sdk {

class Reruns {
 public:
  explicit Reruns(Session& session);

  // How long to wait before the next run, which is counted. Nothing if the failure is not worth one, or at the limits.
  // REQUIRES: the last run is known to have had no effect.
  std::optional<Duration> after(const std::exception_ptr& failure);

 private:
  Session& session_;
  Backoff backoff_;
  const Time until_;
  std::uint32_t runs_ = 1;
};

}  // namespace assent::sdk
