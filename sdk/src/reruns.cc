#include "sdk/src/reruns.h"

namespace assent::sdk {

Reruns::Reruns(Session& session)
    : session_(session),
      backoff_(session.options().backoff_first, session.options().backoff_ceiling),
      until_(Session::Clock::now() + session.options().run_time_limit) {}

bool Reruns::another() {
  if (runs_ >= session_.options().run_attempts || Session::Clock::now() >= until_) return false;
  ++runs_;
  session_.count_rerun();
  backoff_.wait();
  return true;
}

}  // namespace assent::sdk
