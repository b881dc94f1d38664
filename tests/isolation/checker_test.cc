// The checker itself, on histories written by hand: each known anomaly, and histories that have none.
#include "tests/isolation/checker.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/isolation/mixed_levels.h"
#include "tests/isolation/written_history.h"

namespace assent::isolation {
namespace {

struct Written {
  const char* name;  // a sentence
  const char* history;
  std::multiset<Anomaly> expected;
  const char* evidence;  // part of the report; list x is number 120
};

class HistoryIsChecked : public testing::TestWithParam<Written> {};

TEST_P(HistoryIsChecked, AndShowsExactlyTheAnomaliesThatItHas) {
  const auto history = with_reads_apart(written_history(GetParam().history));
  const auto findings = check(history);
  std::multiset<Anomaly> found;
  for (const auto& finding : findings) found.insert(finding.anomaly);
  const auto said = report(findings, history);
  EXPECT_EQ(found, GetParam().expected) << said;
  EXPECT_NE(said.find(GetParam().evidence), std::string::npos) << said;
}

const Written kCleanHistories[] = {
    {"nothing_happened", "", {}, ""},
    {"one_after_the_other",
     "T1 0-1: x+1 x=1\n"
     "T2 2-3: x=1 x+2 y+1\n"
     "T3 4-5: x=1,2 y=1",
     {},
     ""},
    {"concurrent_ones_may_come_in_either_order",
     "T1 0-9: x=1 x+2 x=1,2\n"
     "T2 0-9: x+1 y=\n"
     "T3 0-9: x=1,2 y+1",
     {},
     ""},
    {"a_transaction_reads_its_own_appends_in_order",
     "T1 0-9: x=  x+1 x=1 x+2 x=1,2\n"
     "T2 0-9: x=1,2 x+3 x=1,2,3",
     {},
     ""},
    {"what_was_aborted_was_never_seen",
     "T1 0-1: x+1\n"
     "T2 2-3 aborted: x+2\n"
     "T3 4-5: x=1",
     {},
     ""},
    {"what_an_aborted_transaction_read_need_not_have_been_true",
     "T1 0-1: x+1\n"
     "T2 2-3 aborted: x=7,8",
     {},
     ""},
    {"what_is_unknown_may_never_have_committed",
     "T1 0-? unknown: x+1 y=5\n"
     "T2 2-3: x=",
     {},
     ""},
    {"what_is_unknown_may_commit_late",
     "T1 0-? unknown: x+1\n"
     "T2 2-3: x=\n"
     "T3 4-5: x=1",
     {},
     ""},
    {"appends_that_nobody_read_come_in_any_order",
     "T1 0-9: x= x+1\n"
     "T2 10-19: x+2\n"
     "T3 10-19: x+3",
     {},
     ""},
    {"a_transaction_that_began_when_another_ended_is_not_behind_it",
     "T1 0-5: x+1\n"
     "T2 5-9: x=\n"
     "T3 0-9: x=1",
     {},
     ""},
    {"read_committed_may_read_what_is_old_and_what_changes_between",
     "T1 0-1: x+1 y+1\n"
     "T2 2-3 read-committed: x= y=1 x=1 z+1\n"
     "T3 4-5: z=1",
     {},
     ""},
    {"read_committed_may_write_what_it_read_too_early",
     "T1 0-9 read-committed: x= y+1\n"
     "T2 0-9 read-committed: y= x+2\n"
     "T3 10-11: x=2 y=1",
     {},
     ""},
    {"read_committed_sees_its_own_appends",
     "T1 0-9 read-committed aborted: x= x+1 x=1\n"
     "T2 0-9: x=",
     {},
     ""},
};

const Written kAnomalousHistories[] = {
    {"dirty_write",
     "T1 0-9: x+1 y+1\n"
     "T2 0-9: x+2 y+2\n"
     "T3 10-11: x=1,2 y=2,1",
     {Anomaly::kG0},
     "T1 -ww list 120-> T2 -ww list 121-> T1"},
    {"aborted_read",
     "T1 0-9 aborted: x+1\n"
     "T2 0-9: x=1",
     {Anomaly::kG1a},
     "T2 read 1 in list 120, which the aborted T1 appended"},
    {"aborted_read_that_has_gone_later",
     "T1 0-1 aborted: x+1\n"
     "T2 2-3: x=1\n"
     "T3 4-5: x+2 x=2",
     {Anomaly::kG1a, Anomaly::kIncompatibleOrder},
     ""},
    {"intermediate_read",
     "T1 0-9: x+1 x+2\n"
     "T2 0-9: x=1",
     {Anomaly::kG1b, Anomaly::kGSingle},
     "T2 read [1] in list 120, to which T1 appended more"},
    {"circular_information_flow",
     "T1 0-9: x+1 y=2\n"
     "T2 0-9: y+2 x=1",
     {Anomaly::kG1c},
     "T1 -wr list 120-> T2 -wr list 121-> T1"},
    {"lost_update",
     "T1 0-9: x= x+1\n"
     "T2 0-9: x= x+2\n"
     "T3 10-11: x=1,2",
     {Anomaly::kGSingle},
     "T1 -ww list 120-> T2 -rw list 120-> T1"},
    {"read_skew",
     "T1 0-9: x= y=1\n"
     "T2 0-9: x+1 y+1\n"
     "T3 10-11: x=1",
     {Anomaly::kGSingle},
     "T1 -rw list 120-> T2 -wr list 121-> T1"},
    {"one_transaction_reads_a_list_twice_and_finds_more",
     "T1 0-9: x= x=1\n"
     "T2 0-9: x+1",
     {Anomaly::kGSingle},
     ""},
    {"write_skew",
     "T1 0-9: x= y+1\n"
     "T2 0-9: y= x+2\n"
     "T3 10-11: x=2 y=1",
     {Anomaly::kG2},
     "T1 -rw list 120-> T2 -rw list 121-> T1"},
    {"write_skew_whose_appends_nobody_read",
     "T1 0-9: x= y+1\n"
     "T2 0-9: y= x+2",
     {Anomaly::kG2},
     ""},
    {"two_observers_see_two_appends_in_opposite_orders",
     "T1 0-9: x+1\n"
     "T2 0-9: y+1\n"
     "T3 0-9: x=1 y=\n"
     "T4 0-9: y=1 x=\n"
     "T5 10-11: x=1 y=1",
     {Anomaly::kG2},
     ""},
    {"own_appends_with_one_of_another_between",
     "T1 0-9: x+1 x+3\n"
     "T2 0-9: x+2\n"
     "T3 10-11: x=1,2,3",
     {Anomaly::kG0},
     ""},
    {"stale_read",
     "T1 0-1: x+1\n"
     "T2 2-3: x=\n"
     "T3 4-5: x=1",
     {Anomaly::kRealTime},
     "T1 -rt-> T2 -rw list 120-> T1"},
    {"append_before_one_that_had_ended",
     "T1 0-1: x+1\n"
     "T2 2-3: x+2\n"
     "T3 4-5: x=2,1",
     {Anomaly::kRealTime},
     "T1 -rt-> T2 -ww list 120-> T1"},
    {"read_of_the_future",
     "T1 0-1: x=1\n"
     "T2 2-3: x+1",
     {Anomaly::kRealTime},
     "T1 -rt-> T2 -wr list 120-> T1"},
    {"real_time_through_a_third_transaction",
     "T1 0-1: x+1\n"
     "T2 2-5: y=\n"
     "T3 4-9: y+1 x=\n"
     "T4 6-7: x=1 y=1",
     {Anomaly::kRealTime},
     "T1 -rt-> T3 -rw list 120-> T1"},
    {"lost_append",
     "T1 0-1: x+1\n"
     "T2 2-3: x+2\n"
     "T3 4-5: x=2",
     {Anomaly::kLostAppend},
     "T1 committed an append of [1] to list 120 before T3 began, which did not read it"},
    {"duplicate_element",
     "T1 0-1: x+1\n"
     "T2 2-3: x=1,1",
     {Anomaly::kDuplicate},
     "T2 read 1 in list 120 twice: [1 1]"},
    {"duplicate_element_that_a_longer_read_shows",
     "T1 0-1: x+1\n"
     "T2 2-3: x=1\n"
     "T3 4-5: x=1,1",
     {Anomaly::kDuplicate, Anomaly::kGSingle},
     ""},
    {"incompatible_orders",
     "T1 0-9: x+1\n"
     "T2 0-9: x+2\n"
     "T3 0-9: x=1,2\n"
     "T4 0-9: x=2,1",
     {Anomaly::kIncompatibleOrder},
     ""},
    {"element_from_nowhere", "T1 0-1: x=7", {Anomaly::kFromNowhere}, "T1 read 7 in list 120, which nobody appended"},
    {"own_append_that_is_not_seen",
     "T1 0-1: x+1 x=\n"
     "T2 2-3: x=1",
     {Anomaly::kInternal},
     "T1 had appended [1] to list 120, and read []"},
    {"own_append_that_is_seen_too_early", "T1 0-1: x=1 x+1", {Anomaly::kInternal}, ""},
    {"own_appends_in_another_order", "T1 0-1: x+1 x+2 x=2,1", {Anomaly::kInternal}, ""},
    {"what_is_unknown_has_committed_if_it_was_read",
     "T1 0-? unknown: x+1 y=2\n"
     "T2 0-9: y+2 x=1",
     {Anomaly::kG1c},
     "T1"},
    {"what_an_unknown_transaction_read_was_committed_too",
     "T1 0-? unknown: x+1 y=2\n"
     "T2 0-? unknown: y+2 z=3\n"
     "T3 0-9 aborted: z+3\n"
     "T4 0-9: x=1",
     {Anomaly::kG1a},
     "T2 read 3 in list 122, which the aborted T3 appended"},
    {"read_committed_reads_nothing_that_is_aborted",
     "T1 0-9 aborted: x+1\n"
     "T2 0-9 read-committed aborted: x=1",
     {Anomaly::kG1a},
     "T2 reading read 1"},
    {"writes_of_read_committed_have_an_order",
     "T1 0-9 read-committed: x+1 y+1\n"
     "T2 0-9: x+2 y+2\n"
     "T3 10-11: x=1,2 y=2,1",
     {Anomaly::kG0},
     ""},
    {"read_committed_does_not_excuse_others",
     "T1 0-9 read-committed: x+1 y+1\n"
     "T2 0-9: x= y=1",
     {Anomaly::kGSingle},
     ""},
    {"a_component_is_named_by_its_worst_cycle",
     "T1 0-9: x+1 y+1 z=\n"
     "T2 0-9: x+2 y+2\n"
     "T3 0-9: z+3 x=1\n"
     "T4 10-11: x=1,2 y=2,1 z=3",
     {Anomaly::kG0},
     "T1 -ww"},
    {"two_components_are_two_findings",
     "T1 0-9: x= y+1\n"
     "T2 0-9: y= x+2\n"
     "T3 0-9: p+1 q=2\n"
     "T4 0-9: q+2 p=1",
     {Anomaly::kG2, Anomaly::kG1c},
     ""},
};

std::string sentence(const testing::TestParamInfo<Written>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Clean, HistoryIsChecked, testing::ValuesIn(kCleanHistories), sentence);
INSTANTIATE_TEST_SUITE_P(Anomalous, HistoryIsChecked, testing::ValuesIn(kAnomalousHistories), sentence);

TEST(Checker, RefusesARecordingThatAppendsAnElementTwice) {
  EXPECT_THROW(check(written_history("T1 0-1: x+1\nT2 2-3: x+1")), std::invalid_argument);
}

TEST(Checker, TheShortestCycleOfItsKindIsShown) {
  // Also T1 -> T2 -> T3 -> T1.
  const auto history = written_history(
      "T1 0-9: a+1 c=3 p+1\n"
      "T2 0-9: b+2 a=1 q+1 p=1\n"
      "T3 0-9: c+3 b=2\n"
      "T4 0-9: q=1 r+1\n"
      "T5 0-9: r=1 q=1\n"
      "T6 0-9: s+1 a=1\n"
      "T7 0-9: s=1\n");
  const auto findings = check(history);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].anomaly, Anomaly::kG1c);
  EXPECT_EQ(findings[0].cycle.size(), 3U) << report(findings, history);
}

}  // namespace
}  // namespace assent::isolation
