// The coordinator dies at every step of a transfer, and comes back.
#include <gtest/gtest.h>

#include "tests/crash/cluster.h"
#include "tests/crash/log_files.h"

namespace assent::tests {
namespace {

using daemon::FailpointAction;
using enum Process;

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
    const auto transfer = cluster.next_transfer(mode);
    auto begun = cluster.crash_during(transfer, kCoordinator, "log.after_write");
    tear_last_block(cluster.folder() / "log");
    cluster.restart(kCoordinator);
    cluster.end(std::move(begun));
    cluster.check_invariants(transfer.id, End::kAborted);
  }
}

// ---- outcomes, checkpoints, recoveries ----

TEST(CoordinatorCrashes, C11_an_outcome_is_committed_and_then_forgotten_and_never_aborted) {
  Cluster cluster(Links::kDirect, {"--transaction-timeout", "3s", "--lease-use", "500ms", "--retention", "4s"});
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
  auto begun = cluster.run_until_crash(kCoordinator, GetParam());
  cluster.restart(kCoordinator);
  for (auto& each : begun) cluster.end(std::move(each));
  cluster.check_invariants();
}

INSTANTIATE_TEST_SUITE_P(Places, CrashInCheckpoint,
                         testing::Values("log.checkpoint.before_switch", "log.checkpoint.after_switch"),
                         [](const auto& info) { return info.param.substr(info.param.rfind('.') + 1); });

TEST(CoordinatorCrashes, C14_again_and_again_during_recovery) {
  Cluster cluster;
  const auto transfer = cluster.next_transfer(Mode::kInteractive);
  auto begun = cluster.crash_during(transfer, kCoordinator, "log.after_force");
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
  const auto transfer = cluster.next_transfer(Mode::kOneShot);
  auto begun = cluster.crash_during(transfer, kCoordinator, "coordinator.before_force");
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
  const auto transfer = cluster.next_transfer(Mode::kInteractive);
  auto begun = cluster.crash_during(transfer, kCoordinator, "log.after_write");
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
