// `assentctl schema apply`, with real daemons, beside transactions, branches in doubt, and crashes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <csignal>
#include <fstream>
#include <future>
#include <optional>
#include <thread>

#include "assent/assent.h"
#include "tests/process/daemons.h"
#include "thrift/daemon/failpoint_client.h"

namespace assent {
namespace {

using daemon::FailpointAction;
using daemon::FailpointClient;
using testing::AllOf;
using testing::HasSubstr;

constexpr const char* kAddNote = "-- a column\nALTER TABLE accounts ADD COLUMN note TEXT DEFAULT 'none';\n";

class SchemaApplyTest : public ProcessTest {
 protected:
  void start(const Words& flags = {}) {
    start_coordinator();
    start_participant(flags);
  }

  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }

  daemon::Finished apply(const std::string& store, const std::string& text, Words options = {}) {
    options.insert(options.end(), {"schema", "apply", store, write("next.sql", text)});
    return ctl(options);
  }

  void expect_error(const daemon::Finished& finished, int code, const std::string& message) {
    EXPECT_EQ(finished.code, code);
    EXPECT_EQ(finished.out, "");
    EXPECT_THAT(finished.err, HasSubstr(message));
    EXPECT_EQ(std::count(finished.err.begin(), finished.err.end(), '\n'), 1) << finished.err;
  }

  daemon::Finished balances() { return ctl({"sql", "left", "SELECT * FROM accounts"}); }

  Client client() const { return Client({.coordinator = coordinator_.address()}); }

  // A branch of an update of `left` is prepared, and the coordinator is dead.
  void leave_in_doubt() {
    FailpointClient(coordinator_.failpoints()).arm("coordinator.before_force", FailpointAction::kCrash).value();
    EXPECT_NE(ctl({"sql", "left", "UPDATE accounts SET balance = 1 WHERE id = 'alice'"}).code, 0);
    EXPECT_EQ(coordinator_.wait().value(), -SIGKILL);
  }

  Words participant() const { return {"--participant", participant_.address()}; }
};

TEST_F(SchemaApplyTest, ATableChangesWhileItsStoreIsServed) {
  start();
  EXPECT_THAT(balances().out, HasSubstr("id     balance"));
  const auto applied = apply("left", kAddNote);
  EXPECT_EQ(applied.code, 0) << applied.err;
  EXPECT_EQ(applied.out, "store `left` has version 2 of its schema\n");
  EXPECT_THAT(balances().out, AllOf(HasSubstr("note"), HasSubstr("none")));
  EXPECT_EQ(ctl({"sql", "left", "UPDATE accounts SET note = 'x', balance = 7 WHERE id = 'alice'"}).code, 0);
  EXPECT_EQ(ctl({"sql", "left", "INSERT INTO accounts VALUES ('bob', 1, 'y')"}).code, 0);
  EXPECT_THAT(ctl({"sql", "right", "SELECT * FROM accounts"}).out, testing::Not(HasSubstr("note")));
  EXPECT_TRUE(has_logged("participant", "event=schema_applied store=left version=2"));

  const auto json = boost::json::parse(apply("left", "CREATE TABLE u(x PRIMARY KEY)", {"--json"}).out);
  EXPECT_EQ(json.at("version"), 3);
  EXPECT_EQ(json.at("applied_before"), false);
  ASSERT_EQ(participant_.terminate().value(), 0);
  start_participant();
  EXPECT_THAT(balances().out, HasSubstr("bob"));
}

TEST_F(SchemaApplyTest, TheSameFileIsAppliedOnce) {
  start();
  ASSERT_EQ(apply("left", kAddNote).code, 0);
  const auto again = apply("left", kAddNote);
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("was given this very text before, as version 2 of its schema: nothing was done"));
}

TEST_F(SchemaApplyTest, WhatTheFileCannotDoIsSaidWithItsLineAndNothingIsDone) {
  start();
  for (const auto& [text, message] : std::vector<std::pair<std::string, std::string>>{
           {"CREATE TABLE u(x);\n\nCREATE TABEL v(x);", "near \"TABEL\": syntax error (line 3); correct its SQL"},
           {"CREATE TABLE u(x);\nDROP TABLE accounts; DROP TABLE nowhere;", "no such table: nowhere (line 2)"},
           {"CREATE TABLE assent_mine(x)", "names that begin with `assent_` belong to Assent"},
           {"CREATE TRIGGER t AFTER INSERT ON assent_branches BEGIN SELECT 1; END", "belong to Assent"},
           {"BEGIN; CREATE TABLE u(x); COMMIT", "the schema is applied in one transaction"},
           {std::string("CREATE TABLE u(x);\0", 19), "it holds a NUL byte"}}) {
    SCOPED_TRACE(text);
    expect_error(apply("left", text), 1, message);
    EXPECT_THAT(apply("left", text).err, HasSubstr("; nothing of it was applied"));
  }
  EXPECT_THAT(balances().out, HasSubstr("alice"));
  EXPECT_EQ(ctl({"sql", "left", "SELECT * FROM u"}).code, 1);
  EXPECT_EQ(apply("left", kAddNote).out, "store `left` has version 2 of its schema\n");
}

