#include "sdk/src/retries.h"

namespace assent::sdk {

Retries::Retries(Environment& environment, const ClientOptions& options, Duration time_limit)
    : environment_(environment),
      until_(environment.now() + time_limit),
      backoff_(options.backoff_first, options.backoff_ceiling) {}

std::optional<Duration> Retries::next() {
  if (environment_.is_closing() || environment_.now() >= until_) return std::nullopt;
  return backoff_.next(environment_.random());
}

}  // namespace assent::sdk
