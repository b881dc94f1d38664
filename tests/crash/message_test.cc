// Messages between the processes are lost, repeated, held back and overtaken.
#include <gtest/gtest.h>

#include "tests/crash/cluster.h"

namespace assent::tests {
namespace {

using enum Process;

constexpr std::size_t kMany = 1000;

const auto kModes = testing::Values(Mode::kInteractive, Mode::kOneShot);

// The message that asks a store for its vote.
std::string prepare_of(Mode mode) {
  return mode == Mode::kOneShot ? "execute_and_prepare" : "prepare";
}

// The failpoint that a store passes when it has received the message.
std::string received_at(const std::string& method) {
  if (method == "decide") return "participant.decision_received";
  return method == "execute" ? "participant.statement_received" : "participant.prepare_received";
}

// ---- each message lost once ----

struct Loss {
  std::string name;
  Direction direction = Direction::kRequest;
  std::string method;  // `prepare` stands for whatever asks for the vote
  End end = End::kAborted;
  std::int64_t amount = 1;
};

// For messages of failed tests.
void PrintTo(const Loss& loss, std::ostream* out) {  // NOLINT(readability-identifier-naming)
  *out << loss.name;
}

class LostMessage : public testing::TestWithParam<std::tuple<Loss, Mode>> {};

TEST_P(LostMessage, ends_as_the_protocol_says) {
  const auto& [loss, mode] = GetParam();
  // Before the decision, only a timeout ends what waits for a lost message.
  Cluster cluster(Links::kProxied, loss.end == End::kAborted ? kShortTimeouts : std::vector<std::string>{});
  const auto method = loss.method == "prepare" ? prepare_of(mode) : loss.method;
  cluster.proxy(kStoreA).arrange(loss.direction, method, Fate::kDrop);
  auto transfer = cluster.next_transfer(mode);
  transfer.amount = loss.amount;
  cluster.run(transfer);
  cluster.check_invariants(transfer.id, loss.end);
  EXPECT_EQ(cluster.proxy(kStoreA).met(), 1U) << "nothing was lost";
}

std::string name_of_lost(const testing::TestParamInfo<LostMessage::ParamType>& info) {
  const auto& [loss, mode] = info.param;
  return loss.name + suffix_of(mode);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, LostMessage,
    testing::Combine(testing::Values(Loss{"M1_a_prepare", Direction::kRequest, "prepare", End::kAborted},
                                     Loss{"M2_a_vote", Direction::kAnswer, "prepare", End::kAborted},
                                     Loss{"M3_a_commit", Direction::kRequest, "decide", End::kCommitted},
                                     Loss{"M4_an_acknowledgement", Direction::kAnswer, "decide", End::kCommitted},
                                     Loss{"M5_an_abort", Direction::kRequest, "decide", End::kAborted,
                                          Cluster::kTooMuch}),
                     kModes),
    name_of_lost);

TEST(Messages, M5_no_abort_ever_arrives_and_the_stores_ask) {
  Cluster cluster(Links::kProxied, kShortTimeouts);
  cluster.proxy(kStoreA).arrange(Direction::kRequest, "decide", Fate::kDrop, kMany);
  cluster.proxy(kStoreB).arrange(Direction::kAnswer, "execute_and_prepare", Fate::kDrop);
  const auto transfer = cluster.next_transfer(Mode::kOneShot);
  cluster.run(transfer);
  cluster.wait_until_nothing_is_left();
  cluster.proxy(kStoreA).clear();
  cluster.check_invariants(transfer.id, End::kAborted);
}

// ---- repeated, late, overtaken ----

class RepeatedMessage : public testing::TestWithParam<std::tuple<std::string, Direction, Mode>> {};

TEST_P(RepeatedMessage, has_no_further_effect) {
  const auto& [method, direction, mode] = GetParam();
  Cluster cluster(Links::kProxied);
  const auto sent = method == "prepare" ? prepare_of(mode) : method;
  cluster.proxy(kStoreA).arrange(direction, sent, Fate::kRepeat);
  const auto transfer = cluster.next_transfer(mode);
  cluster.run(transfer);
  cluster.check_invariants(transfer.id, End::kCommitted);
  EXPECT_EQ(cluster.proxy(kStoreA).met(), 1U) << "nothing was repeated";
  EXPECT_EQ(cluster.store_status(kStoreA).alarms, 0);
}

std::string name_of_repeated(const testing::TestParamInfo<RepeatedMessage::ParamType>& info) {
  const auto& [method, direction, mode] = info.param;
  const bool is_request = direction == Direction::kRequest;
  const std::string row = method == "decide" ? (is_request ? "M9_a_commit" : "M4_an_acknowledgement")
                                             : (is_request ? "M6_a_prepare" : "M12_a_vote");
  return row + suffix_of(mode);
}

INSTANTIATE_TEST_SUITE_P(Rows, RepeatedMessage,
                         testing::Combine(testing::Values("prepare", "decide"),
                                          testing::Values(Direction::kRequest, Direction::kAnswer), kModes),
                         name_of_repeated);

class LateMessage : public testing::TestWithParam<std::tuple<std::vector<std::string>, Mode>> {};

// Copies of messages arrive when their transaction has long ended, committed and been released.
TEST_P(LateMessage, brings_nothing_back) {
  const auto& [methods, mode] = GetParam();
  Cluster cluster(Links::kProxied);
  for (const auto& method : methods) {
    cluster.proxy(kStoreA).arrange(Direction::kRequest, method == "prepare" ? prepare_of(mode) : method, Fate::kCopy);
  }
  const auto transfer = cluster.next_transfer(mode);
  cluster.run(transfer);
  cluster.wait_until_nothing_is_left();
  EXPECT_EQ(cluster.proxy(kStoreA).met(), methods.size());
  std::vector<std::string> received;
  for (const auto& method : methods) received.push_back(received_at(method));
  cluster.release_and_receive(kStoreA, received);
  cluster.check_invariants(transfer.id, End::kCommitted);
  EXPECT_EQ(cluster.store_status(kStoreA).alarms, 0);
}

std::string name_of_late(const testing::TestParamInfo<LateMessage::ParamType>& info) {
  const auto& [methods, mode] = info.param;
  if (methods.size() == 2) return "M22_a_prepare_and_a_commit" + suffix_of(mode);
  if (methods.front() == "decide") return "M9_a_commit" + suffix_of(mode);
  return (methods.front() == "execute" ? "M7_a_statement" : "M7_a_prepare") + suffix_of(mode);
}

using Methods = std::vector<std::string>;

INSTANTIATE_TEST_SUITE_P(Rows, LateMessage,
                         testing::Values(std::tuple(Methods{"prepare"}, Mode::kInteractive),
                                         std::tuple(Methods{"prepare"}, Mode::kOneShot),
                                         std::tuple(Methods{"execute"}, Mode::kInteractive),
                                         std::tuple(Methods{"decide"}, Mode::kInteractive),
                                         std::tuple(Methods{"decide"}, Mode::kOneShot),
                                         std::tuple(Methods{"prepare", "decide"}, Mode::kOneShot)),
                         name_of_late);

TEST(Messages, M8_an_abort_overtakes_the_prepare) {
  Cluster cluster(Links::kProxied);
  cluster.proxy(kStoreA).arrange(Direction::kRequest, "execute_and_prepare", Fate::kHold);
  auto transfer = cluster.next_transfer(Mode::kOneShot);
  transfer.amount = Cluster::kTooMuch;  // store b votes no at once
  EXPECT_EQ(cluster.run(transfer).what, Told::What::kAborted);
  cluster.release_and_receive(kStoreA, {received_at("prepare")});
  cluster.check_invariants(transfer.id, End::kAborted);
}

TEST(Messages, M8_an_abort_overtakes_the_prepare_of_an_interactive_one) {
  Cluster cluster(Links::kProxied, kShortTimeouts);
  cluster.proxy(kStoreA).arrange(Direction::kRequest, "prepare", Fate::kHold);
  const auto transfer = cluster.next_transfer(Mode::kInteractive);
  EXPECT_EQ(cluster.run(transfer).what, Told::What::kAborted);  // at the vote timeout
  cluster.release_and_receive(kStoreA, {received_at("prepare")});
  cluster.check_invariants(transfer.id, End::kAborted);
}

// ---- inquiries ----

TEST(Messages, M13_an_inquiry_before_the_decision_is_told_to_wait) {
  Cluster cluster(Links::kProxied);
  cluster.proxy(kStoreB).arrange(Direction::kAnswer, "execute_and_prepare", Fate::kHold);
  const auto transfer = cluster.next_transfer(Mode::kOneShot);
  auto begun = cluster.begin(transfer);
  EXPECT_TRUE(becomes_true([&] {
    const auto branches = cluster.branches(kStoreA);
    return branches.size() == 1 && branches[0].inquiries >= 2;
  }));
  EXPECT_EQ(cluster.store_status(kStoreA).prepared, 1);
  cluster.proxy(kStoreB).release();
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, End::kCommitted);
}

TEST(Messages, M14_asking_is_enough_to_learn_of_a_commit) {
  Cluster cluster(Links::kProxied);
  cluster.proxy(kStoreA).arrange(Direction::kRequest, "decide", Fate::kDrop, kMany);
  const auto transfer = cluster.next_transfer(Mode::kInteractive);
  EXPECT_EQ(cluster.run(transfer).what, Told::What::kCommitted);
  EXPECT_TRUE(becomes_true([&] { return cluster.store_status(kStoreA).committed == 1; }));
  cluster.proxy(kStoreA).clear();
  cluster.check_invariants(transfer.id, End::kCommitted);
}

TEST(Messages, M14_being_told_is_enough) {
  Cluster cluster(Links::kProxied);
  cluster.proxy(kCoordinator).arrange(Direction::kRequest, "inquire", Fate::kDrop, kMany);
  cluster.proxy(kStoreA).arrange(Direction::kRequest, "decide", Fate::kDrop, 3);
  const auto transfer = cluster.next_transfer(Mode::kInteractive);
  EXPECT_EQ(cluster.run(transfer).what, Told::What::kCommitted);
  cluster.wait_until_nothing_is_left();
  cluster.proxy(kCoordinator).clear();
  cluster.check_invariants(transfer.id, End::kCommitted);
}

// ---- old messages and new transactions ----

TEST(Messages, M15_an_old_decision_meets_a_new_transaction) {
  Cluster cluster(Links::kProxied);
  cluster.proxy(kStoreA).arrange(Direction::kRequest, "decide", Fate::kCopy);
  const auto old = cluster.next_transfer(Mode::kOneShot);
  cluster.run(old);
  cluster.wait_until_nothing_is_left();

  cluster.proxy(kStoreB).arrange(Direction::kAnswer, "execute_and_prepare", Fate::kHold);
  const auto transfer = cluster.next_transfer(Mode::kOneShot);
  auto begun = cluster.begin(transfer);
  EXPECT_TRUE(becomes_true([&] { return cluster.store_status(kStoreA).prepared == 1; }));
  cluster.release_and_receive(kStoreA, {received_at("decide")});
  EXPECT_EQ(cluster.store_status(kStoreA).prepared, 1) << "it took the decision for its own";
  cluster.proxy(kStoreB).disconnect();  // and its vote is lost
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, End::kAborted);
}

