// What no client of ours would say: calls that are made by hand, and transactions that are overtaken by their own past.
#include <gtest/gtest.h>

#include "tests/crash/raw_calls.h"
#include "thrift/rpc/convert.h"

namespace assent::tests {
namespace {

using enum Process;

// ---- decisions that contradict ----

TEST(RawCalls, M10_a_commit_of_a_branch_that_is_not_prepared_is_refused) {
  Cluster cluster;
  auto txn = cluster.client().begin();
  txn.execute("a", "UPDATE accounts SET balance = balance WHERE id = 1");
  const auto branch = cluster.branches(kStoreA).at(0);
  EXPECT_EQ(decide(cluster, branch, wire::DecisionKind::COMMIT).kind, wire::AcknowledgementKind::REFUSED);
  EXPECT_EQ(cluster.store_status(kStoreA).alarms, 1);
  EXPECT_EQ(cluster.store_status(kStoreA).active, 1);
  EXPECT_TRUE(txn.commit().committed());
  cluster.check_invariants();
}

TEST(RawCalls, M11_an_abort_after_the_commit_is_refused) {
  Cluster cluster(Links::kProxied);
  cluster.keep_from_ending();
  const auto transfer = cluster.next_transfer(Mode::kOneShot);
  EXPECT_EQ(cluster.run(transfer).what, Told::What::kCommitted);
  EXPECT_TRUE(becomes_true([&] { return cluster.store_status(kStoreA).committed == 1; }));
  const auto branch = cluster.branches(kStoreA).at(0);
  EXPECT_EQ(decide(cluster, branch, wire::DecisionKind::ABORT).kind, wire::AcknowledgementKind::REFUSED);
  EXPECT_EQ(cluster.store_status(kStoreA).alarms, 1);
  EXPECT_EQ(cluster.store_status(kStoreA).committed, 1);
  cluster.let_it_end();
  cluster.check_invariants(transfer.id, End::kCommitted);
}

TEST(RawCalls, M11_a_commit_after_the_abort_is_refused) {
  Cluster cluster;
  auto txn = cluster.client().begin();
  txn.execute("a", "UPDATE accounts SET balance = 0 WHERE id = 1");
  const auto branch = cluster.branches(kStoreA).at(0);
  txn.roll_back();
  cluster.wait_until_nothing_is_left();
  EXPECT_EQ(decide(cluster, branch, wire::DecisionKind::COMMIT).kind, wire::AcknowledgementKind::REFUSED);
  EXPECT_EQ(cluster.store_status(kStoreA).alarms, 1);
  cluster.check_invariants();
}

// ---- repeated statements ----

TEST(RawCalls, M17_a_repeated_statement_gets_its_stored_answer) {
  Cluster cluster;
  const auto leased = lease(cluster);
  const auto take = first_statement(leased, kStoreA, -5);
  const auto give = first_statement(leased, kStoreB, 5);
  const auto taken = cluster.call(kStoreA, rpc::methods::kExecute, take);
  EXPECT_EQ(cluster.call(kStoreA, rpc::methods::kExecute, take), taken);
  const auto given = cluster.call(kStoreB, rpc::methods::kExecute, give);

  wire::CommitRequest commit;
  commit.id = leased.first;
  commit.branches = {touched(take, taken), touched(give, given)};
  commit.return_when = wire::ReturnWhen::DECIDED;
  EXPECT_EQ(cluster.call(kCoordinator, rpc::methods::kCommit, commit).kind, wire::OutcomeKind::COMMITTED);
  // S13 as well: a commit that is repeated gets the same answer.
  EXPECT_EQ(cluster.call(kCoordinator, rpc::methods::kCommit, commit).kind, wire::OutcomeKind::COMMITTED);
  cluster.check_invariants();
}

TEST(RawCalls, M17_a_commit_that_names_a_statement_that_never_came_aborts) {
  Cluster cluster;
  const auto leased = lease(cluster);
  const auto take = first_statement(leased, kStoreA, -5);
  auto branch = touched(take, cluster.call(kStoreA, rpc::methods::kExecute, take));
  branch.statement_count = 2;
  wire::CommitRequest commit;
  commit.id = leased.first;
  commit.branches = {branch};
  commit.return_when = wire::ReturnWhen::DECIDED;
  EXPECT_EQ(cluster.call(kCoordinator, rpc::methods::kCommit, commit).kind, wire::OutcomeKind::ABORTED);
  cluster.check_invariants();
}

// ---- registrations ----

TEST(RawCalls, S1_what_was_seen_of_another_log_is_not_held_against_this_one) {
  Cluster cluster;
  const auto log = cluster.view().log;
  wire::Registration request;
  request.address = cluster.address(kStoreA);
  request.log = log + 1;
  request.stores.emplace_back();
  request.stores[0].store = "a";
  request.stores[0].seen_epoch = 1000;  // of this log it would stop the coordinator
  try {
    cluster.call(kCoordinator, rpc::methods::kRegisterStores, request);
    ADD_FAILURE() << "it was answered";
  } catch (const ResultError& error) {
    EXPECT_EQ(error.error().kind, ErrorKind::kConflict) << error.what();
  }
  cluster.check_invariants();
}

// ---- outcomes asked too early ----

TEST(RawCalls, M19_whoever_asks_before_a_submit_arrives_has_aborted_it) {
  Cluster cluster(Links::kProxied);
  cluster.proxy(kCoordinator).arrange(Direction::kRequest, "submit", Fate::kHold);
  const auto leased = lease(cluster);
  wire::SubmitRequest submit;
  submit.id = leased.first;
  submit.begin_stamp = leased.begin_stamp;
  submit.return_when = wire::ReturnWhen::DECIDED;
  submit.branches.resize(2);
  submit.branches[0].store = "a";
  submit.branches[0].statements = {add_to_account(2, -5)};
  submit.branches[1].store = "b";
  submit.branches[1].statements = {add_to_account(2, 5)};
  auto answer = std::async(std::launch::async, [&] {
    daemon::Caller caller(rpc::parse_address(cluster.address(kCoordinator)).value(), "crash test");
    return caller.call(rpc::methods::kSubmit, submit, Cluster::kPatience).value();
  });
  EXPECT_TRUE(becomes_true([&] { return cluster.proxy(kCoordinator).met() == 1; }));
  EXPECT_EQ(cluster.client().outcome(rpc::from_wire(leased.first)).kind, OutcomeKind::kAborted);
  cluster.proxy(kCoordinator).release();
  EXPECT_EQ(answer.get().kind, wire::OutcomeKind::ABORTED);
  EXPECT_EQ(cluster.client().outcome(rpc::from_wire(leased.first)).kind, OutcomeKind::kAborted);
  cluster.check_invariants();
}

TEST(RawCalls, M19_whoever_asks_before_a_commit_arrives_has_aborted_it) {
  Cluster cluster(Links::kProxied);
  cluster.proxy(kCoordinator).arrange(Direction::kRequest, "commit", Fate::kHold);
  auto txn = cluster.client().begin();
  txn.execute("a", "UPDATE accounts SET balance = 0 WHERE id = 1");
  const auto id = txn.id();
  auto committed = std::async(std::launch::async, [&] { txn.commit(); });
  EXPECT_TRUE(becomes_true([&] { return cluster.proxy(kCoordinator).met() == 1; }));
  EXPECT_EQ(cluster.client().outcome(id).kind, OutcomeKind::kAborted);
  cluster.proxy(kCoordinator).release();
  EXPECT_THROW(committed.get(), Aborted);
  cluster.check_invariants();
}

// ---- a store that has forgotten ----

TEST(RawCalls, M21_a_store_that_restarted_between_two_statements_refuses_the_next) {
  Cluster cluster;
  auto txn = cluster.client().begin();
  txn.execute("a", "UPDATE accounts SET balance = 0 WHERE id = 1");
  cluster.kill(kStoreA);
  cluster.restart(kStoreA);
  EXPECT_THROW(txn.execute("a", "UPDATE accounts SET balance = 1 WHERE id = 1"), Aborted);
  cluster.check_invariants();
}

TEST(RawCalls, M21_a_first_statement_that_comes_again_after_a_restart_does_not_stand_for_the_old_one) {
  Cluster cluster(Links::kProxied, kShortTimeouts);
  cluster.proxy(kStoreA).arrange(Direction::kRequest, "execute", Fate::kCopy);
  auto txn = cluster.client().begin();
  txn.query("a", "SELECT balance FROM accounts WHERE id = 1");  // and its lock is gone with the restart
  txn.execute("b", "UPDATE accounts SET balance = 0 WHERE id = 1");
  cluster.kill(kStoreA);
  cluster.restart(kStoreA);
  cluster.proxy(kStoreA).release();
  EXPECT_TRUE(becomes_true([&] { return cluster.store_status(kStoreA).active == 1; }));
  EXPECT_THROW(txn.commit(), Aborted);
  cluster.check_invariants();
}

}  // namespace
}  // namespace assent::tests
