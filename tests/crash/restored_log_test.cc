// S1 and S2 of the failure matrix: the newest decision log is lost, an old copy of it is all there is, and the stores
// know more than it does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/crash/cluster.h"
#include "tests/crash/log_files.h"
#include "thrift/rpc/convert.h"
#include "thrift/rpc/methods.h"

namespace assent::tests {
namespace {

namespace files = std::filesystem;

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using enum Process;

class RestoredLog : public testing::Test {
 protected:
  // The copy is of the first start. In the second one, which is lost, one transfer has ended, one is applied at store a
  // and in doubt at store b, and one is prepared at both stores when the coordinator dies.
  RestoredLog() {
    cluster_.kill(kCoordinator);
    files::copy(log_, copy_, files::copy_options::recursive);
    cluster_.restart(kCoordinator);
    EXPECT_TRUE(becomes_true([&] {
      ended_ = cluster_.run(cluster_.next_transfer(Mode::kOneShot));
      return ended_.what == Told::What::kCommitted;
    }));
    cluster_.wait_until_nothing_is_left();
    cluster_.keep_from_ending();
    in_doubt_ = cluster_.run(on_account(2));
    EXPECT_EQ(in_doubt_.what, Told::What::kCommitted) << in_doubt_.detail;
    EXPECT_TRUE(becomes_true(
        [&] { return cluster_.store_status(kStoreA).committed == 1 && cluster_.store_status(kStoreB).prepared == 1; }));
    undecided_ = cluster_.crash_during(on_account(3), kCoordinator, "log.before_force");
    EXPECT_EQ(cluster_.store_status(kStoreA).prepared, 1);
    EXPECT_EQ(cluster_.store_status(kStoreB).prepared, 2);
    put_the_copy_back();
  }
  ~RestoredLog() override {
    if (undecided_.valid()) undecided_.wait();
  }

  Transfer on_account(std::int64_t account) {
    auto transfer = cluster_.next_transfer(Mode::kOneShot);
    transfer.account = account;
    return transfer;
  }

  void put_the_copy_back() {
    files::remove_all(log_);
    files::copy(copy_, log_, files::copy_options::recursive);
  }

  daemon::Finished restore(std::vector<std::string> more = {}, const std::string& failpoints = "") const {
    daemon::Launch launch{files::path(ASSENT_PROGRAMS) / "assentctl", {"log", "restore", log_}, {}, {}};
    launch.arguments.insert(launch.arguments.end(), more.begin(), more.end());
    if (!failpoints.empty()) launch.environment["ASSENT_FAILPOINTS"] = failpoints;
    return daemon::run_to_end(launch).value();
  }

  // It ends by itself once a store has registered.
  void expect_that_the_coordinator_stops() {
    cluster_.restart(kCoordinator);
    EXPECT_GT(cluster_.wait_for_end(kCoordinator), 0);
    std::ostringstream text;
    text << std::ifstream(cluster_.folder() / "coordinator.log").rdbuf();
    EXPECT_THAT(text.str(), HasSubstr("contradicts this decision log: it has seen "));
  }

  void start_again_and_check() {
    cluster_.let_it_end();
    cluster_.restart(kCoordinator);
    EXPECT_EQ(cluster_.end(std::move(undecided_)).what, Told::What::kUnknown);
    cluster_.check_invariants();
    EXPECT_TRUE(cluster_.transfers_at(kStoreB).contains(in_doubt_.transfer));
    EXPECT_TRUE(cluster_.transfers_at(kStoreB).contains(ended_.transfer));
  }

  wire::OutcomeKind::type outcome(const TransactionId& id) {
    wire::OutcomeRequest request;
    request.id = rpc::to_wire(id);
    return cluster_.call(kCoordinator, rpc::methods::kOutcome, request).kind;
  }