TEST(Messages, M16_an_answer_that_comes_too_late_meets_no_other_call) {
  Cluster cluster(Links::kProxied);
  cluster.proxy(kStoreA).arrange(Direction::kAnswer, "decide", Fate::kHold);
  const auto transfer = cluster.next_transfer(Mode::kOneShot);
  EXPECT_EQ(cluster.run(transfer).what, Told::What::kCommitted);
  cluster.wait_until_nothing_is_left();  // the call has timed out, and was sent again on another connection
  cluster.proxy(kStoreA).release();
  cluster.check_invariants(transfer.id, End::kCommitted);
}

TEST(Messages, M16_every_connection_fails_at_once) {
  Cluster cluster(Links::kProxied);
  std::vector<std::future<Told>> begun;
  for (std::int64_t account = 1; account <= Cluster::kAccounts; ++account) {
    auto transfer = cluster.next_transfer(account % 2 == 0 ? Mode::kOneShot : Mode::kInteractive);
    transfer.account = account;
    begun.push_back(cluster.begin(transfer));
    for (const auto process : {kCoordinator, kStoreA, kStoreB}) cluster.proxy(process).disconnect();
  }
  for (auto& each : begun) cluster.end(std::move(each));
  cluster.check_invariants();
}

// ---- repeated work ----

