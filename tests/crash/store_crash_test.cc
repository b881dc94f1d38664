// A store's process dies at every step of a transfer, and comes back.
#include <gtest/gtest.h>

#include "tests/crash/crash_row.h"
#include "thrift/rpc/methods.h"

namespace assent::tests {
namespace {

using daemon::FailpointAction;
using enum Process;

// ---- once, at each place ----

class StoreCrash : public testing::TestWithParam<CrashCase> {};

TEST_P(StoreCrash, ends_as_the_coordinator_says) {
  Cluster cluster;
  const auto& [row, mode] = GetParam();
  cluster.arm(kStoreA, row.failpoint, FailpointAction::kCrash, row.skip);
  const auto transfer = cluster.next_transfer(mode);
  auto begun = cluster.begin(transfer);
  ASSERT_EQ(cluster.wait_for_end(kStoreA), -SIGKILL);
  cluster.restart(kStoreA);
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, row.end);
}

const std::vector<CrashRow> kStoreRows{
    {"P1_while_it_works", "store.before_execute", 0, End::kAborted, {Mode::kOneShot}},
    // Its first statement would begin the branch anew: nothing was lost with the old one.
    {"P1_between_its_statements", "store.before_execute", 1, End::kAborted, {Mode::kInteractive}},
    {"P2_a_prepare_came", "participant.prepare_received", 0, End::kAborted},
    {"P3_before_the_force", "store.before_journal", 0, End::kAborted},
    {"P3_in_the_force", "store.before_journal_commit", 0, End::kAborted},
    {"P5_forced_and_the_vote_not_sent", "store.after_journal_commit", 0, End::kAborted},
    {"P5_the_vote_is_lost", "participant.before_vote", 0, End::kAborted},
    {"P6_the_vote_was_sent", "participant.after_vote", 0, End::kCommitted},
    {"P7_the_commit_came", "participant.decision_received", 0, End::kCommitted},
    {"P7_before_it_is_applied", "store.before_journal", 1, End::kCommitted},
    {"P8_while_it_is_applied", "store.before_journal_commit", 1, End::kCommitted},
    {"P9_applied_and_nobody_knows", "store.after_journal_commit", 1, End::kCommitted},
    {"P9_the_acknowledgement_is_lost", "participant.before_acknowledgement", 0, End::kCommitted},
    {"P9_the_acknowledgement_was_sent", "participant.after_acknowledgement", 0, End::kCommitted},
};

INSTANTIATE_TEST_SUITE_P(Rows, StoreCrash, testing::ValuesIn(each_mode(kStoreRows)), name_of);

// ---- a journal transaction that fails ----

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
    {"P4_before_the_write", "store.before_journal", 0, End::kAborted},
    {"P4_in_the_write", "store.before_journal_commit", 0, End::kAborted},
    {"P4_behind_the_force", "store.after_journal_commit", 0, End::kAborted},
    {"P8_before_the_write", "store.before_journal", 1, End::kCommitted},
    {"P8_in_the_write", "store.before_journal_commit", 1, End::kCommitted},
    {"P8_behind_the_force", "store.after_journal_commit", 1, End::kCommitted},
};

INSTANTIATE_TEST_SUITE_P(Rows, FailedJournal, testing::ValuesIn(each_mode(kFailedJournals)), name_of);

// ---- acknowledgements, aborts, reads ----

TEST(StoreCrashes, P10_nothing_is_acknowledged_before_it_is_durable) {
  Cluster cluster;
  cluster.arm(kStoreA, "store.before_journal_commit", FailpointAction::kPause, 1);
  auto transfer = cluster.next_transfer(Mode::kOneShot);
  transfer.when = Return::applied;
  auto begun = cluster.begin(transfer);
  cluster.wait_for_pass(kStoreA, "store.before_journal_commit", 2);
  EXPECT_EQ(begun.wait_for(std::chrono::milliseconds(300)), std::future_status::timeout);
  EXPECT_EQ(cluster.coordinator_status().committing, 1);
  cluster.disarm(kStoreA, "store.before_journal_commit");
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, End::kCommitted);
}

TEST(StoreCrashes, P11_an_abort_came_to_a_prepared_branch) {
  Cluster cluster;
  auto transfer = cluster.next_transfer(Mode::kOneShot);
  transfer.amount = -2 * Cluster::kBalance;  // store b cannot pay, but not before a has prepared
  cluster.arm(kStoreB, "store.before_execute", FailpointAction::kPause);
  cluster.arm(kStoreA, "participant.after_vote", FailpointAction::kOff);
  cluster.arm(kStoreA, "participant.decision_received", FailpointAction::kCrash);
  auto begun = cluster.begin(transfer);
  cluster.wait_for_pass(kStoreA, "participant.after_vote");
  cluster.disarm(kStoreB, "store.before_execute");
  ASSERT_EQ(cluster.wait_for_end(kStoreA), -SIGKILL);
  cluster.restart(kStoreA);
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, End::kAborted);
}

