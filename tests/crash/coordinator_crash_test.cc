// The coordinator dies at every step of a transfer, and comes back.
#include <gtest/gtest.h>

#include <csignal>

#include "tests/crash/log_files.h"
#include "tests/crash/raw_calls.h"
#include "thrift/rpc/methods.h"

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

// What a coordinator does that has stood still for longer than every timeout.

std::future<wire::OutcomeKind::type> commit_by_hand(Cluster& cluster, const wire::CommitRequest& request) {
  return std::async(std::launch::async,
                    [&cluster, request] { return cluster.call(kCoordinator, rpc::methods::kCommit, request).kind; });
}

// Executed at both stores, and to be committed.
wire::CommitRequest execute_by_hand(Cluster& cluster, const wire::Lease& leased) {
  wire::CommitRequest commit;
  commit.id = leased.first;
  commit.return_when = wire::ReturnWhen::DECIDED;
  for (const auto store : {kStoreA, kStoreB}) {
    const auto statement = first_statement(leased, store, store == kStoreA ? -5 : 5);
    commit.branches.push_back(touched(statement, cluster.call(store, rpc::methods::kExecute, statement)));
  }
  return commit;
}

TEST(CoordinatorCrashes, C15_stopped_until_its_leases_have_ended_it_begins_nothing_on_them) {
  Cluster cluster(Links::kDirect, {"--transaction-timeout", "2s", "--lease-use", "500ms"});
  const auto leased = lease(cluster);
  const auto ends = std::chrono::steady_clock::now() + std::chrono::milliseconds(leased.use_for_ms) +
                    std::chrono::milliseconds(leased.transaction_timeout_ms);
  const auto forces = cluster.coordinator_status().forces;
  const auto prepares = cluster.passes(kCoordinator, "coordinator.before_send_prepare");
  cluster.daemon(kCoordinator).signal(SIGSTOP);
  std::this_thread::sleep_until(ends);
  // Nothing but the lease keeps this from being committed.
  const auto commit = execute_by_hand(cluster, leased);
  auto answer = commit_by_hand(cluster, commit);
  cluster.daemon(kCoordinator).signal(SIGCONT);
  EXPECT_EQ(answer.get(), wire::OutcomeKind::ABORTED);
  EXPECT_EQ(cluster.coordinator_status().forces, forces);
  EXPECT_EQ(cluster.passes(kCoordinator, "coordinator.before_send_prepare"), prepares);
  cluster.check_invariants();
}

TEST(CoordinatorCrashes, C15_stopped_with_votes_on_their_way_until_their_time_is_over_it_commits_nothing) {
  const auto timeout = std::chrono::seconds(3);
  Cluster cluster(Links::kProxied, {"--transaction-timeout", "3s"});
  cluster.proxy(kStoreB).arrange(Direction::kAnswer, "execute_and_prepare", Fate::kHold);
  const auto transfer = cluster.next_transfer(Mode::kOneShot);
  auto begun = cluster.begin(transfer);
  EXPECT_TRUE(
      becomes_true([&] { return cluster.store_status(kStoreA).prepared == 1 && cluster.proxy(kStoreB).met() == 1; }));
  const auto forces = cluster.coordinator_status().forces;
  cluster.daemon(kCoordinator).signal(SIGSTOP);
  cluster.proxy(kStoreB).release();  // the last yes: it is there when the coordinator goes on, and too late
  std::this_thread::sleep_until(std::chrono::steady_clock::now() + timeout);
  cluster.daemon(kCoordinator).signal(SIGCONT);
  cluster.end(std::move(begun));
  EXPECT_EQ(cluster.coordinator_status().forces, forces);
  cluster.check_invariants(transfer.id, End::kAborted);
}

TEST(CoordinatorCrashes, C15_stopped_until_another_has_its_epoch_behind_it_no_store_hears_it) {
  Cluster cluster(Links::kProxied);
  const auto commit = execute_by_hand(cluster, lease(cluster));
  cluster.daemon(kCoordinator).signal(SIGSTOP);
  const auto copy = cluster.folder() / "copy";
  std::filesystem::copy(cluster.folder() / "log", copy, std::filesystem::copy_options::recursive);
  daemon::DaemonProcess other;
  other
      .start({std::filesystem::path(ASSENT_PROGRAMS) / "assent-coordinator",
              {"--data", copy, "--listen", "127.0.0.1:0", "--advertise", cluster.address(kCoordinator)},
              {},
              cluster.folder() / "other.log"},
             Cluster::kPatience)
      .value();
  cluster.proxy(kCoordinator).set_target(other.address());
  cluster.proxy(kCoordinator).disconnect();
  auto transfer = cluster.next_transfer(Mode::kOneShot);
  transfer.account = 3;
  transfer.attempts = 100;
  transfer.when = Return::applied;
  EXPECT_EQ(cluster.run(transfer).what, Told::What::kCommitted);

  cluster.daemon(kCoordinator).signal(SIGCONT);
  EXPECT_THROW(commit_by_hand(cluster, commit).get(), ResultError) << "it answers, and does not know";
  EXPECT_NE(cluster.wait_for_end(kCoordinator), 0) << "it has to learn that it was replaced";
  for (const auto store : {kStoreA, kStoreB}) {
    EXPECT_EQ(cluster.store_status(store).prepared, 0);
    EXPECT_TRUE(cluster.transfers_at(store).contains(transfer.id));
  }
  auto another = cluster.next_transfer(Mode::kOneShot);  // of the accounts that it wanted
  another.account = 2;
  another.attempts = 100;
  EXPECT_EQ(cluster.run(another).what, Told::What::kCommitted);
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