TEST(Messages, M17_a_statement_that_is_repeated_runs_once) {
  Cluster cluster(Links::kProxied);
  cluster.proxy(kStoreA).arrange(Direction::kRequest, "execute", Fate::kRepeat, 2);
  const auto transfer = cluster.next_transfer(Mode::kInteractive);
  cluster.run(transfer);
  EXPECT_EQ(cluster.proxy(kStoreA).met(), 2U);
  cluster.check_invariants(transfer.id, End::kCommitted);
}

TEST(Messages, M18_a_repeated_prepare_of_a_prepared_branch_executes_nothing) {
  Cluster cluster(Links::kProxied);
  cluster.proxy(kStoreA).arrange(Direction::kRequest, "execute_and_prepare", Fate::kCopy);
  cluster.proxy(kStoreB).arrange(Direction::kAnswer, "execute_and_prepare", Fate::kHold);
  const auto transfer = cluster.next_transfer(Mode::kOneShot);
  auto begun = cluster.begin(transfer);
  EXPECT_TRUE(becomes_true([&] { return cluster.store_status(kStoreA).prepared == 1; }));
  const auto forces = cluster.store_status(kStoreA).forces;
  const auto executions = cluster.passes(kStoreA, "store.before_execute");
  cluster.release_and_receive(kStoreA, {received_at("prepare")});
  EXPECT_EQ(cluster.store_status(kStoreA).forces, forces);
  EXPECT_EQ(cluster.passes(kStoreA, "store.before_execute"), executions);
  cluster.proxy(kStoreB).release();
  cluster.end(std::move(begun));
  cluster.check_invariants(transfer.id, End::kCommitted);
}

