// The coordinator dies at every step of a transfer, and comes back.
#include <gtest/gtest.h>

#include "tests/crash/crash_row.h"
#include "tests/crash/log_files.h"

namespace assent::tests {
namespace {

using daemon::FailpointAction;
using enum Process;

// ---- once, at each place ----

class CoordinatorCrash : public testing::TestWithParam<CrashCase> {};

TEST_P(CoordinatorCrash, ends_as_the_log_says) {
  Cluster cluster;
  const auto& [row, mode] = GetParam();
  cluster.arm(kCoordinator, row.failpoint, FailpointAction::kCrash, row.skip);
  const auto transfer = cluster.next_transfer(mode);
  auto begun = cluster.begin(transfer);
  ASSERT_EQ(cluster.wait_for_end(kCoordinator), -SIGKILL);
  cluster.restart(kCoordinator);
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, row.end);
}

const std::vector<CrashRow> kCoordinatorRows{
    {"C1_no_prepare_was_sent", "coordinator.before_send_prepare", 0, End::kAborted},
    {"C2_one_of_two_prepares_was_sent", "coordinator.after_send_prepare", 0, End::kAborted},
    {"C2_both_prepares_were_sent", "coordinator.after_send_prepare", 1, End::kAborted},
    {"C3_every_vote_is_yes_and_nothing_is_forced", "coordinator.before_force", 0, End::kAborted},
    {"C4_nothing_of_the_record_is_written", "log.before_write", 0, End::kAborted},
    {"C4_the_record_is_whole_and_not_forced", "log.after_write", 0, End::kCommitted},
    {"C6_the_decision_is_forced_and_nobody_was_told", "log.after_force", 0, End::kCommitted},
    {"C6_no_store_was_told", "coordinator.before_send_decision", 0, End::kCommitted},
    {"C7_one_of_two_stores_was_told", "coordinator.after_send_decision", 0, End::kCommitted},
    {"C8_both_stores_were_told", "coordinator.after_send_decision", 1, End::kCommitted},
    {"C8_one_store_has_acknowledged", "coordinator.acknowledged", 0, End::kCommitted},
    {"C9_both_have_acknowledged_and_no_end_is_written", "coordinator.acknowledged", 1, End::kCommitted},
    {"C10_the_end_record_is_lost", "log.before_write", 1, End::kCommitted},
    {"C10_the_end_record_is_written_and_nobody_knows", "log.after_force", 1, End::kCommitted},
    {"C11_the_answer_to_the_client_is_lost", "coordinator.before_answer", 0, End::kCommitted},
    {"C11_the_client_was_answered", "coordinator.after_answer", 0, End::kCommitted},
};

INSTANTIATE_TEST_SUITE_P(Rows, CoordinatorCrash, testing::ValuesIn(each_mode(kCoordinatorRows)), name_of);

TEST(CoordinatorCrashes, C1_between_two_statements) {
  Cluster cluster;
  {
    auto txn = cluster.client().begin();
    txn.execute("a", "UPDATE accounts SET balance = 0 WHERE id = 1");
    cluster.kill(kCoordinator);
    cluster.restart(kCoordinator);
    EXPECT_THROW(
        {
          txn.execute("b", "UPDATE accounts SET balance = 2000 WHERE id = 1");
          txn.commit();
        },
        Aborted);
  }
  cluster.check_invariants();
}

TEST(CoordinatorCrashes, C4_half_of_the_record_is_on_disk) {
  for (const auto mode : {Mode::kInteractive, Mode::kOneShot}) {
    Cluster cluster;
    cluster.arm(kCoordinator, "log.after_write", FailpointAction::kCrash);
    const auto transfer = cluster.next_transfer(mode);
    auto begun = cluster.begin(transfer);
    ASSERT_EQ(cluster.wait_for_end(kCoordinator), -SIGKILL);
    tear_last_block(cluster.folder() / "log");
    cluster.restart(kCoordinator);
    cluster.end(std::move(begun));
    cluster.check_invariants(transfer.id, End::kAborted);
  }
}

// ---- a force that fails ----

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
    {"C5_before_the_write", "log.before_write", 0, End::kAborted},
    {"C5_in_the_write", "log.after_write", 0, End::kCommitted},
    {"C5_in_the_force", "log.before_force", 0, End::kCommitted},
    {"C5_behind_the_force", "log.after_force", 0, End::kCommitted},
};

INSTANTIATE_TEST_SUITE_P(Rows, FailedForce, testing::ValuesIn(each_mode(kFailedForces)), name_of);

// ---- aborts ----

class CrashInAbort : public testing::TestWithParam<CrashCase> {};

TEST_P(CrashInAbort, ends_in_an_abort_everywhere) {
  Cluster cluster;
  const auto& [row, mode] = GetParam();
  auto transfer = cluster.next_transfer(mode);
  transfer.amount = -2 * Cluster::kBalance;  // store b cannot pay
  cluster.arm(kCoordinator, row.failpoint, FailpointAction::kCrash, row.skip);
  auto begun = cluster.begin(transfer);
  ASSERT_EQ(cluster.wait_for_end(kCoordinator), -SIGKILL);
  cluster.restart(kCoordinator);
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, End::kAborted);
}

const std::vector<CrashRow> kAborts{
    {"C12_no_store_was_told", "coordinator.before_send_decision", 0, End::kAborted},
    {"C12_a_store_was_told", "coordinator.after_send_decision", 0, End::kAborted},
};

INSTANTIATE_TEST_SUITE_P(Rows, CrashInAbort, testing::ValuesIn(each_mode(kAborts)), name_of);

// ---- outcomes, checkpoints, recoveries ----