TEST(StoreCrashes, P12_after_a_no_it_never_says_yes) {
  Cluster cluster;
  auto transfer = cluster.next_transfer(Mode::kOneShot);
  transfer.amount = -2 * Cluster::kBalance;
  cluster.arm(kStoreB, "participant.after_vote", FailpointAction::kCrash);
  auto begun = cluster.begin(transfer);
  ASSERT_EQ(cluster.wait_for_end(kStoreB), -SIGKILL);
  cluster.restart(kStoreB);
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, End::kAborted);
}

TEST(StoreCrashes, P13_a_reader_hears_nothing_more_and_a_commit_changes_nothing) {
  Cluster cluster;
  cluster.arm(kStoreA, "participant.after_vote", FailpointAction::kCrash);
  auto txn = cluster.client().begin();
  txn.query("a", "SELECT balance FROM accounts WHERE id = 1");
  const auto branch = cluster.branches(kStoreA).at(0);
  txn.execute("b", "UPDATE accounts SET balance = balance WHERE id = 1");
  EXPECT_TRUE(txn.commit().committed());
  ASSERT_EQ(cluster.wait_for_end(kStoreA), -SIGKILL);
  cluster.restart(kStoreA);
  cluster.check_invariants();

  wire::DecideRequest late;
  late.store = "a";
  late.coordinator = cluster.view();
  late.opening = cluster.store_status(kStoreA).opening;
  late.decisions.emplace_back();
  late.decisions[0].id = branch.id;
  late.decisions[0].__set_branch(branch.branch);
  late.decisions[0].kind = wire::DecisionKind::COMMIT;
  late.decisions[0].commit_position = late.coordinator.durable_position;
  const auto before = cluster.transfers_at(kStoreA);
  cluster.call(kStoreA, rpc::methods::kDecide, late);
  EXPECT_EQ(cluster.transfers_at(kStoreA), before);
  cluster.check_invariants();
}

// ---- recoveries ----

// Store a has voted yes, and the coordinator has died before it decided.
std::future<Told> leave_in_doubt(Cluster& cluster, const Transfer& transfer) {
  cluster.arm(kCoordinator, "coordinator.before_force", FailpointAction::kCrash);
  auto begun = cluster.begin(transfer);
  EXPECT_EQ(cluster.wait_for_end(kCoordinator), -SIGKILL);
  return begun;
}

TEST(StoreCrashes, P14_a_branch_in_doubt_holds_its_locks_before_the_first_connection) {
  Cluster cluster;
  const auto transfer = cluster.next_transfer(Mode::kInteractive);
  auto begun = leave_in_doubt(cluster, transfer);
  const auto locks = cluster.store_status(kStoreA).locks;
  EXPECT_GT(locks, 0);
  for (int round = 0; round < 2; ++round) {
    cluster.kill(kStoreA);
    cluster.restart(kStoreA);
    const auto status = cluster.store_status(kStoreA);
    EXPECT_EQ(status.prepared, 1);
    EXPECT_EQ(status.locks, locks);
    EXPECT_FALSE(cluster.can_be_started_twice(kStoreA)) << "its file is not claimed";
  }
  cluster.restart(kCoordinator);
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, End::kAborted);
}

TEST(StoreCrashes, P15_again_and_again_during_recovery) {
  Cluster cluster;
  const auto transfer = cluster.next_transfer(Mode::kOneShot);
  auto begun = leave_in_doubt(cluster, transfer);
  cluster.restart(kCoordinator);
  for (int round = 0; round < 2; ++round) {
    cluster.kill(kStoreB);
    for (const auto* const failpoint : {"participant.recovered", "participant.before_register"}) {
      cluster.crash_in_recovery(kStoreB, failpoint);
    }
    cluster.restart(kStoreB);
  }
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, End::kAborted);
}

TEST(StoreCrashes, P15_with_a_commit_to_apply) {
  Cluster cluster;
  cluster.arm(kStoreA, "participant.decision_received", FailpointAction::kCrash);
  const auto transfer = cluster.next_transfer(Mode::kInteractive);
  auto begun = cluster.begin(transfer);
  ASSERT_EQ(cluster.wait_for_end(kStoreA), -SIGKILL);
  for (const auto* const failpoint :
       {"participant.before_inquiry", "store.before_journal", "store.before_journal_commit",
        "store.after_journal_commit", "participant.recovered", "participant.before_register"}) {
    cluster.crash_in_recovery(kStoreA, failpoint);
  }
  cluster.restart(kStoreA);
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, End::kCommitted);
}

TEST(StoreCrashes, P16_around_the_checkpoint_that_forces_what_was_written) {
  Cluster cluster;
  cluster.arm(kStoreA, "store.after_journal_commit", FailpointAction::kCrash, 1);
  const auto transfer = cluster.next_transfer(Mode::kInteractive);
  auto begun = cluster.begin(transfer);
  ASSERT_EQ(cluster.wait_for_end(kStoreA), -SIGKILL);
  for (const auto* const failpoint : {"store.before_checkpoint", "store.after_checkpoint"}) {
    cluster.crash_in_recovery(kStoreA, failpoint);
  }
  cluster.restart(kStoreA);
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, End::kCommitted);
}

}  // namespace
}  // namespace assent::tests
