// Other programs at a store's file: who reads is welcome, who writes is noticed, and answered for by an operator.
#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/process/daemons.h"

namespace assent {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
namespace filesystem = std::filesystem;

class ForeignWriteTest : public ProcessTest {
 protected:
  void start(const Words& flags = {}) {
    if (!coordinator_.is_running()) start_coordinator();
    start_participant(flags);
  }

  void restart() {
    ASSERT_EQ(participant_.terminate().value(), 0);
    start_participant();
  }

  daemon::Finished set_balance(const std::string& balance) {
    return ctl({"sql", "left", "UPDATE accounts SET balance = " + balance + " WHERE id = 'alice'"});
  }

  daemon::Finished acknowledge(const std::string& reason = "it was the nightly report, and is stopped") {
    return ctl({"acknowledge-write", "left", "--reason", reason});
  }

  boost::json::value left() { return boost::json::parse(ctl({"--json", "stores"}).out).at(0); }

  std::string foreign_write() {
    const auto store = left();
    const auto* const text = store.as_object().if_contains("foreign_write");
    return text == nullptr ? std::string() : std::string(text->as_string());
  }

  void write_to_left(const char* balance) {
    write_outside(path("left.db"),
                  ("UPDATE accounts SET balance = " + std::string(balance) + " WHERE id = 'alice'").c_str());
  }

  // The program of that name, as any user has it.
  static daemon::Finished sqlite3(const std::string& file, const std::string& sql) {
    return daemon::run_to_end({"/usr/bin/sqlite3", {"-readonly", file, sql}, {}, {}}).value();
  }

  void expect_that_it_votes() {
    const auto committed = set_balance("7");
    EXPECT_EQ(committed.code, 0) << committed.err;
    EXPECT_EQ(foreign_write(), "");
    EXPECT_THAT(ctl({"stores"}).out, Not(HasSubstr("VOTES NO")));
  }

  void expect_that_it_votes_no() {
    const auto refused = set_balance("6");
    EXPECT_EQ(refused.code, 1);
    EXPECT_THAT(refused.err, AllOf(HasSubstr("another program has written to this store"),
                                   HasSubstr("acknowledge it with `assentctl acknowledge-write`")));
    EXPECT_THAT(ctl({"stores"}).out, HasSubstr("VOTES NO: another program has written to it, noticed "));
    EXPECT_EQ(left().at("alarms"), 1);
    EXPECT_EQ(ctl({"sql", "left", "SELECT balance FROM accounts"}).code, 0) << "it may still be read";
    EXPECT_EQ(ctl({"sql", "right", "UPDATE accounts SET balance = 3"}).code, 0) << "the other store goes on";
  }
};

TEST_F(ForeignWriteTest, WhileTheStoreIsServedTakesItsVoteUntilItIsAcknowledged) {
  start();
  ASSERT_EQ(set_balance("5").code, 0);
  write_to_left("1000");
  EXPECT_NE(set_balance("6").code, 0) << "it goes offline";
  EXPECT_TRUE(becomes_true([this] { return foreign_write() != ""; }));
  EXPECT_TRUE(becomes_true([this] { return ctl({"stores"}).out.find("VOTES NO") != std::string::npos; }));
  EXPECT_TRUE(becomes_true([this] { return ctl({"sql", "left", "SELECT balance FROM accounts"}).code == 0; }));
  EXPECT_THAT(foreign_write(), HasSubstr(" while the store was served"));
  expect_that_it_votes_no();
  EXPECT_TRUE(has_logged("participant", "ALARM: another program has written to this store: noticed "));
  EXPECT_THAT(ctl({"sql", "left", "SELECT balance FROM accounts"}).out, HasSubstr("1000"));

  const auto acknowledged = acknowledge();
  EXPECT_EQ(acknowledged.code, 0) << acknowledged.err;
  EXPECT_THAT(acknowledged.out, HasSubstr("store `left` votes again; acknowledged: noticed "));
  EXPECT_TRUE(has_logged("participant", "event=acknowledge_write store=left reason="));
  EXPECT_TRUE(has_logged("participant", "it was the nightly report, and is stopped"));
  expect_that_it_votes();
  restart();
  expect_that_it_votes();
}

TEST_F(ForeignWriteTest, IsNotForgottenWhoeverIsKilled) {
  start({"--reopen-first", "1h", "--reopen-ceiling", "1h"});
  write_to_left("1000");
  EXPECT_NE(set_balance("6").code, 0);
  participant_.kill();  // before the store was opened again
  start();
  EXPECT_THAT(foreign_write(), HasSubstr(" while the store was served"));
  participant_.kill();
  start();
  expect_that_it_votes_no();
  EXPECT_EQ(acknowledge().code, 0);
  participant_.kill();
  start();
  expect_that_it_votes();
}

TEST_F(ForeignWriteTest, WhileTheParticipantWasDownIsNoticedAtItsStart) {
  start();
  ASSERT_EQ(set_balance("5").code, 0);
  ASSERT_EQ(participant_.terminate().value(), 0);
  write_to_left("8");
  start();
  EXPECT_THAT(foreign_write(), HasSubstr("when the store was opened: since it was closed, its file was changed"));
  expect_that_it_votes_no();
  restart();
  expect_that_it_votes_no();
  EXPECT_EQ(boost::json::parse(ctl({"--json", "acknowledge-write", "left", "--reason", "mine"}).out).at("store"),
            "left");
  expect_that_it_votes();
}

TEST_F(ForeignWriteTest, ReadersAreNoneWheneverTheyCome) {
  start();
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(set_balance(std::to_string(10 + round)).code, 0);
    EXPECT_EQ(sqlite3(path("left.db"), "SELECT balance FROM accounts").out, std::to_string(10 + round) + "\n");
    ASSERT_EQ(participant_.terminate().value(), 0);
    write_outside(path("left.db"), "SELECT * FROM accounts");  // able to write, and does not
    const auto read = daemon::run_to_end({"/usr/bin/sqlite3", {path("left.db"), ".dump"}, {}, {}}).value();
    EXPECT_THAT(read.out, HasSubstr("alice"));
    start_participant();
    expect_that_it_votes();
  }
}