TEST(CoordinatorCrashes, C11_an_outcome_is_committed_and_then_forgotten_and_never_aborted) {
  Cluster cluster(Links::kDirect, {"--transaction-timeout", "1s", "--lease-use", "500ms", "--retention", "2s"});
  const auto told = cluster.run(cluster.next_transfer(Mode::kOneShot));
  ASSERT_EQ(told.what, Told::What::kCommitted) << told.detail;
  cluster.kill(kCoordinator);
  cluster.restart(kCoordinator);
  EXPECT_EQ(cluster.client().outcome(told.id).kind, OutcomeKind::kCommitted);
  EXPECT_TRUE(becomes_true([&] {
    const auto kind = cluster.client().outcome(told.id).kind;
    EXPECT_NE(kind, OutcomeKind::kAborted);
    return kind == OutcomeKind::kForgotten;
  }));
  cluster.kill(kCoordinator);
  cluster.restart(kCoordinator);
  EXPECT_NE(cluster.client().outcome(told.id).kind, OutcomeKind::kAborted);
  cluster.check_invariants();
}

class CrashInCheckpoint : public testing::TestWithParam<std::string> {};

TEST_P(CrashInCheckpoint, C13_keeps_every_decision) {
  Cluster cluster(Links::kDirect, {"--segment", "64KiB"});
  cluster.arm(kCoordinator, GetParam(), FailpointAction::kCrash);
  // Enough of them to fill a segment.
  while (cluster.daemon(kCoordinator).is_running()) {
    std::vector<std::future<Told>> begun;
    for (std::int64_t account = 1; account <= Cluster::kAccounts; ++account) {
      auto transfer = cluster.next_transfer(Mode::kOneShot);
      transfer.account = account;
      begun.push_back(cluster.begin(transfer));
    }
    while (cluster.daemon(kCoordinator).is_running() &&
           begun.back().wait_for(std::chrono::milliseconds(1)) == std::future_status::timeout) {
    }
    if (!cluster.daemon(kCoordinator).is_running()) {
      EXPECT_EQ(cluster.wait_for_end(kCoordinator), -SIGKILL);
      cluster.restart(kCoordinator);
      for (auto& each : begun) cluster.end(std::move(each));
      break;
    }
    for (auto& each : begun) cluster.end(std::move(each));
  }
  cluster.check_invariants();
}

INSTANTIATE_TEST_SUITE_P(Places, CrashInCheckpoint,
                         testing::Values("log.checkpoint.before_switch", "log.checkpoint.after_switch"),
                         [](const auto& info) { return info.param.substr(info.param.rfind('.') + 1); });

TEST(CoordinatorCrashes, C14_again_and_again_during_recovery) {
  Cluster cluster;
  cluster.arm(kCoordinator, "log.after_force", FailpointAction::kCrash);
  const auto transfer = cluster.next_transfer(Mode::kInteractive);
  auto begun = cluster.begin(transfer);
  ASSERT_EQ(cluster.wait_for_end(kCoordinator), -SIGKILL);
  for (int round = 0; round < 2; ++round) {
    for (const auto* const failpoint :
         {"log.checkpoint.before_switch", "log.checkpoint.after_switch", "coordinator.recovered",
          "coordinator.before_send_decision", "coordinator.after_send_decision"}) {
      cluster.crash_in_recovery(kCoordinator, failpoint);
    }
  }
  cluster.crash_in_recovery(kCoordinator, "coordinator.acknowledged");
  cluster.crash_in_recovery(kCoordinator, "coordinator.before_registration");
  cluster.restart(kCoordinator);
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, End::kCommitted);
}

TEST(CoordinatorCrashes, C14_undecided_ones_stay_aborted_through_many_recoveries) {
  Cluster cluster;
  cluster.arm(kCoordinator, "coordinator.before_force", FailpointAction::kCrash);
  const auto transfer = cluster.next_transfer(Mode::kOneShot);
  auto begun = cluster.begin(transfer);
  ASSERT_EQ(cluster.wait_for_end(kCoordinator), -SIGKILL);
  for (const auto* const failpoint :
       {"coordinator.recovered", "coordinator.before_inquiry_answer", "coordinator.after_inquiry_answer"}) {
    cluster.crash_in_recovery(kCoordinator, failpoint);
  }
  cluster.restart(kCoordinator);
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, End::kAborted);
}

TEST(CoordinatorCrashes, C15_stopped_for_longer_than_every_timeout) {
  Cluster cluster(Links::kDirect, {"--transaction-timeout", "1s"});
  cluster.arm(kCoordinator, "coordinator.before_force", FailpointAction::kPause);
  const auto transfer = cluster.next_transfer(Mode::kInteractive);
  auto begun = cluster.begin(transfer);
  cluster.wait_for_pass(kCoordinator, "coordinator.before_force");
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  cluster.disarm(kCoordinator, "coordinator.before_force");
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, End::kCommitted);
}

TEST(CoordinatorCrashes, C18_opening_forces_what_it_acts_upon) {
  Cluster cluster;
  const auto log = cluster.folder() / "log";
  cluster.arm(kCoordinator, "log.after_write", FailpointAction::kCrash);
  const auto transfer = cluster.next_transfer(Mode::kInteractive);
  auto begun = cluster.begin(transfer);
  ASSERT_EQ(cluster.wait_for_end(kCoordinator), -SIGKILL);
  const auto unforced = newest_segment(log);
  cluster.crash_in_recovery(kCoordinator, "coordinator.recovered");  // opened, and nothing was sent yet
  // The power fails: what was never forced is gone, and the decision is in a segment that was.
  EXPECT_NE(newest_segment(log), unforced);
  std::filesystem::remove(unforced);
  cluster.restart(kCoordinator);
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, End::kCommitted);
}

}  // namespace
}  // namespace assent::tests
