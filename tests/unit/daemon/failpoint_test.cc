#include "thrift/daemon/failpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <thread>

namespace assent::daemon {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(FailpointOrderTest, OrdersAreReadWithAndWithoutSkips) {
  EXPECT_THAT(parse_failpoints("log.before_force=crash@3,store.before_journal=pause").value(),
              ElementsAre(FailpointOrder{"log.before_force", FailpointAction::kCrash, 3},
                          FailpointOrder{"store.before_journal", FailpointAction::kPause, 0}));
}

TEST(FailpointOrderTest, AnOrderThatIsWrongIsNamed) {
  for (const char* text : {"name", "=crash", "name=explode", "name=crash@", "name=crash@x", "name=crash@-1"}) {
    const auto orders = parse_failpoints(std::string("good=error,") + text);
    ASSERT_FALSE(orders.has_value()) << text;
    EXPECT_THAT(orders.error().message, HasSubstr("`" + std::string(text) + "`"));
  }
}

#ifdef ASSENT_FAILPOINTS

FailpointState state_of(const std::string& name) {
  for (const auto& state : failpoints()) {
    if (state.name == name) return state;
  }
  return {};
}

TEST(FailpointTest, AnUnarmedFailpointOnlyCounts) {
  EXPECT_FALSE(failpoint("test.unarmed"));
  EXPECT_FALSE(failpoint("test.unarmed"));
  EXPECT_EQ(state_of("test.unarmed").passes, 2U);
}

TEST(FailpointTest, AnErrorIsReportedAfterTheSkippedPassesUntilItIsSwitchedOff) {
  arm({"test.error", FailpointAction::kError, 2});
  EXPECT_FALSE(failpoint("test.error"));
  EXPECT_FALSE(failpoint("test.error"));
  EXPECT_TRUE(failpoint("test.error"));
  EXPECT_TRUE(failpoint("test.error"));
  arm({"test.error", FailpointAction::kOff, 0});
  EXPECT_FALSE(failpoint("test.error"));
  EXPECT_EQ(state_of("test.error").passes, 5U);
}

TEST(FailpointTest, APausedThreadGoesOnWhenTheFailpointIsArmedOtherwise) {
  arm({"test.pause", FailpointAction::kPause, 0});
  std::thread paused([] { EXPECT_FALSE(failpoint("test.pause")); });
  while (state_of("test.pause").passes == 0) std::this_thread::yield();
  arm({"test.pause", FailpointAction::kOff, 0});
  paused.join();
}

TEST(FailpointDeathTest, ACrashIsAKillThatNothingCanCatch) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto crash = [] {
    arm({"test.crash", FailpointAction::kCrash, 1});
    failpoint("test.crash");
    failpoint("test.crash");
  };
  EXPECT_EXIT(crash(), testing::KilledBySignal(SIGKILL), "");
}

TEST(FailpointEnvironmentTest, TheEnvironmentArms) {
  setenv("ASSENT_FAILPOINTS", "test.environment=error", 1);
  EXPECT_TRUE(arm_failpoints_from_environment().has_value());
  EXPECT_TRUE(failpoint("test.environment"));
  unsetenv("ASSENT_FAILPOINTS");
}

TEST(FailpointEnvironmentTest, AMistakeInTheEnvironmentIsAnError) {
  setenv("ASSENT_FAILPOINTS", "test.environment=eror", 1);
  const auto armed = arm_failpoints_from_environment();
  unsetenv("ASSENT_FAILPOINTS");
  ASSERT_FALSE(armed.has_value());
  EXPECT_THAT(armed.error().message, HasSubstr("ASSENT_FAILPOINTS: `test.environment=eror`"));
}

#else

TEST(FailpointEnvironmentTest, ABuildWithoutFailpointsRefusesToBeArmed) {
  setenv("ASSENT_FAILPOINTS", "test.environment=error", 1);
  EXPECT_FALSE(arm_failpoints_from_environment().has_value());
  unsetenv("ASSENT_FAILPOINTS");
}

#endif

}  // namespace
}  // namespace assent::daemon
