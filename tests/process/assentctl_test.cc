// What an operator asks, and is told, with real daemons.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/src.hpp>
#include <fstream>
#include <future>

#include "assent/assent.h"
#include "tests/process/daemons.h"
#include "thrift/daemon/failpoint_client.h"

namespace assent {
namespace {

using daemon::FailpointAction;
using daemon::FailpointClient;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

std::vector<std::string> lines_with(const std::string& part, const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream all(text);
  for (std::string line; std::getline(all, line);) {
    if (line.find(part) != std::string::npos) lines.push_back(line);
  }
  return lines;
}

class AssentctlTest : public ProcessTest {
 protected:
  boost::json::value json(Words words) {
    words.insert(words.begin(), "--json");
    const auto finished = ctl(words);
    EXPECT_EQ(finished.code, 0) << finished.err;
    return boost::json::parse(finished.out);
  }

  void start_both() {
    start_coordinator();
    start_participant();
  }

  // Leaves a branch of an update of `left` prepared, and the coordinator dead before the decision was forced.
  void leave_in_doubt() {
    start_both();
    FailpointClient(coordinator_.failpoints()).arm("coordinator.before_force", FailpointAction::kCrash).value();
    EXPECT_NE(ctl({"sql", "left", "UPDATE accounts SET balance = 1 WHERE id = 'alice'"}).code, 0);
    EXPECT_EQ(coordinator_.wait().value(), -SIGKILL);
  }

  std::string id_in_doubt() {
    const auto finished = ctl({"--json", "--participant", participant_.address(), "in-doubt"});
    const auto branches = boost::json::parse(finished.out).at("branches").as_array();
    return branches.empty() ? std::string() : std::string(branches[0].at("id").as_string());
  }

