// Failpoints: named places around every durable step and every send, where a test can make a daemon crash, pause or
// fail. They exist in builds with ASSENT_FAILPOINTS only; elsewhere passing one costs nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "assent/result.h"

namespace assent::daemon {

#ifdef ASSENT_FAILPOINTS

// Any thread. Returns true if the operation shall report an error; does not return if it shall crash.
bool failpoint(const char* name);

// Any thread. Whether some failpoint is armed.
bool is_any_failpoint_armed();

#else

constexpr bool failpoint(const char* /*name*/) {
  return false;
}

#endif

enum class FailpointAction : std::uint8_t {
  kOff = 0,
  kCrash = 1,  // the process kills itself with SIGKILL
  kPause = 2,  // the thread stops there until the failpoint is armed otherwise
  kError = 3,  // the operation reports an error, each time
};

// One failpoint that was armed or passed since the start.
struct FailpointState {
  std::string name;
  FailpointAction action = FailpointAction::kOff;
  std::uint64_t passes = 0;  // how often a thread came by, the times that it acted included
};

// What is to be armed: `log.before_force=crash@3`.
struct FailpointOrder {
  std::string name;
  FailpointAction action = FailpointAction::kOff;
  std::uint32_t skip = 0;  // how many passes go by, counted from now, before it acts

  friend bool operator==(const FailpointOrder&, const FailpointOrder&) = default;
};

std::string_view to_string(FailpointAction action);

// Orders separated by commas, each `name=action` or `name=action@skip`; an error names the order that is wrong.
Result<std::vector<FailpointOrder>> parse_failpoints(std::string_view text);

// Any thread. Replaces what the failpoint was armed with; whoever is paused there goes on.
void arm(const FailpointOrder& order);

// Any thread. By name.
std::vector<FailpointState> failpoints();

// Arms what the environment variable ASSENT_FAILPOINTS says. In a build without failpoints a set variable is an
// error: a test that believes to inject crashes must not pass because nothing crashed.
Result<void> arm_failpoints_from_environment();

}  // namespace assent::daemon
