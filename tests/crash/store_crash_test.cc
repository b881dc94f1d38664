// A store's process dies at every step of a transfer, and comes back.
#include <gtest/gtest.h>

#include "tests/crash/raw_calls.h"
#include "thrift/rpc/methods.h"

namespace assent::tests {
namespace {

using daemon::FailpointAction;
using enum Process;

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
  transfer.amount = Cluster::kTooMuch;  // store b cannot pay, but not before a has prepared
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
  const auto statement = first_statement(lease(cluster), kStoreB, 5);
  const auto answer = cluster.call(kStoreB, rpc::methods::kExecute, statement);
  auto asked = prepare(cluster, kStoreB, statement.id, answer.branch);
  asked.statement_count = 2;  // and the second never came
  cluster.arm(kStoreB, "participant.after_vote", FailpointAction::kCrash);
  EXPECT_EQ(cluster.call(kStoreB, rpc::methods::kPrepare, asked).vote, wire::Vote::NO);
  ASSERT_EQ(cluster.wait_for_end(kStoreB), -SIGKILL);
  cluster.restart(kStoreB);
  EXPECT_THROW(cluster.call(kStoreB, rpc::methods::kPrepare, asked), ResultError) << "it means the store of before";
  // Nor if it is asked anew, and for no more than it had executed.
  const auto again = prepare(cluster, kStoreB, statement.id, answer.branch);
  EXPECT_EQ(cluster.call(kStoreB, rpc::methods::kPrepare, again).vote, wire::Vote::NO);
  EXPECT_EQ(cluster.store_status(kStoreB).prepared, 0);
  cluster.check_invariants();
}

TEST(StoreCrashes, P12_after_a_no_it_executes_nothing_that_comes_again) {
  Cluster cluster(Links::kProxied);
  cluster.proxy(kStoreB).arrange(Direction::kRequest, "execute_and_prepare", Fate::kCopy);
  auto transfer = cluster.next_transfer(Mode::kOneShot);
  transfer.account = 2;
  transfer.amount = -Cluster::kBalance - 1;  // one more than store b can pay
  auto begun = cluster.crash_during(transfer, kStoreB, "participant.after_vote");
  cluster.restart(kStoreB);
  cluster.end(std::move(begun));
  auto missing = cluster.next_transfer(Mode::kOneShot);
  missing.account = 2;
  missing.attempts = 100;
  EXPECT_EQ(cluster.run(missing).what, Told::What::kCommitted);
  cluster.wait_until_nothing_is_left();
  // Now it could, and would vote yes.
  const auto executions = cluster.passes(kStoreB, "store.before_execute");
  cluster.release_and_receive(kStoreB, {"participant.prepare_received"});
  cluster.wait_until_nothing_is_left();
  EXPECT_EQ(cluster.passes(kStoreB, "store.before_execute"), executions);
  cluster.check_invariants(transfer.id, End::kAborted);
}

TEST(StoreCrashes, P13_a_reader_hears_nothing_more_and_a_commit_of_it_commits_nothing) {
  Cluster cluster(Links::kProxied);
  auto txn = cluster.client().begin();
  txn.query("a", "SELECT balance FROM accounts WHERE id = 1");
  const auto reader = cluster.branches(kStoreA).at(0);
  txn.execute("b", "UPDATE accounts SET balance = balance WHERE id = 1");
  const auto decisions = cluster.passes(kStoreA, "participant.decision_received");
  EXPECT_TRUE(txn.commit(Return::applied).committed());
  cluster.wait_until_nothing_is_left();
  EXPECT_EQ(cluster.passes(kStoreA, "participant.decision_received"), decisions);
  EXPECT_EQ(decide(cluster, reader, wire::DecisionKind::COMMIT).kind, wire::AcknowledgementKind::REFUSED);
  EXPECT_EQ(cluster.store_status(kStoreA).alarms, 1);

  // Nor if the store has forgotten it, and a late copy of a statement has begun another branch in its place, which
  // wrote and is prepared: the commit is not meant for that.
  cluster.kill(kStoreA);
  cluster.restart(kStoreA);
  cluster.proxy(kCoordinator).arrange(Direction::kRequest, "inquire", Fate::kDrop, 1000);  // it stays in doubt
  wire::Lease of_the_same;
  of_the_same.first = reader.id;
  const auto writes = first_statement(of_the_same, kStoreA, -5);
  const auto writer = cluster.call(kStoreA, rpc::methods::kExecute, writes).branch;
  EXPECT_NE(writer, reader.branch);
  EXPECT_EQ(cluster.call(kStoreA, rpc::methods::kPrepare, prepare(cluster, kStoreA, reader.id, writer)).vote,
            wire::Vote::YES);
  EXPECT_EQ(decide(cluster, reader, wire::DecisionKind::COMMIT).kind, wire::AcknowledgementKind::REFUSED);
  EXPECT_EQ(cluster.store_status(kStoreA).alarms, 1);
  EXPECT_EQ(cluster.store_status(kStoreA).prepared, 1) << "it took the commit for its own";
  cluster.proxy(kCoordinator).clear();
  cluster.check_invariants();  // it asks, and is told that it is no part of the commit; no money has moved
}

// ---- recoveries ----

// Every store has voted yes, and nothing is decided yet.
constexpr const char* kInDoubt = "coordinator.before_force";

TEST(StoreCrashes, P14_a_branch_in_doubt_holds_its_locks_before_the_first_connection) {
  Cluster cluster;
  const auto transfer = cluster.next_transfer(Mode::kInteractive);
  auto begun = cluster.crash_during(transfer, kCoordinator, kInDoubt);
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
  auto begun = cluster.crash_during(transfer, kCoordinator, kInDoubt);
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
  const auto transfer = cluster.next_transfer(Mode::kInteractive);
  auto begun = cluster.crash_during(transfer, kStoreA, "participant.decision_received");
  // It is told when it registers, which may come before it has asked.
  cluster.arm(kCoordinator, "coordinator.before_send_decision", FailpointAction::kError);
  cluster.crash_in_recovery(kStoreA, "participant.before_inquiry");
  cluster.disarm(kCoordinator, "coordinator.before_send_decision");
  for (const auto* const failpoint :
       {"store.before_journal", "store.before_journal_commit", "store.after_journal_commit", "participant.recovered",
        "participant.before_register"}) {
    cluster.crash_in_recovery(kStoreA, failpoint);
  }
  cluster.restart(kStoreA);
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, End::kCommitted);
}

class CrashInStoreCheckpoint : public testing::TestWithParam<std::string> {};

TEST_P(CrashInStoreCheckpoint, P16_keeps_what_was_journalled) {
  Cluster cluster;
  auto begun = cluster.run_until_crash(kStoreA, GetParam());
  cluster.restart(kStoreA);
  for (auto& each : begun) cluster.end(std::move(each));
  cluster.check_invariants();
}

INSTANTIATE_TEST_SUITE_P(Places, CrashInStoreCheckpoint,
                         testing::Values("store.before_checkpoint", "store.after_checkpoint"),
                         [](const auto& info) { return info.param.substr(info.param.rfind('.') + 1); });

TEST(StoreCrashes, P16_around_the_checkpoint_that_forces_what_was_written) {
  Cluster cluster;
  const auto transfer = cluster.next_transfer(Mode::kInteractive);
  auto begun = cluster.crash_during(transfer, kStoreA, "store.after_journal_commit", 1);
  for (const auto* const failpoint : {"store.before_checkpoint", "store.after_checkpoint"}) {
    cluster.crash_in_recovery(kStoreA, failpoint);
  }
  cluster.restart(kStoreA);
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, End::kCommitted);
}

}  // namespace
}  // namespace assent::tests