  daemon::Finished resolve(const std::string& id, const Words& more) {
    Words words{"--participant", participant_.address(), "resolve", id, "left"};
    words.insert(words.end(), more.begin(), more.end());
    return ctl(words);
  }
};

// ---- looking ----

TEST_F(AssentctlTest, StatusShowsTheLogAndTheCounters) {
  start_both();
  ASSERT_EQ(ctl({"sql", "left", "UPDATE accounts SET balance = 5 WHERE id = 'alice'"}).code, 0);
  EXPECT_THAT(ctl({"status"}).out, HasSubstr("serving"));
  const auto status = json({"status"});
  EXPECT_EQ(status.at("committed"), 1);
  EXPECT_EQ(status.at("active"), 0);
  EXPECT_EQ(status.at("epoch"), 1);
  EXPECT_EQ(status.at("alarms"), 0);
  EXPECT_EQ(status.at("log_out_of_space"), "");
}

TEST_F(AssentctlTest, AStartThatNoStoreHasShownToBeOfTheNewestLogSaysSoAndGivesOutNoIds) {
  start_both();
  EXPECT_EQ(json({"status"}).at("proven"), true);
  participant_.kill();
  coordinator_.kill();
  start_coordinator({"--proof-wait", "100ms"});
  EXPECT_EQ(json({"status"}).at("proven"), false);
  EXPECT_THAT(ctl({"status"}).out,
              HasSubstr("WAITS for a store that it knows to show that the decision log is the newest"));
  EXPECT_THAT(ctl({"sql", "left", "SELECT 1"}).err, HasSubstr("no store has registered since the coordinator started"));
  EXPECT_THAT(ctl({"show", json({"status"}).at("log").as_string().c_str() + std::string("-1-0")}).err,
              HasSubstr("no store has shown to be the newest yet"));
  start_participant();
  EXPECT_TRUE(becomes_true([this] { return json({"status"}).at("proven") == true; }));
  EXPECT_EQ(ctl({"sql", "left", "SELECT 1"}).code, 0);
}

TEST_F(AssentctlTest, ALogWhoseStoresAreLostGoesOnWithANewOne) {
  start_both();
  participant_.kill();
  coordinator_.kill();
  daemon::DaemonProcess fresh;
  fresh
      .start({program("assent-participant"),
              {"--coordinator", coordinator_.address(), "--listen", "127.0.0.1:0", "--store",
               "fresh=" + path("fresh.db"), "--create"},
              {},
              path("fresh.log")})
      .value();
  start_coordinator({"--proof-wait", "100ms"});
  EXPECT_THAT(ctl({"sql", "fresh", "SELECT 1"}).err, HasSubstr("no store has registered"));
  coordinator_.kill();
  const auto restored = run("assentctl", {"log", "restore", path("log"), "--without", "left", "--without", "right",
                                          "--store", "fresh=" + fresh.address()});
  EXPECT_EQ(restored.code, 0) << restored.err;
  start_coordinator();
  EXPECT_TRUE(becomes_true([this] { return json({"status"}).at("proven") == true; }));
  EXPECT_EQ(ctl({"sql", "fresh", "SELECT 1"}).code, 0);
}

TEST_F(AssentctlTest, StoresShowsWhatTheParticipantSays) {
  start_both();
  const auto stores = json({"stores"}).as_array();
  ASSERT_EQ(stores.size(), 2U);
  EXPECT_EQ(stores[0].at("store"), "left");
  EXPECT_EQ(stores[0].at("address"), boost::json::string(participant_.address()));
  EXPECT_EQ(stores[0].at("prepared"), 0);
  EXPECT_THAT(ctl({"stores"}).out, HasSubstr("online"));
}

TEST_F(AssentctlTest, AStoreThatHasNotRegisteredAgainIsNotOnline) {
  start_coordinator();
  start_participant();
  EXPECT_THAT(ctl({"stores"}).out, HasSubstr("online"));
  FailpointClient(participant_.failpoints()).arm("participant.before_register", FailpointAction::kError).value();
  coordinator_.kill();
  start_coordinator();
  EXPECT_THAT(ctl({"stores"}).out,
              AllOf(HasSubstr("not registered since the coordinator started"), Not(HasSubstr("online"))));
}

TEST_F(AssentctlTest, StoresShowsAParticipantThatDoesNotAnswer) {
  start_both();
  participant_.kill();
  const auto finished = ctl({"stores"});
  EXPECT_EQ(finished.code, 0);
  EXPECT_THAT(finished.out, HasSubstr("does not answer"));
}

TEST_F(AssentctlTest, StoresShowsACopyThatIsRefusedBesideTheStoreThatIsOnline) {
  start_both();
  participant_.kill();
  std::filesystem::copy_file(path("left.db"), path("copy.db"));
  start_participant();
  daemon::DaemonProcess copy;
  copy.start(
          {program("assent-participant"),
           {"--coordinator", coordinator_.address(), "--listen", "127.0.0.1:0", "--store", "left=" + path("copy.db")},
           {},
           path("copy.log")})
      .value();
  boost::json::array stores;
  EXPECT_TRUE(becomes_true([&] {
    stores = json({"stores"}).as_array();
    return stores.size() == 3;
  }));
  copy.kill();
  ASSERT_EQ(stores.size(), 3U);
  EXPECT_EQ(stores[0].at("address"), boost::json::string(participant_.address()));
  EXPECT_EQ(stores[0].at("refused"), "");
  EXPECT_EQ(stores[0].at("offline"), "");
  EXPECT_EQ(stores[1].at("store"), "left");
  EXPECT_EQ(stores[1].at("address"), boost::json::string(copy.address()));
  EXPECT_NE(stores[1].at("opening"), stores[0].at("opening"));
  EXPECT_THAT(std::string(stores[1].at("refused").as_string()), HasSubstr("bring back the newest file"));
  EXPECT_EQ(stores[2].at("store"), "right");
  EXPECT_EQ(json({"status"}).at("alarms"), 1) << "told of once";
}

TEST_F(AssentctlTest, TransactionsOfAnIdleCoordinatorAreNone) {
  start_both();
  EXPECT_THAT(ctl({"transactions"}).out, HasSubstr("no transaction"));
  EXPECT_THAT(ctl({"in-doubt"}).out, HasSubstr("no branch is in doubt"));
  EXPECT_THAT(ctl({"locks", "left"}).out, HasSubstr("holds no lock"));
}

TEST_F(AssentctlTest, LocksShowsHoldersWaitersKeysAndAges) {
  start_both();
  Client client({.coordinator = coordinator_.address()});
  auto holder = client.begin();
  auto waiter = client.begin();
  holder.execute("left", "UPDATE accounts SET balance = 5 WHERE id = 'alice'");
  auto waiting = std::async(std::launch::async, [&waiter] {
    return waiter.execute("left", "UPDATE accounts SET balance = balance + 1 WHERE id = 'alice'");
  });
  std::string locks;
  EXPECT_TRUE(becomes_true([&] {
    locks = ctl({"locks", "left"}).out;
    return locks.find("waits") != std::string::npos;
  }));
  EXPECT_THAT(locks, MatchesRegex("TABLE +KEY +MODE +TRANSACTION +STATE +AGE\n-[^\n]*\n([^\n]*\n)*"));
  EXPECT_THAT(
      lines_with("('alice')", locks),
      ElementsAre(
          MatchesRegex("accounts +[(]'alice'[)] +exclusive +" + to_string(holder.id()) + " +holds +[0-9.]+[a-z]+ *"),
          MatchesRegex("accounts +[(]'alice'[)] +exclusive +" + to_string(waiter.id()) + " +waits +[0-9.]+[a-z]+ *")))
      << locks;
  holder.commit();
  EXPECT_EQ(waiting.get(), 1U);
  waiter.commit();
  expect_nothing_left();
}

TEST_F(AssentctlTest, SqlPrintsATableAndCountsRows) {
  start_both();
  EXPECT_THAT(ctl({"sql", "left", "SELECT id, balance FROM accounts"}).out,
              HasSubstr("alice      100\n1 row returned"));
  EXPECT_THAT(ctl({"sql", "left", "UPDATE accounts SET balance = 7 WHERE id = 'alice'"}).out,
              HasSubstr("1 row changed"));
  const auto result = json({"sql", "left", "SELECT balance FROM accounts"});
  EXPECT_EQ(result.at("rows").at(0).at(0), 7);
}

TEST_F(AssentctlTest, SqlTakesALevelAndKnowsWhichThereAre) {
  start_both();
  EXPECT_THAT(ctl({"sql", "left", "SELECT id, balance FROM accounts", "--level", "read-committed"}).out,
              HasSubstr("alice      100\n1 row returned"));
  const auto unknown = ctl({"sql", "left", "SELECT 1", "--level", "chaos"});
  EXPECT_EQ(unknown.code, 2);
  EXPECT_THAT(unknown.err, HasSubstr("--level: chaos not in {serializable,read-committed}"));
}

TEST_F(AssentctlTest, SqlSaysWhyItAborted) {
  start_both();
  const auto failed = ctl({"sql", "left", "SELEKT 1"});
  EXPECT_EQ(failed.code, 1);
  EXPECT_THAT(failed.err, HasSubstr("aborted, nothing has changed: statement failed at store `left`"));
  const auto unknown = ctl({"sql", "nowhere", "SELECT 1"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("nowhere"));
}

// ---- in doubt ----

TEST_F(AssentctlTest, ABranchInDoubtIsShownWithItsLocks) {
  leave_in_doubt();
  const Words participant{"--participant", participant_.address()};
  const auto in_doubt = ctl({"--participant", participant_.address(), "in-doubt"});
  EXPECT_EQ(in_doubt.code, 0) << in_doubt.err;
  EXPECT_THAT(in_doubt.out, HasSubstr("prepared"));
  EXPECT_THAT(ctl({"--participant", participant_.address(), "locks", "left"}).out, HasSubstr("accounts"));
}

TEST_F(AssentctlTest, MoreInDoubtThanIsListedIsSaid) {
  start_coordinator();
  start_participant({"--listed", "1", "--inquiry-first", "1h", "--inquiry-ceiling", "1h"});
  FailpointClient(coordinator_.failpoints()).arm("coordinator.before_send_decision", FailpointAction::kError).value();
  for (const char* const name : {"bob", "carol"}) {
    ctl({"--timeout", "500ms", "sql", "left", std::string("INSERT INTO accounts VALUES ('") + name + "', 1)"});
  }
  const Words in_doubt{"--participant", participant_.address(), "in-doubt"};
  EXPECT_THAT(ctl(in_doubt).out, HasSubstr("store `left` has more in doubt than it lists"));
  const auto listed = json(in_doubt);
  EXPECT_EQ(listed.at("branches").as_array().size(), 1U);
  EXPECT_EQ(listed.at("more"), true);
}

TEST_F(AssentctlTest, ABranchInDoubtEndsWhenTheCoordinatorIsBack) {
  leave_in_doubt();
  const auto id = id_in_doubt();
  ASSERT_NE(id, "");
  start_coordinator();
  // Nothing was forced: aborted, and the store hears so by its inquiry or its registration.
  while (!id_in_doubt().empty()) usleep(10'000);
  EXPECT_THAT(ctl({"sql", "left", "SELECT balance FROM accounts"}).out, HasSubstr("100"));
}

// S6: stores find the log again by its identity.
TEST_F(AssentctlTest, ABranchInDoubtEndsWhenTheCoordinatorIsBackAtAnotherAddress) {
  leave_in_doubt();
  ASSERT_NE(id_in_doubt(), "");
  const auto before = coordinator_.address();
  start_coordinator({"--listen", daemon::own_loopback()});
  ASSERT_NE(coordinator_.address(), before);
  participant_.kill();
  start_participant();
  EXPECT_TRUE(becomes_true([this] { return id_in_doubt().empty(); }));
  EXPECT_THAT(ctl({"sql", "left", "SELECT balance FROM accounts"}).out, HasSubstr("100"));
}

TEST_F(AssentctlTest, WithoutTheCoordinatorAPreparedBranchCanBeResolvedByHand) {
  leave_in_doubt();
  const auto resolved = resolve(id_in_doubt(), {"--abort", "--reason", "its log is lost"});
  EXPECT_EQ(resolved.code, 0) << resolved.err;
  EXPECT_THAT(resolved.out, HasSubstr("resolved abort"));
}

TEST_F(AssentctlTest, ResolvingTakesAReason) {
  leave_in_doubt();
  const auto id = id_in_doubt();
  EXPECT_EQ(resolve(id, {"--abort"}).code, 2);
  const auto blank = resolve(id, {"--abort", "--reason", " "});
  EXPECT_EQ(blank.code, 2);
  EXPECT_THAT(blank.err, HasSubstr("--reason is empty"));
  EXPECT_EQ(id_in_doubt(), id);
}

TEST_F(AssentctlTest, ResolvingTakesOneDecision) {
  leave_in_doubt();
  const auto id = id_in_doubt();
  EXPECT_EQ(resolve(id, {"--reason", "why"}).code, 2);
  EXPECT_EQ(resolve(id, {"--abort", "--commit", "--reason", "why"}).code, 2);
  EXPECT_EQ(id_in_doubt(), id);
}

TEST_F(AssentctlTest, WithoutTheCoordinatorTheParticipantMustBeNamed) {
  leave_in_doubt();
  const auto finished = ctl({"resolve", id_in_doubt(), "left", "--abort", "--reason", "why"});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.err, HasSubstr("--participant HOST:PORT"));
}

TEST_F(AssentctlTest, ABranchThatIsNotThereCannotBeResolved) {
  start_both();
  const auto finished = ctl({"resolve", "0000000000000001-1-1", "left", "--abort", "--reason", "why"});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.err, HasSubstr("holds no branch of 0000000000000001-1-1"));
}

TEST_F(AssentctlTest, ABranchWhoseCoordinatorAnswersIsNotResolvedByHand) {
  start_both();
  FailpointClient failpoints(coordinator_.failpoints());
  failpoints.arm("coordinator.before_send_decision", FailpointAction::kError).value();  // every decision is lost
  Words words{"--timeout", "500ms", "sql", "left", "UPDATE accounts SET balance = 1 WHERE id = 'alice'"};
  ctl(words);
  const auto id = id_in_doubt();
  ASSERT_NE(id, "");
  const auto finished = ctl({"resolve", id, "left", "--abort", "--reason", "impatience"});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.err, HasSubstr("can still answer: the store will hear from it and end the branch by itself"));
}

// ---- bad input ----

TEST_F(AssentctlTest, AnIdThatIsNoneIsAUsageError) {
  start_coordinator();
  const auto finished = ctl({"show", "42"});
  EXPECT_EQ(finished.code, 2);
  EXPECT_THAT(finished.err, HasSubstr("`42` is not a transaction id"));
}

TEST_F(AssentctlTest, AnUnknownTransactionIsNamed) {
  start_coordinator();
  const auto finished = ctl({"show", "0000000000000001-1-1"});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.err, HasSubstr("0000000000000001-1-1 is not known here"));
}