  Cluster cluster_{Links::kProxied};
  const files::path log_ = cluster_.folder() / "log";
  const files::path copy_ = cluster_.folder() / "copy";
  Told ended_;
  Told in_doubt_;
  std::future<Told> undecided_;
};

TEST_F(RestoredLog, S2_a_start_on_the_copy_stops_at_the_first_store_and_can_be_restored_after_it) {
  expect_that_the_coordinator_stops();
  EXPECT_EQ(restore().code, 0);
  start_again_and_check();
}

TEST_F(RestoredLog, S2_a_restored_log_goes_on_with_what_the_stores_know) {
  const auto restored = restore();
  EXPECT_EQ(restored.code, 0) << restored.err;
  EXPECT_THAT(restored.out, AllOf(HasSubstr("COMMIT FOUND AGAIN"), HasSubstr(to_string(in_doubt_.id)),
                                  HasSubstr("WILL BE ABORTED"), HasSubstr("start the coordinator")));
  EXPECT_THAT(restored.out, Not(HasSubstr(to_string(ended_.id)))) << "no store has anything of it";
  start_again_and_check();
  EXPECT_EQ(outcome(in_doubt_.id), wire::OutcomeKind::COMMITTED);
  EXPECT_EQ(outcome(ended_.id), wire::OutcomeKind::FORGOTTEN) << "never aborted: it had committed";
}

TEST_F(RestoredLog, S2_a_restoration_that_was_killed_is_begun_anew) {
  EXPECT_EQ(restore({}, "log.checkpoint.before_switch=crash").code, -SIGKILL);
  EXPECT_EQ(restore({}, "log.checkpoint.after_switch=crash").code, -SIGKILL);
  EXPECT_EQ(restore().code, 0);
  start_again_and_check();
}

TEST_F(RestoredLog, S2_a_restoration_that_was_not_finished_leaves_a_log_that_stops) {
  EXPECT_EQ(restore({}, "log.checkpoint.before_switch=crash").code, -SIGKILL);
  expect_that_the_coordinator_stops();
  EXPECT_EQ(restore().code, 0);
  start_again_and_check();
}

TEST_F(RestoredLog, S2_nothing_is_written_unless_every_store_has_answered) {
  const auto before = newest_segment(log_);
  cluster_.kill(kStoreB);
  const auto refused = restore();
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("store `b` cannot be asked, and nothing was written"));
  EXPECT_EQ(newest_segment(log_), before);
  cluster_.restart(kStoreB);
  EXPECT_EQ(restore({"--store", "b=" + cluster_.own_address(kStoreB)}).code, 0);
  start_again_and_check();
}

TEST_F(RestoredLog, S2_a_store_that_was_left_out_stops_the_coordinator_when_it_comes_back) {
  cluster_.kill(kStoreB);
  const auto restored = restore({"--without", "b"});
  EXPECT_EQ(restored.code, 0) << restored.err;
  EXPECT_THAT(restored.out, HasSubstr("WITHOUT store `b`"));
  cluster_.restart(kCoordinator);
  cluster_.restart(kStoreB);
  EXPECT_GT(cluster_.wait_for_end(kCoordinator), 0);
  EXPECT_EQ(cluster_.store_status(kStoreB).prepared, 2) << "it has been told nothing";
  EXPECT_THAT(restore().out, ContainsRegex(to_string(in_doubt_.id) + " +b +prepared +yes"));
  cluster_.let_it_end();
  cluster_.restart(kCoordinator);
  EXPECT_EQ(cluster_.end(std::move(undecided_)).what, Told::What::kUnknown);
}

TEST_F(RestoredLog, S2_a_log_in_use_is_not_restored) {
  EXPECT_EQ(restore().code, 0);
  cluster_.let_it_end();
  cluster_.restart(kCoordinator);
  const auto refused = restore();
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("is held by another process"));
  EXPECT_EQ(cluster_.end(std::move(undecided_)).what, Told::What::kUnknown);
  cluster_.check_invariants();
}

}  // namespace
}  // namespace assent::tests