TEST_F(ForeignWriteTest, AnAcknowledgementOfNothingIsRefused) {
  start();
  const auto nothing = acknowledge();
  EXPECT_EQ(nothing.code, 1);
  EXPECT_THAT(nothing.err, HasSubstr("no write of another program waits to be acknowledged at this store"));
  EXPECT_EQ(acknowledge(" ").code, 2);
  EXPECT_EQ(ctl({"acknowledge-write", "left"}).code, 2);
  const auto unknown = ctl({"acknowledge-write", "nowhere", "--reason", "mine"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("no store `nowhere` has registered"));
}

// ---- who may read ----

TEST_F(ForeignWriteTest, AnotherUserReadsWhatTheModeAndTheGroupAllow) {
  const bool is_root = geteuid() == 0;
  const std::string group_name = is_root ? "daemon" : getgrgid(getegid())->gr_name;
  start({"--store-mode", "0640", "--store-group", group_name});
  EXPECT_EQ(set_balance("7").code, 0);
  for (const std::string suffix : {"", "-wal", "-shm"}) {
    EXPECT_EQ(filesystem::status(path("left.db") + suffix).permissions(), filesystem::perms(0640)) << suffix;
  }
  EXPECT_EQ(filesystem::status(path("left.db.assent-lock")).permissions(), filesystem::perms(0600));
  if (!is_root) return;  // only root can be somebody else
  filesystem::permissions(path(""), filesystem::perms(0755));
  const auto read_as = [this](const std::string& group) {
    return daemon::run_to_end({"/usr/bin/setpriv",
                               {"--reuid=65534", "--regid=" + group, "--clear-groups", "/usr/bin/sqlite3", "-readonly",
                                path("left.db"), "SELECT balance FROM accounts"},
                               {},
                               {}})
        .value();
  };
  EXPECT_EQ(read_as("daemon").out, "7\n") << read_as("daemon").err;
  EXPECT_NE(read_as("nogroup").code, 0);
  expect_that_it_votes();
}

}  // namespace
}  // namespace assent