TEST(Messages, M18_a_repeated_prepare_of_a_committed_branch_executes_nothing) {
  Cluster cluster(Links::kProxied);
  cluster.keep_from_ending();
  cluster.proxy(kStoreA).arrange(Direction::kRequest, "execute_and_prepare", Fate::kCopy);
  const auto transfer = cluster.next_transfer(Mode::kOneShot);
  EXPECT_EQ(cluster.run(transfer).what, Told::What::kCommitted);
  EXPECT_TRUE(becomes_true([&] { return cluster.store_status(kStoreA).committed == 1; }));
  const auto executions = cluster.passes(kStoreA, "store.before_execute");
  cluster.release_and_receive(kStoreA, {received_at("prepare")});
  EXPECT_EQ(cluster.store_status(kStoreA).committed, 1);
  EXPECT_EQ(cluster.passes(kStoreA, "store.before_execute"), executions);
  cluster.let_it_end();
  cluster.check_invariants(transfer.id, End::kCommitted);
}

// ---- crosswise ----

TEST(Messages, M20_two_that_are_prepared_crosswise_do_not_wait_for_a_timeout) {
  Cluster cluster(Links::kProxied);
  auto first = cluster.next_transfer(Mode::kOneShot);
  auto second = cluster.next_transfer(Mode::kOneShot);
  first.attempts = second.attempts = 100;
  cluster.proxy(kStoreB).arrange(Direction::kRequest, "execute_and_prepare", Fate::kHold);
  auto begun_first = cluster.begin(first);
  EXPECT_TRUE(becomes_true([&] { return cluster.store_status(kStoreA).prepared == 1; }));
  cluster.proxy(kStoreA).arrange(Direction::kRequest, "execute_and_prepare", Fate::kHold);
  auto begun_second = cluster.begin(second);
  EXPECT_TRUE(becomes_true([&] { return cluster.store_status(kStoreB).prepared == 1; }));
  cluster.proxy(kStoreA).release();
  cluster.proxy(kStoreB).release();
  EXPECT_EQ(begun_first.wait_for(Cluster::kPatience), std::future_status::ready);
  EXPECT_EQ(begun_second.wait_for(Cluster::kPatience), std::future_status::ready);
  cluster.end(std::move(begun_first));
  cluster.end(std::move(begun_second));
  cluster.check_invariants(first.id, End::kCommitted);
  cluster.check_invariants(second.id, End::kCommitted);
  EXPECT_GT(cluster.coordinator_status().aborted, 0);
}

}  // namespace
}  // namespace assent::tests