TEST_F(AssentctlTest, ACoordinatorThatDoesNotAnswerIsNamed) {
  const auto finished = run("assentctl", {"--coordinator", "127.0.0.1:1", "status"});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.err, HasSubstr("127.0.0.1:1"));
}

TEST_F(AssentctlTest, AnUnknownCommandIsAUsageError) {
  EXPECT_EQ(run("assentctl", {"statsu"}).code, 2);
  EXPECT_EQ(run("assentctl", {}).code, 2);
}

TEST_F(AssentctlTest, AnUnknownStoreHasNoLocks) {
  start_coordinator();
  const auto finished = ctl({"locks", "nowhere"});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.err, HasSubstr("no store `nowhere` has registered"));
}

// ---- logs ----

TEST_F(AssentctlTest, ALogIsVerifiedAndDumpedWhileItIsOpen) {
  start_both();
  ASSERT_EQ(ctl({"sql", "left", "UPDATE accounts SET balance = 5 WHERE id = 'alice'"}).code, 0);
  const auto verified = run("assentctl", {"log", "verify", path("log")});
  EXPECT_EQ(verified.code, 0) << verified.err;
  EXPECT_THAT(verified.out, HasSubstr("the log is whole"));
  EXPECT_THAT(verified.out, HasSubstr("a coordinator has it"));
  const auto dumped = run("assentctl", {"log", "dump", path("log")});
  EXPECT_EQ(dumped.code, 0) << dumped.err;
  EXPECT_THAT(dumped.out, HasSubstr("commit"));
  EXPECT_THAT(dumped.out, HasSubstr("left"));
  EXPECT_EQ(dumped.out.find('{'), std::string::npos);
  EXPECT_GT(boost::json::parse(run("assentctl", {"--json", "log", "dump", path("log")}).out).as_array().size(), 3U);
}