TEST_F(SchemaApplyTest, AFileThatCannotBeSentIsAUsageError) {
  start();
  const auto apply_file = [this](const std::string& file) { return ctl({"schema", "apply", "left", file}); };
  expect_error(apply_file(path("no.sql")), 2, path("no.sql") + ": No such file or directory; check the path");
  expect_error(apply_file(path("")), 2, "is not a file; name a file of SQL");
  expect_error(apply_file(write("large.sql", std::string(5U << 20U, ' '))), 2,
               "has 5242880 bytes, and a schema file at most 4194304");
  expect_error(apply("left", " \n\n"), 1, "the schema file is empty");
  EXPECT_EQ(ctl({"schema"}).code, 2);
  EXPECT_EQ(ctl({"schema", "apply", "left"}).code, 2);
  EXPECT_EQ(ctl({"schema", "drop", "left"}).code, 2);
}

TEST_F(SchemaApplyTest, AnUnknownStoreIsNamed) {
  start();
  expect_error(apply("nowhere", kAddNote), 1, "no store `nowhere` has registered");
  expect_error(apply("nowhere", kAddNote, participant()), 1, "no store `nowhere` is served here");
  participant_.kill();
  expect_error(apply("left", kAddNote), 1, participant_.address());
}

// ---- beside transactions ----

TEST_F(SchemaApplyTest, BranchesThatAreActiveRunAgainOnTheNewSchema) {
  start();
  int runs = 0;
  client().run([&](Transaction& txn) {
    txn.execute("left", "UPDATE accounts SET balance = balance + 1 WHERE id = 'alice'");
    EXPECT_TRUE(++runs > 1 || apply("left", kAddNote).code == 0);
    txn.execute("right", "UPDATE accounts SET balance = balance - 1 WHERE id = 'alice'");
  });
  EXPECT_EQ(runs, 2);
  EXPECT_THAT(balances().out, AllOf(HasSubstr("101"), HasSubstr("none")));
  expect_nothing_left();
}

TEST_F(SchemaApplyTest, TransfersGoOnWhileTablesChangeUnderThem) {
  schema_ += "INSERT INTO accounts VALUES ('bob', 100), ('carol', 100), ('dave', 100);";
  start();
  std::atomic<bool> is_over = false;
  std::atomic<int> committed = 0;
  std::vector<std::thread> clients;
  for (const char* name : {"alice", "bob", "carol", "dave"}) {
    clients.emplace_back([&, name] {
      Client each = client();
      while (!is_over) {
        Batch batch;
        batch.execute("left", "UPDATE accounts SET balance = balance - 1 WHERE id = ?", name).expect_rows(1);
        batch.execute("right", "UPDATE accounts SET balance = balance + 1 WHERE id = ?", name).expect_rows(1);
        each.submit(batch);
        ++committed;
      }
    });
  }
  for (int change = 0; change < 5; ++change) {
    const auto so_far = committed.load();
    EXPECT_TRUE(becomes_true([&] { return committed > so_far + 20; }));
    const auto number = std::to_string(change);
    const auto applied = apply("left", "ALTER TABLE accounts ADD COLUMN c" + number + " DEFAULT " + number +
                                           "; CREATE INDEX i" + number + " ON accounts(c" + number + ")");
    EXPECT_EQ(applied.code, 0) << applied.err;
  }
  is_over = true;
  for (auto& each : clients) each.join();
  const auto sum = [this](const char* store) {
    Batch batch;
    batch.query(store, "SELECT sum(balance) FROM accounts");
    return client().submit(batch).results.at(0)[0].get<std::int64_t>(0);
  };
  EXPECT_EQ(sum("left"), 400 - committed);
  EXPECT_EQ(sum("right"), 400 + committed);
  expect_nothing_left();
}

