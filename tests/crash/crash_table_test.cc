// Tables of crashes and failures: where it happens, and how the transfer under way must end.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "tests/crash/cluster.h"

namespace assent::tests {
namespace {

using daemon::FailpointAction;
using enum Process;

struct CrashRow {
  std::string name;  // a sentence, behind what the failure matrix calls its row: letters, digits, `_`
  Process process = kCoordinator;
  std::string failpoint;
  std::uint32_t skip = 0;
  End end = End::kAborted;
  std::int64_t amount = 1;
  std::vector<Mode> modes = {Mode::kInteractive, Mode::kOneShot};
};

// One parameter of a test: a row, in one mode.
struct CrashCase {
  CrashRow row;
  Mode mode = Mode::kOneShot;
};

// For messages of failed tests.
void PrintTo(const CrashCase& crash, std::ostream* out) {  // NOLINT(readability-identifier-naming)
  *out << crash.row.name << " at " << crash.row.failpoint << ", skip " << crash.row.skip;
}

auto each_mode(const std::vector<CrashRow>& rows) {
  std::vector<CrashCase> cases;
  for (const auto& row : rows) {
    for (const auto mode : row.modes) cases.push_back({row, mode});
  }
  return testing::ValuesIn(cases);
}

std::string name_of(const testing::TestParamInfo<CrashCase>& info) {
  return info.param.row.name + suffix_of(info.param.mode);
}

// ---- a process dies, once, at each place ----

class Crash : public testing::TestWithParam<CrashCase> {};

TEST_P(Crash, ends_as_the_coordinators_log_says) {
  Cluster cluster;
  const auto& [row, mode] = GetParam();
  auto transfer = cluster.next_transfer(mode);
  transfer.amount = row.amount;
  auto begun = cluster.crash_during(transfer, row.process, row.failpoint, row.skip);
  cluster.restart(row.process);
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, row.end);
}

const std::vector<CrashRow> kCrashes{
    {"C1_no_prepare_was_sent", kCoordinator, "coordinator.before_send_prepare", 0, End::kAborted},
    {"C2_one_of_two_prepares_was_sent", kCoordinator, "coordinator.after_send_prepare", 0, End::kAborted},
    {"C2_both_prepares_were_sent", kCoordinator, "coordinator.after_send_prepare", 1, End::kAborted},
    {"C3_every_vote_is_yes_and_nothing_is_forced", kCoordinator, "coordinator.before_force", 0, End::kAborted},
    {"C4_nothing_of_the_record_is_written", kCoordinator, "log.before_write", 0, End::kAborted},
    {"C4_the_record_is_whole_and_not_forced", kCoordinator, "log.after_write", 0, End::kCommitted},
    {"C6_the_decision_is_forced_and_nobody_was_told", kCoordinator, "log.after_force", 0, End::kCommitted},
    {"C6_no_store_was_told", kCoordinator, "coordinator.before_send_decision", 0, End::kCommitted},
    {"C7_one_of_two_stores_was_told", kCoordinator, "coordinator.after_send_decision", 0, End::kCommitted},
    {"C8_both_stores_were_told", kCoordinator, "coordinator.after_send_decision", 1, End::kCommitted},
    {"C8_one_store_has_acknowledged", kCoordinator, "coordinator.acknowledged", 0, End::kCommitted},
    {"C9_both_have_acknowledged_and_no_end_is_written", kCoordinator, "coordinator.acknowledged", 1, End::kCommitted},
    {"C10_the_end_record_is_lost", kCoordinator, "log.before_write", 1, End::kCommitted},
    {"C10_the_end_record_is_written_and_nobody_knows", kCoordinator, "log.after_force", 1, End::kCommitted},
    {"C11_the_answer_to_the_client_is_lost", kCoordinator, "coordinator.before_answer", 0, End::kCommitted},
    {"C11_the_client_was_answered", kCoordinator, "coordinator.after_answer", 0, End::kCommitted},
    {"C12_no_store_was_told_of_an_abort", kCoordinator, "coordinator.before_send_decision", 0, End::kAborted,
     Cluster::kTooMuch},
    {"C12_a_store_was_told_of_an_abort", kCoordinator, "coordinator.after_send_decision", 0, End::kAborted,
     Cluster::kTooMuch},

    {"P1_while_it_works", kStoreA, "store.before_execute", 0, End::kAborted, 1, {Mode::kOneShot}},
    // Its first statement would begin the branch anew: nothing was lost with the old one.
    {"P1_between_its_statements", kStoreA, "store.before_execute", 1, End::kAborted, 1, {Mode::kInteractive}},
    {"P2_a_prepare_came", kStoreA, "participant.prepare_received", 0, End::kAborted},
    {"P3_before_the_force", kStoreA, "store.before_journal", 0, End::kAborted},
    {"P3_in_the_force", kStoreA, "store.before_journal_commit", 0, End::kAborted},
    {"P5_forced_and_the_vote_not_sent", kStoreA, "store.after_journal_commit", 0, End::kAborted},
    {"P5_the_vote_is_lost", kStoreA, "participant.before_vote", 0, End::kAborted},
    {"P6_the_vote_was_sent", kStoreA, "participant.after_vote", 0, End::kCommitted},
    {"P7_the_commit_came", kStoreA, "participant.decision_received", 0, End::kCommitted},
    {"P7_before_it_is_applied", kStoreA, "store.before_journal", 1, End::kCommitted},
    {"P8_while_it_is_applied", kStoreA, "store.before_journal_commit", 1, End::kCommitted},
    {"P9_applied_and_nobody_knows", kStoreA, "store.after_journal_commit", 1, End::kCommitted},
    {"P9_the_acknowledgement_is_lost", kStoreA, "participant.before_acknowledgement", 0, End::kCommitted},
    {"P9_the_acknowledgement_was_sent", kStoreA, "participant.after_acknowledgement", 0, End::kCommitted},
};

INSTANTIATE_TEST_SUITE_P(Rows, Crash, each_mode(kCrashes), name_of);

// ---- a force of the coordinator fails ----

class FailedForce : public testing::TestWithParam<CrashCase> {};

TEST_P(FailedForce, tells_nobody_anything_and_ends_the_process) {
  Cluster cluster;
  const auto& [row, mode] = GetParam();
  cluster.arm(kCoordinator, row.failpoint, FailpointAction::kError);
  const auto transfer = cluster.next_transfer(mode);
  auto begun = cluster.begin(transfer);
  EXPECT_EQ(cluster.wait_for_end(kCoordinator), 1);
  // Nobody can have been told yet: the client asks until the coordinator is back.
  EXPECT_EQ(begun.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  cluster.restart(kCoordinator);
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, row.end);
}

const std::vector<CrashRow> kFailedForces{
    {"C5_before_the_write", kCoordinator, "log.before_write", 0, End::kAborted},
    {"C5_in_the_write", kCoordinator, "log.after_write", 0, End::kCommitted},
    {"C5_in_the_force", kCoordinator, "log.before_force", 0, End::kCommitted},
    {"C5_behind_the_force", kCoordinator, "log.after_force", 0, End::kCommitted},
};

INSTANTIATE_TEST_SUITE_P(Rows, FailedForce, each_mode(kFailedForces), name_of);

// ---- a journal transaction of a store fails ----

class FailedJournal : public testing::TestWithParam<CrashCase> {};

TEST_P(FailedJournal, takes_the_store_offline_until_it_is_opened_again) {
  Cluster cluster;
  const auto& [row, mode] = GetParam();
  const auto start = cluster.store_status(kStoreA).start_number;
  cluster.arm(kStoreA, row.failpoint, FailpointAction::kError, row.skip);
  const auto transfer = cluster.next_transfer(mode);
  auto begun = cluster.begin(transfer);
  cluster.wait_for_pass(kStoreA, row.failpoint, row.skip + 1);
  cluster.disarm(kStoreA, row.failpoint);
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, row.end);
  EXPECT_GT(cluster.store_status(kStoreA).start_number, start) << "it was not opened again";
}

const std::vector<CrashRow> kFailedJournals{
    {"P4_before_the_write", kStoreA, "store.before_journal", 0, End::kAborted},
    {"P4_in_the_write", kStoreA, "store.before_journal_commit", 0, End::kAborted},
    {"P4_behind_the_force", kStoreA, "store.after_journal_commit", 0, End::kAborted},
    {"P8_before_the_write", kStoreA, "store.before_journal", 1, End::kCommitted},
    {"P8_in_the_write", kStoreA, "store.before_journal_commit", 1, End::kCommitted},
    {"P8_behind_the_force", kStoreA, "store.after_journal_commit", 1, End::kCommitted},
};

INSTANTIATE_TEST_SUITE_P(Rows, FailedJournal, each_mode(kFailedJournals), name_of);

}  // namespace
}  // namespace assent::tests
