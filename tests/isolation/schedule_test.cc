// No schedule of the level `serializable` shows an anomaly: on one store, across two, and while a commit has arrived at
// one store and not at the other.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include "tests/isolation/schedule_runner.h"
#include "tests/isolation/serializable_schedules.h"

namespace assent::isolation {
namespace {

class Schedules : public testing::Test {
 protected:
  static void SetUpTestSuite() { runner = std::make_unique<ScheduleRunner>(); }
  static void TearDownTestSuite() { runner.reset(); }

  // The schedules of the list, and that each anomaly has one.
  static void run_all(const std::vector<NamedSchedule>& schedules, Placement placement) {
    std::set<std::string> shown;
    for (const auto& schedule : schedules) {
      const auto wrong = runner->run(schedule.steps, placement);
      EXPECT_FALSE(wrong) << schedule.anomaly << ", " << schedule.name << ":\n" << wrong.value_or("");
      shown.insert(schedule.anomaly);
    }
    EXPECT_EQ(shown, (std::set<std::string>(kScheduledAnomalies.begin(), kScheduledAnomalies.end())));
  }

  static std::unique_ptr<ScheduleRunner> runner;
};

std::unique_ptr<ScheduleRunner> Schedules::runner;

TEST_F(Schedules, OfSerializableShowNoAnomalyOnOneStore) {
  run_all(kSerializableSchedules, Placement::kOneStore);
}

TEST_F(Schedules, OfSerializableShowNoAnomalyAcrossTwoStores) {
  run_all(kSerializableSchedules, Placement::kTwoStores);
}

TEST_F(Schedules, OfSerializableShowNoAnomalyWhileADecisionIsHeldAtOneStore) {
  run_all(kSerializableHeldSchedules, Placement::kTwoStores);
}

// That the runner can fail.
TEST_F(Schedules, ThatGoOtherwiseAreReported) {
  const auto wrong = runner->run({{"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
                                  {"T2", Side::kX, "SELECT value FROM x", kBlocked},
                                  {"T1", Side::kX, "SELECT value FROM x", "10"}},
                                 Placement::kOneStore);
  EXPECT_EQ(wrong,
            "  T1 at x: UPDATE x SET value = 11 -> changed 1\n"
            "  T2 at x: SELECT value FROM x -> blocked\n"
            "  T1 at x: SELECT value FROM x -> 11\n"
            "  expected: 10\n");
  const auto not_blocked =
      runner->run({{"T1", Side::kX, "SELECT value FROM x", kBlocked}}, Placement::kOneStore).value_or("");
  EXPECT_EQ(not_blocked, "  T1 at x: SELECT value FROM x -> 10\n  expected: blocked\n");
}

}  // namespace
}  // namespace assent::isolation