TEST_F(SchemaApplyTest, ABranchInDoubtIsWaitedForAndThenTheChangeIsRefused) {
  start({"--lock-wait", "300ms"});
  leave_in_doubt();
  const auto refused = apply("left", kAddNote, participant());
  expect_error(refused, 1,
               "1 branch is prepared at this store, and the schema cannot change before they have ended: "
               "nothing was applied; see `assentctl in-doubt`");
  EXPECT_EQ(apply("right", kAddNote, participant()).code, 0) << "the other store has none";
  start_coordinator();
  EXPECT_TRUE(becomes_true([this] { return ctl({"in-doubt"}).out == "no branch is in doubt\n"; }));
  EXPECT_EQ(apply("left", kAddNote).code, 0);
  EXPECT_THAT(balances().out, HasSubstr("none"));
}

TEST_F(SchemaApplyTest, AChangeThatWaitsIsSeenAndGoesOnWhenTheBranchHasEnded) {
  start({"--lock-wait", "1h", "--statement-timeout", "1h"});
  leave_in_doubt();
  auto waiting = std::async([this] { return apply("left", kAddNote, participant()); });
  const auto ask = [this](const char* what) {
    Words words = participant();
    words.emplace_back(what);
    if (what == std::string("locks")) words.emplace_back("left");
    return ctl(words).out;
  };
  EXPECT_TRUE(becomes_true([&] { return ask("locks").find("(schema change)") != std::string::npos; })) << ask("locks");
  EXPECT_THAT(ask("in-doubt"), HasSubstr("(schema change)"));
  write("other.sql", "CREATE TABLE other(x PRIMARY KEY)");
  Words second = participant();
  second.insert(second.end(), {"schema", "apply", "left", path("other.sql")});
  expect_error(ctl(second), 1, "another schema change is under way at this store");

  Words words = participant();
  words.insert(words.begin(), "--json");
  words.emplace_back("in-doubt");
  const auto id = std::string(boost::json::parse(ctl(words).out).at("branches").at(0).at("id").as_string());
  words = participant();
  words.insert(words.end(), {"resolve", id, "left", "--abort", "--reason", "its log is lost"});
  EXPECT_EQ(ctl(words).code, 0);
  const auto applied = waiting.get();
  EXPECT_EQ(applied.code, 0) << applied.err;
  EXPECT_EQ(applied.out, "store `left` has version 2 of its schema\n");
}

TEST_F(SchemaApplyTest, AParticipantThatDrainsChangesNoSchema) {
  start();
  auto holder = client();
  std::optional<Transaction> open = holder.begin();
  open->execute("left", "UPDATE accounts SET balance = 5 WHERE id = 'alice'");
  ASSERT_EQ(::kill(participant_.pid(), SIGTERM), 0);
  EXPECT_TRUE(becomes_true([this] { return has_logged("participant", "event=draining"); }));
  expect_error(apply("left", kAddNote, participant()), 1, "this store is shutting down: nothing was applied");
  open.reset();
  EXPECT_EQ(participant_.wait().value(), 0);
}

// ---- failures ----

TEST_F(SchemaApplyTest, ACrashLeavesAllOfItOrNothingAndTheSameCommandEndsIt) {
  start();
  bool is_first = true;
  for (const auto* const failpoint : {"store.before_schema_commit", "store.after_schema_commit"}) {
    SCOPED_TRACE(failpoint);
    const std::string text = "CREATE TABLE " + std::string(is_first ? "one" : "two") + "(x PRIMARY KEY)";
    FailpointClient(participant_.failpoints()).arm(failpoint, FailpointAction::kCrash).value();
    const auto lost = apply("left", text);
    EXPECT_EQ(lost.code, 1);
    EXPECT_THAT(lost.err, HasSubstr("whether it was applied is unknown: give the command again"));
    EXPECT_EQ(participant_.wait().value(), -SIGKILL);
    start_participant();
    const auto again = apply("left", text);
    EXPECT_EQ(again.code, 0) << again.err;
    EXPECT_THAT(again.out, HasSubstr(is_first ? "has version 2" : "was given this very text before, as version 3"));
    is_first = false;
  }
}

TEST_F(SchemaApplyTest, AStoreThatFailsMeanwhileSaysThatNothingIsKnown) {
  start();
  FailpointClient failpoints(participant_.failpoints());
  failpoints.arm("store.before_schema_commit", FailpointAction::kError).value();
  const auto failed = apply("left", kAddNote);
  EXPECT_EQ(failed.code, 1);
  EXPECT_THAT(failed.err, AllOf(HasSubstr("went offline"), HasSubstr("give the command again")));
  failpoints.arm("store.before_schema_commit", FailpointAction::kOff).value();
  EXPECT_TRUE(becomes_true([this] { return apply("left", kAddNote).code == 0; }));
  EXPECT_TRUE(becomes_true([this] { return balances().out.find("none") != std::string::npos; }));
}

}  // namespace
}  // namespace assent
