// How daemons end and what signals do to them: what is in flight is finished, or handed over to the next start.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "assent/assent.h"
#include "tests/process/daemons.h"
#include "thrift/daemon/failpoint_client.h"

namespace assent {
namespace {

using daemon::FailpointAction;
using daemon::FailpointClient;
using testing::HasSubstr;
using namespace std::chrono_literals;

class StoppingTest : public ProcessTest {
 protected:
  void SetUp() override {
    start_coordinator(quick_coordinator_);
    start_participant(quick_participant_);
    ClientOptions options{.coordinator = coordinator_.address()};
    options.store_retry_time = 200ms;
    options.outcome_time_limit = 30s;
    options.run_attempts = 1;
    client_.emplace(std::move(options));
  }

  // The client's transactions name its address: it comes back where it was.
  void restart_coordinator() { start_coordinator(quick_coordinator_); }
  void restart_participant() { start_participant(quick_participant_); }

  Client& client() { return *client_; }

  static Batch transfer() {
    Batch batch;
    batch.execute("left", "UPDATE accounts SET balance = 60 WHERE id = 'alice'");
    batch.execute("right", "UPDATE accounts SET balance = 140 WHERE id = 'alice'");
    return batch;
  }

  // Whoever looks waits for the locks of what is prepared: it sees the end.
  void expect_balances(std::int64_t left, std::int64_t right) {
    Batch batch;
    batch.query("left", "SELECT balance FROM accounts");
    batch.query("right", "SELECT balance FROM accounts");
    const auto outcome = patient().submit(batch);
    EXPECT_EQ(outcome.results.at(0)[0].get<std::int64_t>(0), left);
    EXPECT_EQ(outcome.results.at(1)[0].get<std::int64_t>(0), right);
  }

  // A transfer that the stores are asked to vote on, and do not, until they are let.
  auto submit_undecided() {
    FailpointClient stores(participant_.failpoints());
    stores.arm("participant.prepare_received", FailpointAction::kPause).value();
    auto submitted = std::async(std::launch::async, [this] { return client().submit(transfer()); });
    stores.wait_for_passes("participant.prepare_received", 1).value();
    return submitted;
  }
  void let_stores_vote() { FailpointClient(participant_.failpoints()).disarm("participant.prepare_received").value(); }

  void wait_for_log(const std::string& daemon, const std::string& text) {
    EXPECT_TRUE(becomes_true([&] { return has_logged(daemon, text); })) << text;
  }

  // Another client: it runs again until it gets through.
  Client patient() { return Client({.coordinator = coordinator_.address()}); }