TEST_F(AssentctlTest, OfADamagedLogWhatStandsBeforeTheDamageIsDumped) {
  start_both();
  for (const char* const balance : {"5", "6", "7"}) {
    ASSERT_EQ(ctl({"sql", "left", std::string("UPDATE accounts SET balance = ") + balance}).code, 0);
  }
  coordinator_.kill();
  const auto records = json({"log", "dump", path("log")}).as_array();
  const auto commits = [&records] {
    std::vector<std::int64_t> offsets;
    for (const auto& record : records) {
      if (record.at("record").as_string().starts_with("commit")) offsets.push_back(record.at("offset").as_int64());
    }
    return offsets;
  }();
  ASSERT_EQ(commits.size(), 3U);
  {
    std::fstream file(std::string(json({"log", "verify", path("log")}).at("file").as_string()),
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(commits[1] + 4);
    const auto byte = static_cast<char>(file.get() ^ 1);
    file.seekp(commits[1] + 4);
    file.put(byte);
  }
  const auto dumped = run("assentctl", {"log", "dump", path("log")});
  EXPECT_EQ(dumped.code, 1);
  EXPECT_THAT(dumped.out, HasSubstr(std::to_string(commits[0]) + "\t"));
  EXPECT_THAT(dumped.err, HasSubstr("offset"));
}

TEST_F(AssentctlTest, AFlagThatIsWrongIsAUsageError) {
  for (const auto& [words, message] : std::vector<std::pair<Words, std::string>>{
           {{"--coordinator", "nowhere", "status"}, "`nowhere` is not an address; write host:port"},
           {{"--timeout", "5", "status"}, "--timeout: `5` is not a duration: write a whole number and a unit"},
           {{"--jsn", "status"}, "--jsn"},
           {{"locks"}, "STORE is required"}}) {
    const auto finished = run("assentctl", words);
    EXPECT_EQ(finished.code, 2);
    EXPECT_THAT(finished.err, HasSubstr(message));
  }
}

TEST_F(AssentctlTest, AMissingDirectoryIsNamed) {
  const auto finished = run("assentctl", {"log", "verify", path("nowhere")});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.err, HasSubstr(path("nowhere") + ": No such file or directory; check the path"));
}

TEST_F(AssentctlTest, ADirectoryWithoutALogIsNamed) {
  const auto finished = run("assentctl", {"log", "verify", path("")});
  EXPECT_EQ(finished.code, 1);
  EXPECT_THAT(finished.err, HasSubstr("there is no decision log in"));
}

}  // namespace
}  // namespace assent
