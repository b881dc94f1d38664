// Reruns: whether a transaction may be run again, and when, within the limits of ClientOptions.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>

#include "sdk/src/retries.h"
#include "sdk/src/session.h"

namespace assent::sdk {

class Reruns {
 public:
  explicit Reruns(Session& session);

  // How long to wait before the next run, which is counted. Nothing if the failure is not worth one, at the limits, and
  // once the client goes.
  // REQUIRES: the last run is known to have had no effect.
  std::optional<Duration> after(const std::exception_ptr& failure);

 private:
  Session& session_;
  Retries retries_;
  std::uint32_t runs_ = 1;
};

}  // namespace assent::sdk