  const Words quick_coordinator_{"--idle-force", "10ms", "--resend-first", "20ms", "--resend-ceiling", "50ms"};
  const Words quick_participant_{"--inquiry-first",         "20ms", "--inquiry-ceiling", "50ms",
                                 "--registration-interval", "20ms"};
  std::optional<Client> client_;
};

// ---- the participant ----

TEST_F(StoppingTest, AParticipantFinishesTheTransactionsItHasBegun) {
  auto transaction = client().begin();
  transaction.execute("left", "UPDATE accounts SET balance = 50 WHERE id = 'alice'");
  transaction.execute("right", "UPDATE accounts SET balance = 140 WHERE id = 'alice'");
  participant_.signal(SIGTERM);
  wait_for_log("participant", "event=draining");
  EXPECT_THAT(ctl({"stores"}).out, HasSubstr("draining: its participant begins nothing new"));
  transaction.execute("left", "UPDATE accounts SET balance = 60 WHERE id = 'alice'");
  transaction.commit();
  EXPECT_EQ(participant_.wait().value(), 0);
  restart_participant();
  expect_balances(60, 140);
  expect_nothing_left();
}

TEST_F(StoppingTest, AParticipantThatEndsBeginsNothingNewAndSaysSo) {
  auto old = client().begin();
  old.execute("left", "UPDATE accounts SET balance = 50 WHERE id = 'alice'");
  participant_.signal(SIGTERM);
  wait_for_log("participant", "event=draining");
  auto fresh = client().begin();
  try {
    fresh.execute("right", "UPDATE accounts SET balance = 1 WHERE id = 'alice'");
    FAIL() << "it began another one";
  } catch (const Aborted& aborted) {
    EXPECT_EQ(aborted.reason(), AbortReason::kStoreUnavailable);
    EXPECT_THAT(aborted.what(), HasSubstr("this store is shutting down; run the transaction again later"));
  }
  EXPECT_THROW(client().submit(transfer()), Aborted);
  old.roll_back();
  EXPECT_EQ(participant_.wait().value(), 0);
  restart_participant();
  expect_balances(100, 100);
  expect_nothing_left();
}

TEST_F(StoppingTest, AParticipantHandsOverWhatIsPreparedToItsNextStart) {
  FailpointClient failpoints(coordinator_.failpoints());
  failpoints.arm("coordinator.before_send_decision", FailpointAction::kError).value();  // every decision is lost
  failpoints.arm("coordinator.before_inquiry_answer", FailpointAction::kError).value();
  client().submit(transfer());
  EXPECT_EQ(participant_.terminate().value(), 0);
  EXPECT_TRUE(has_logged("participant", "event=drained prepared=2"));
  restart_participant();
  EXPECT_TRUE(has_logged("participant", "prepared=1"));
  EXPECT_THAT(ctl({"locks", "left"}).out, HasSubstr("alice"));
  failpoints.disarm("coordinator.before_send_decision").value();
  failpoints.disarm("coordinator.before_inquiry_answer").value();
  expect_balances(60, 140);
  expect_nothing_left();
}

TEST_F(StoppingTest, AParticipantToldTwiceEndsAtOnceAndTheTransactionIsAborted) {
  auto transaction = client().begin();
  transaction.execute("left", "UPDATE accounts SET balance = 50 WHERE id = 'alice'");
  participant_.signal(SIGTERM);
  wait_for_log("participant", "event=draining");
  participant_.signal(SIGTERM);
  EXPECT_EQ(participant_.wait().value(), 1);
  EXPECT_TRUE(has_logged("participant", "told twice to stop"));
  restart_participant();
  try {
    transaction.commit();
    FAIL() << "it committed without its branch";
  } catch (const Aborted& aborted) {
    EXPECT_TRUE(aborted.worth_another_run()) << aborted.what();
    EXPECT_EQ(aborted.cause().store, "left");
  }
  expect_balances(100, 100);
  expect_nothing_left();
}

TEST_F(StoppingTest, AParticipantWaitsNoLongerThanATransactionMayTake) {
  EXPECT_EQ(participant_.terminate().value(), 0);
  start_participant({"--transaction-timeout", "300ms"});
  auto transaction = client().begin();
  transaction.execute("left", "UPDATE accounts SET balance = 50 WHERE id = 'alice'");
  EXPECT_EQ(participant_.terminate().value(), 0);
  restart_participant();
  try {
    transaction.commit();
    FAIL() << "it committed without its branch";
  } catch (const Aborted& aborted) {
    EXPECT_THAT(aborted.what(), HasSubstr("left"));
  }
  expect_balances(100, 100);
}

TEST_F(StoppingTest, AnInterruptFromTheKeyboardIsAnOrderToStop) {
  participant_.signal(SIGINT);
  EXPECT_EQ(participant_.wait().value(), 0);
  EXPECT_TRUE(has_logged("participant", "event=drained prepared=0"));
  coordinator_.signal(SIGINT);
  EXPECT_EQ(coordinator_.wait().value(), 0);
  EXPECT_TRUE(has_logged("coordinator", "event=drained"));
}

TEST_F(StoppingTest, AParticipantOpensItsLogFileAnew) {
  EXPECT_EQ(participant_.terminate().value(), 0);
  start_participant({"--log-file", path("a.log")});
  std::filesystem::rename(path("a.log"), path("a.log.1"));
  participant_.signal(SIGHUP);
  EXPECT_TRUE(becomes_true([this] { return std::filesystem::exists(path("a.log")); }));
  EXPECT_EQ(participant_.terminate().value(), 0);
  EXPECT_THAT(read(path("a.log.1")), HasSubstr("event=listening"));
  EXPECT_THAT(read(path("a.log")), HasSubstr("event=drained"));
}

TEST_F(StoppingTest, ALogFileThatCannotBeOpenedAnewIsKept) {
  EXPECT_EQ(participant_.terminate().value(), 0);
  std::filesystem::create_directory(path("logs"));
  start_participant({"--log-file", path("logs/a.log")});
  std::filesystem::rename(path("logs"), path("moved"));
  participant_.signal(SIGHUP);
  EXPECT_TRUE(
      becomes_true([this] { return read(path("moved/a.log")).find("event=log_not_reopened") != std::string::npos; }));
  EXPECT_EQ(participant_.terminate().value(), 0);
  EXPECT_THAT(read(path("moved/a.log")), HasSubstr("name a file in a directory that exists and is writable"));
  EXPECT_THAT(read(path("moved/a.log")), HasSubstr("event=drained"));
}

// ---- the coordinator ----

TEST_F(StoppingTest, ACoordinatorDecidesAndAnswersWhatHasBegun) {
  auto submitted = submit_undecided();
  coordinator_.signal(SIGTERM);
  wait_for_log("coordinator", "event=draining undecided=1");
  let_stores_vote();
  const auto outcome = submitted.get();
  EXPECT_TRUE(outcome.committed());
  EXPECT_EQ(coordinator_.wait().value(), 0);
  // The stores have heard of it before it ended: nobody waits for its next start.
  EXPECT_THAT(ctl({"--participant", participant_.address(), "in-doubt"}).out, HasSubstr("no branch is in doubt"));
  restart_coordinator();
  EXPECT_TRUE(client().outcome(outcome.id).committed());
  expect_balances(60, 140);
  expect_nothing_left();
}

TEST_F(StoppingTest, ACoordinatorThatEndsBeginsNothingNewAndSaysSo) {
  auto submitted = submit_undecided();
  coordinator_.signal(SIGTERM);
  wait_for_log("coordinator", "event=draining");
  Client late({.coordinator = coordinator_.address(), .run_attempts = 1});
  try {
    late.submit(transfer());
    FAIL() << "it began another one";
  } catch (const Unavailable& unavailable) {
    EXPECT_THAT(unavailable.what(), HasSubstr("about to stop and begins nothing new: try again later"));
  }
  let_stores_vote();
  EXPECT_TRUE(submitted.get().committed());
  EXPECT_EQ(coordinator_.wait().value(), 0);
}

TEST_F(StoppingTest, ACoordinatorHandsOverWhatStoresHaveNotAcknowledged) {
  EXPECT_EQ(coordinator_.terminate().value(), 0);
  auto impatient = quick_coordinator_;
  impatient.insert(impatient.end(), {"--hand-over", "100ms"});
  start_coordinator(impatient);
  FailpointClient stores(participant_.failpoints());
  stores.arm("participant.decision_received", FailpointAction::kError).value();
  patient().submit(transfer());
  EXPECT_EQ(coordinator_.terminate().value(), 0);
  EXPECT_TRUE(has_logged("coordinator", "event=drained undecided=0 owed=1"));
  stores.disarm("participant.decision_received").value();
  restart_coordinator();
  expect_balances(60, 140);
  expect_nothing_left();
}

TEST_F(StoppingTest, ACoordinatorToldTwiceEndsAtOnceAndWhatItHadNotDecidedIsAborted) {
  auto submitted = submit_undecided();
  coordinator_.signal(SIGTERM);
  wait_for_log("coordinator", "event=draining undecided=1");
  coordinator_.signal(SIGTERM);
  EXPECT_EQ(coordinator_.wait().value(), 1);
  EXPECT_TRUE(has_logged("coordinator", "told twice to stop"));
  let_stores_vote();
  restart_coordinator();
  EXPECT_THROW(submitted.get(), Aborted);
  expect_balances(100, 100);
  expect_nothing_left();
}

TEST_F(StoppingTest, AnInteractiveTransactionDoesNotOutliveItsCoordinator) {
  auto transaction = client().begin();
  transaction.execute("left", "UPDATE accounts SET balance = 60 WHERE id = 'alice'");
  EXPECT_EQ(coordinator_.terminate().value(), 0);
  restart_coordinator();
  // Its id is of an earlier epoch: it cannot begin any more.
  try {
    transaction.commit();
    FAIL() << "it committed an id of an earlier epoch";
  } catch (const Aborted& aborted) {
    EXPECT_TRUE(aborted.worth_another_run()) << aborted.what();
  }
  expect_balances(100, 100);
  expect_nothing_left();
}

}  // namespace
}  // namespace assent
