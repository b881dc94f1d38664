#include "thrift/daemon/failpoint.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>

namespace assent::daemon {

namespace {

constexpr const char* kVariable = "ASSENT_FAILPOINTS";

struct Failpoint {
  FailpointAction action = FailpointAction::kOff;
  std::uint32_t skip = 0;
  std::uint64_t passes = 0;
  std::uint64_t orders = 0;  // how often it was armed: who pauses waits for the next order
};

struct Registry {
  std::mutex mutex;
  std::condition_variable armed;
  std::map<std::string, Failpoint, std::less<>> failpoints;
};

// The one thing in Assent that every thread reaches without being handed it: a failpoint must cost its caller no
// argument. It is never destroyed, so that a thread may pass a failpoint while the process ends.
Registry& registry() {
  static auto& only = *new Registry;
  return only;
}

std::optional<FailpointAction> parse_action(std::string_view text) {
  for (const auto action :
       {FailpointAction::kOff, FailpointAction::kCrash, FailpointAction::kPause, FailpointAction::kError}) {
    if (to_string(action) == text) return action;
  }
  return std::nullopt;
}

Result<FailpointOrder> parse_order(std::string_view text) {
  const Error error{ErrorKind::kInvalidInput, "`" + std::string(text) +
                                                  "` arms no failpoint: write name=action or name=action@skip, with "
                                                  "an action of crash, pause, error or off"};
  const auto equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos) return error;
  const auto what = text.substr(equals + 1);
  const auto at = what.find('@');
  const auto action = parse_action(what.substr(0, at));
  if (!action) return error;
  FailpointOrder order{std::string(text.substr(0, equals)), *action, 0};
  if (at != std::string_view::npos) {
    const auto skip = what.substr(at + 1);
    const auto [end, code] = std::from_chars(skip.data(), skip.data() + skip.size(), order.skip);
    if (code != std::errc{} || end != skip.data() + skip.size()) return error;
  }
  return order;
}

}  // namespace

#ifdef ASSENT_FAILPOINTS

bool failpoint(const char* name) {
  auto& all = registry();
  std::unique_lock lock(all.mutex);
  auto& point = all.failpoints[name];
  ++point.passes;
  if (point.action == FailpointAction::kOff) return false;
  if (point.skip > 0) {
    --point.skip;
    return false;
  }
  switch (point.action) {
    case FailpointAction::kOff: return false;
    case FailpointAction::kError: return true;
    case FailpointAction::kCrash:
      // Holding the lock, so that no other thread passes a failpoint after the crash was decided.
      kill(getpid(), SIGKILL);
      for (;;) pause();
    case FailpointAction::kPause: {
      const auto order = point.orders;
      all.armed.wait(lock, [&point, order] { return point.orders != order; });
      return false;
    }
  }
  return false;
}

bool is_any_failpoint_armed() {
  auto& all = registry();
  const std::lock_guard lock(all.mutex);
  return std::any_of(all.failpoints.begin(), all.failpoints.end(),
                     [](const auto& entry) { return entry.second.action != FailpointAction::kOff; });
}

#endif

std::string_view to_string(FailpointAction action) {
  switch (action) {
    case FailpointAction::kOff: return "off";
    case FailpointAction::kCrash: return "crash";
    case FailpointAction::kPause: return "pause";
    case FailpointAction::kError: return "error";
  }
  return "invalid";
}

Result<std::vector<FailpointOrder>> parse_failpoints(std::string_view text) {
  std::vector<FailpointOrder> orders;
  while (!text.empty()) {
    const auto comma = text.find(',');
    auto order = parse_order(text.substr(0, comma));
    if (!order) return order.error();
    orders.push_back(std::move(*order));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return orders;
}

void arm(const FailpointOrder& order) {
  auto& all = registry();
  {
    const std::lock_guard lock(all.mutex);
    auto& point = all.failpoints[order.name];
    point.action = order.action;
    point.skip = order.skip;
    ++point.orders;
  }
  all.armed.notify_all();
}

std::vector<FailpointState> failpoints() {
  auto& all = registry();
  const std::lock_guard lock(all.mutex);
  std::vector<FailpointState> states;
  for (const auto& [name, point] : all.failpoints) states.push_back({name, point.action, point.passes});
  return states;
}

Result<void> arm_failpoints_from_environment() {
  const char* text = std::getenv(kVariable);
  if (text == nullptr || *text == '\0') return {};
#ifdef ASSENT_FAILPOINTS
  const auto orders = parse_failpoints(text);
  if (!orders) return Error{orders.error().kind, std::string(kVariable) + ": " + orders.error().message};
  for (const auto& order : *orders) arm(order);
  return {};
#else
  return Error{ErrorKind::kInvalidInput, std::string(kVariable) +
                                             " is set, but this build carries no failpoints: unset it, or build with "
                                             "-DASSENT_FAILPOINTS=ON"};
#endif
}

}  // namespace assent::daemon
