// Each cell of the table of anomalies: on one store, across two, and while a commit has arrived at one and not at the
// other.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/isolation/schedule_runner.h"
#include "tests/isolation/schedules.h"

namespace assent::isolation {
namespace {

class Schedules : public testing::Test {
 protected:
  static void SetUpTestSuite() { runner = std::make_unique<ScheduleRunner>(); }
  static void TearDownTestSuite() { runner.reset(); }

  static void expect_all(const std::vector<NamedSchedule>& schedules, Placement placement, IsolationLevel level) {
    for (const auto& schedule : schedules) {
      const auto wrong = runner->run(schedule.steps, placement, level);
      EXPECT_FALSE(wrong) << schedule.anomaly << ", " << schedule.name << ":\n" << wrong.value_or("");
    }
  }

  // How many schedules of an anomaly there are in which it happens, or is tried in vain.
  static std::ptrdiff_t count(const std::vector<NamedSchedule>& schedules, const std::string& anomaly, bool happens) {
    return std::count_if(schedules.begin(), schedules.end(), [&](const NamedSchedule& schedule) {
      return schedule.anomaly == anomaly && schedule.happens == happens;
    });
  }

  static void expect_cell(const std::string& anomaly, bool possible, const std::vector<NamedSchedule>& schedules) {
    if (possible) {
      EXPECT_GT(count(schedules, anomaly, true), 0) << anomaly << " is possible, and happens in no schedule";
    } else {
      EXPECT_EQ(count(schedules, anomaly, true), 0) << anomaly << " is not possible, and happens in a schedule";
      EXPECT_GT(count(schedules, anomaly, false), 0) << anomaly << " is not possible, and no schedule tries it";
    }
  }

  static std::unique_ptr<ScheduleRunner> runner;
};

std::unique_ptr<ScheduleRunner> Schedules::runner;

std::vector<NamedSchedule> together(std::vector<NamedSchedule> some, const std::vector<NamedSchedule>& others) {
  some.insert(some.end(), others.begin(), others.end());
  return some;
}

TEST_F(Schedules, CoverEveryCellOfTheTable) {
  for (const auto& [anomaly, name, serializable, read_committed] : kAnomalyTable) {
    expect_cell(anomaly, serializable.on_one_store, kSerializableSchedules);
    expect_cell(anomaly, serializable.across_stores, together(kSerializableSchedules, kSerializableHeldSchedules));
    expect_cell(anomaly, read_committed.on_one_store, kReadCommittedSchedules);
    expect_cell(anomaly, read_committed.across_stores, together(kReadCommittedSchedules, kReadCommittedHeldSchedules));
    for (const auto* held : {&kSerializableHeldSchedules, &kReadCommittedHeldSchedules}) {
      EXPECT_GT(count(*held, anomaly, false) + count(*held, anomaly, true), 0)
          << anomaly << " is never tried while a decision is held";
    }
  }
}

// The rows of the table for users, each without its second cell, which says in plain words what happens.
std::vector<std::string> rows_for_users() {
  std::vector<std::string> rows;
  std::ifstream readme(ASSENT_SOURCE_DIR "/sdk/README.md");
  bool in_table = false;
  for (std::string line; std::getline(readme, line);) {
    if (in_table && line.starts_with("|") && !line.starts_with("| ---")) {
      const auto second = line.find('|', 1);
      rows.push_back(line.substr(0, second) + line.substr(line.find('|', second + 1)));
    }
    in_table = line.starts_with("| anomaly |") || (in_table && line.starts_with("|"));
  }
  return rows;
}

TEST_F(Schedules, AllowWhatTheTableForUsersSays) {
  const auto cell = [](bool possible) { return possible ? " possible |" : " never |"; };
  std::vector<std::string> rows;
  for (const auto& [anomaly, name, serializable, read_committed] : kAnomalyTable) {
    EXPECT_EQ(serializable.on_one_store, serializable.across_stores) << "it has one column there";
    rows.push_back("| " + name + " |" + cell(serializable.on_one_store) + cell(read_committed.on_one_store) +
                   cell(read_committed.across_stores));
  }
  EXPECT_EQ(rows_for_users(), rows);
}

TEST_F(Schedules, OfSerializableGoAsTheySayOnOneStore) {
  expect_all(kSerializableSchedules, Placement::kOneStore, IsolationLevel::kSerializable);
}

TEST_F(Schedules, OfSerializableGoAsTheySayAcrossTwoStores) {
  expect_all(kSerializableSchedules, Placement::kTwoStores, IsolationLevel::kSerializable);
}

TEST_F(Schedules, OfSerializableGoAsTheySayWhileADecisionIsHeldAtOneStore) {
  expect_all(kSerializableHeldSchedules, Placement::kTwoStores, IsolationLevel::kSerializable);
}

TEST_F(Schedules, OfReadCommittedGoAsTheySayOnOneStore) {
  expect_all(kReadCommittedSchedules, Placement::kOneStore, IsolationLevel::kReadCommitted);
}

TEST_F(Schedules, OfReadCommittedGoAsTheySayAcrossTwoStores) {
  expect_all(kReadCommittedSchedules, Placement::kTwoStores, IsolationLevel::kReadCommitted);
}

TEST_F(Schedules, OfReadCommittedGoAsTheySayWhileADecisionIsHeldAtOneStore) {
  expect_all(kReadCommittedHeldSchedules, Placement::kTwoStores, IsolationLevel::kReadCommitted);
}

// That the runner can fail.
TEST_F(Schedules, ThatGoOtherwiseAreReported) {
  const auto wrong = runner->run({{"T1", Side::kX, "UPDATE x SET value = 11", "changed 1"},
                                  {"T2", Side::kX, "SELECT value FROM x", kBlocked},
                                  {"T1", Side::kX, "SELECT value FROM x", "10"}},
                                 Placement::kOneStore, IsolationLevel::kSerializable);
  EXPECT_EQ(wrong,
            "  T1 at x: UPDATE x SET value = 11 -> changed 1\n"
            "  T2 at x: SELECT value FROM x -> blocked\n"
            "  T1 at x: SELECT value FROM x -> 11\n"
            "  expected: 10\n");
  const auto not_blocked = runner->run({{"T1", Side::kX, "SELECT value FROM x", kBlocked}}, Placement::kOneStore,
                                       IsolationLevel::kSerializable);
  EXPECT_EQ(not_blocked, "  T1 at x: SELECT value FROM x -> 10\n  expected: blocked\n");
}

}  // namespace
}  // namespace assent::isolation
