// A disk without room, as a limit on the size of files that is set while a daemon runs: what cannot be kept is not
// promised, nothing that was promised is lost, and all goes on when there is room again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <future>

#include "assent/assent.h"
#include "tests/process/daemons.h"
#include "thrift/daemon/failpoint_client.h"

namespace assent {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using namespace std::chrono_literals;

class FullDiskTest : public ProcessTest {
 protected:
  void start(const Words& participant_flags = {}) {
    start_coordinator(coordinator_flags_);
    start_participant(participant_flags);
    ClientOptions options{.coordinator = coordinator_.address()};
    options.run_attempts = 1;
    client_.emplace(std::move(options));
  }

  // No file of the daemon may be written beyond so many bytes.
  static void limit_files(const daemon::DaemonProcess& process, rlim_t bytes) {
    rlimit limit{};
    ASSERT_EQ(prlimit(process.pid(), RLIMIT_FSIZE, nullptr, &limit), 0);
    limit.rlim_cur = std::min(bytes, limit.rlim_max);
    ASSERT_EQ(prlimit(process.pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
  }
  static void lift_limit(const daemon::DaemonProcess& process) { limit_files(process, RLIM_INFINITY); }

  Client& client() { return *client_; }

  static Batch set(const std::string& store, std::int64_t balance) {
    Batch batch;
    batch.execute(store, "UPDATE accounts SET balance = ? WHERE id = 'alice'", balance).expect_rows(1);
    return batch;
  }

  static Batch insert(const std::string& store, const std::string& id) {
    Batch batch;
    batch.execute(store, "INSERT INTO accounts VALUES (?, 1)", id);
    return batch;
  }

  std::int64_t balance(const std::string& store) {
    Batch batch;
    batch.query(store, "SELECT balance FROM accounts WHERE id = 'alice'");
    return Client({.coordinator = coordinator_.address()}).submit(batch).results.at(0)[0].get<std::int64_t>(0);
  }

  // The coordinator has decided to commit 60 at `left`, whose store cannot write that and is offline.
  void leave_decided_without_room() {
    daemon::FailpointClient failpoints(participant_.failpoints());
    failpoints.arm("participant.decision_received", daemon::FailpointAction::kPause).value();
    client().submit(set("left", 60));
    failpoints.wait_for_passes("participant.decision_received", 1).value();
    limit_files(participant_, 1);
    failpoints.disarm("participant.decision_received").value();
    EXPECT_TRUE(becomes_true([this] { return ctl({"stores"}).out.find("offline: ") != std::string::npos; }));
  }

  std::string ctl_log() { return run("assentctl", {"log", "dump", path("log")}).out; }

  bool has_logged_all(const std::string& daemon, const std::vector<std::string>& texts) {
    const auto log = read(path(daemon + ".log"));
    return std::all_of(texts.begin(), texts.end(),
                       [&log](const auto& text) { return log.find(text) != std::string::npos; });
  }

  static constexpr rlim_t kSegment = 64U << 10U;
  const Words coordinator_flags_{"--segment",      "64KiB", "--idle-force",     "10ms",
                                 "--resend-first", "20ms",  "--resend-ceiling", "50ms"};
  std::optional<Client> client_;
};

// ---- the decision log ----

TEST_F(FullDiskTest, ALogWithoutRoomForItsNextSegmentCommitsNothingNewAndGoesOnReading) {
  start();
  auto transaction = client().begin();
  transaction.execute("right", "UPDATE accounts SET balance = 140 WHERE id = 'alice'");
  limit_files(coordinator_, kSegment * 3 / 4);  // half of a segment is left when the next one is looked for
  std::int64_t committed = 100;
  std::string refusal;
  for (int attempts = 0; attempts < 2000 && refusal.empty(); ++attempts) {
    try {
      client().submit(set("left", committed + 1));
      ++committed;
    } catch (const Aborted& aborted) {
      EXPECT_EQ(aborted.reason(), AbortReason::kOverloaded);
      refusal = aborted.what();
    }
  }
  EXPECT_THAT(refusal, AllOf(HasSubstr("nothing can commit until the decision log has room"),
                             HasSubstr("raise the limit on the size of files")));
  EXPECT_EQ(balance("left"), committed);
  EXPECT_TRUE(has_logged_all("coordinator", {"event=log_out_of_space", "raise the limit on the size of files"}));

  lift_limit(coordinator_);
  EXPECT_TRUE(becomes_true([this] { return has_logged("coordinator", "event=log_has_space"); }));
  EXPECT_EQ(balance("left"), committed);
  transaction.commit();
  client().submit(set("left", 7));
  EXPECT_EQ(balance("left"), 7);
  EXPECT_EQ(balance("right"), 140);
  expect_nothing_left();
}

TEST_F(FullDiskTest, ALogThatCannotBeWrittenEndsTheCoordinatorAndNothingIsLost) {
  start();
  client().submit(set("left", 60));
  limit_files(coordinator_, 1);
  auto transaction = client().begin();
  transaction.execute("left", "UPDATE accounts SET balance = 0 WHERE id = 'alice'");
  auto committed = std::async(std::launch::async, [&] { return transaction.commit(); });
  EXPECT_EQ(coordinator_.wait().value(), 1);
  start_coordinator(coordinator_flags_);
  // It was told to nobody that it committed, and no record of it is on disk.
  EXPECT_THROW(committed.get(), Aborted);
  EXPECT_EQ(balance("left"), 60);
  client().submit(set("left", 61));
  expect_nothing_left();
}

TEST_F(FullDiskTest, ALogThatCannotBeOpenedForLackOfRoomIsNamedAndStaysWhole) {
  start();
  client().submit(set("left", 60));
  EXPECT_EQ(coordinator_.terminate().value(), 0);
  const auto verified = ctl_log();
  Words words{"-c",
              "ulimit -f 16; exec \"$0\" \"$@\"",
              program("assent-coordinator"),
              "--data",
              path("log"),
              "--listen",
              "127.0.0.1:0"};
  words.insert(words.end(), coordinator_flags_.begin(), coordinator_flags_.end());
  const auto finished = daemon::run_to_end({"/bin/sh", words, {}, {}}).value();
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.err, AllOf(HasSubstr(path("log")), HasSubstr("File too large"),
                                  HasSubstr("raise the limit on the size of files (ulimit -f)")));
  EXPECT_EQ(ctl_log(), verified);
  start_coordinator(coordinator_flags_);
  EXPECT_EQ(balance("left"), 60);
}

// ---- stores ----

TEST_F(FullDiskTest, AStoreBelowItsReserveVotesNoAndSaysWhy) {
  start({"--reserve", "1048576GiB"});
  EXPECT_EQ(balance("left"), 100);
  try {
    client().submit(set("left", 60));
    FAIL() << "it promised to commit without room for it";
  } catch (const Aborted& aborted) {
    EXPECT_EQ(aborted.reason(), AbortReason::kVoteNo);
    EXPECT_THAT(aborted.what(), HasSubstr("short of space on the disk of store `left`"));
  }
  EXPECT_TRUE(has_logged("participant", "event=short_of_space store=left"));
  EXPECT_EQ(participant_.terminate().value(), 0);
  start_participant();
  client().submit(set("left", 60));
  EXPECT_EQ(balance("left"), 60);
  expect_nothing_left();
}

TEST_F(FullDiskTest, AStoreThatCannotWriteItsJournalComesBackAndOthersGoOn) {
  start({"--reopen-first", "10ms"});
  client().submit(set("left", 60));
  limit_files(participant_, 256U << 10U);
  const std::string large(300'000, 'x');
  try {
    client().submit(insert("left", large));
    FAIL() << "it committed what is not on disk";
  } catch (const Aborted& aborted) {
    EXPECT_TRUE(aborted.worth_another_run()) << aborted.what();
  }
  EXPECT_TRUE(has_logged("participant", "event=store_offline store=left"));
  client().submit(set("right", 140));
  EXPECT_TRUE(becomes_true([this] { return ctl({"stores"}).out.find("offline") == std::string::npos; }));
  EXPECT_EQ(balance("left"), 60);  // runs again until the new opening has registered
  client().submit(set("left", 61));
  EXPECT_EQ(balance("left"), 61);
  EXPECT_EQ(balance("right"), 140);

  lift_limit(participant_);
  client().submit(insert("left", large));
  expect_nothing_left();
}

TEST_F(FullDiskTest, AStoreThatCannotWriteAtAllStaysOfflineUntilItCan) {
  start({"--reopen-first", "10ms", "--reopen-ceiling", "20ms"});
  client().submit(set("left", 60));
  auto transaction = client().begin();
  transaction.execute("left", "UPDATE accounts SET balance = 0 WHERE id = 'alice'");
  limit_files(participant_, 1);
  EXPECT_THROW(transaction.commit(), Aborted);
  EXPECT_TRUE(becomes_true([this] { return ctl({"stores"}).out.find("offline: ") != std::string::npos; }));
  EXPECT_THAT(ctl({"stores"}).out, HasSubstr(path("left.db")));
  // It is the present reason that an operator sees.
  std::filesystem::rename(path("left.db"), path("away.db"));
  EXPECT_TRUE(becomes_true([this] { return ctl({"stores"}).out.find("left.db: no such store") != std::string::npos; }));
  std::filesystem::rename(path("away.db"), path("left.db"));
  try {
    client().submit(set("left", 0));
    FAIL() << "it committed at a store that is offline";
  } catch (const Aborted& aborted) {
    EXPECT_EQ(aborted.reason(), AbortReason::kStoreUnavailable) << aborted.what();
  }

  lift_limit(participant_);
  EXPECT_TRUE(becomes_true([this] { return ctl({"stores"}).out.find("offline") == std::string::npos; }))
      << ctl({"stores"}).out;
  EXPECT_EQ(balance("left"), 60);
  client().submit(set("left", 61));
  EXPECT_EQ(balance("left"), 61);
  expect_nothing_left();
}

TEST_F(FullDiskTest, ADecidedBranchStaysInDoubtUntilItCanBeApplied) {
  start({"--reopen-first", "10ms", "--reopen-ceiling", "20ms", "--inquiry-first", "20ms"});
  leave_decided_without_room();
  lift_limit(participant_);
  EXPECT_EQ(balance("left"), 60);
  expect_nothing_left();
}

TEST_F(FullDiskTest, AParticipantWhoseStoreIsOfflineHandsItOverToTheNextStart) {
  start();
  leave_decided_without_room();
  EXPECT_EQ(participant_.terminate().value(), 0);
  start_participant();
  EXPECT_EQ(balance("left"), 60);
  expect_nothing_left();
}

}  // namespace
}  // namespace assent
