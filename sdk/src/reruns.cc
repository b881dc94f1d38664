#include "sdk/src/reruns.h"

#include "assent/errors.h"

namespace assent::sdk {

namespace {

bool is_worth_another_run(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Aborted& aborted) {
    return aborted.worth_another_run();
  } catch (const Unavailable&) {
    return true;
  } catch (const Overloaded&) {
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace

Reruns::Reruns(Session& session)
    : session_(session),
      backoff_(session.options().backoff_first, session.options().backoff_ceiling),
      until_(session.environment().now() + session.options().run_time_limit) {}

std::optional<Duration> Reruns::after(const std::exception_ptr& failure) {
  if (!is_worth_another_run(failure)) return std::nullopt;
  if (runs_ >= session_.options().run_attempts || session_.environment().now() >= until_) return std::nullopt;
  ++runs_;
  session_.count_rerun();
  return backoff_.next(session_.environment().random());
}

}  // namespace assent::sdk
