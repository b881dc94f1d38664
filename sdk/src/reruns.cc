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
    : session_(session), retries_(session.environment(), session.options(), session.options().run_time_limit) {}

std::optional<Duration> Reruns::after(const std::exception_ptr& failure) {
  if (!is_worth_another_run(failure) || runs_ >= session_.options().run_attempts) return std::nullopt;
  const auto wait = retries_.next();
  if (!wait) return std::nullopt;
  ++runs_;
  session_.count_rerun();
  return wait;
}

}  // namespace assent::sdk
