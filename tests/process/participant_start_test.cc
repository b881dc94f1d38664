// What a participant says when it cannot start, and that it loses nothing then.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <filesystem>

#include "tests/process/daemons.h"

namespace assent {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;
namespace filesystem = std::filesystem;

class ParticipantStartTest : public ProcessTest {
 protected:
  // On a free port, with the store `left`, unless the words say otherwise. No coordinator is needed to start.
  Words arguments(const Words& more) const {
    Words all;
    const auto has = [&more](const char* word) { return std::find(more.begin(), more.end(), word) != more.end(); };
    if (!has("--coordinator")) all.insert(all.end(), {"--coordinator", "127.0.0.1:1"});
    if (!has("--listen")) all.insert(all.end(), {"--listen", "127.0.0.1:0"});
    if (!has("--store") && !has("--config")) all.insert(all.end(), {"--store", "left=" + left()});
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  daemon::Finished run_participant(const Words& more, const std::map<std::string, std::string>& environment = {}) {
    return run("assent-participant", arguments(more), environment);
  }

  void start_alone(const Words& more = {}) {
    participant_.start({program("assent-participant"), arguments(more), {}, path("participant.log")}).value();
  }

  // Makes the store `left`, and ends the participant that made it.
  void make_store() {
    std::ofstream(path("schema.sql")) << schema_;
    start_alone({"--create", "--schema", "left=" + path("schema.sql")});
    EXPECT_EQ(participant_.terminate().value(), 0);
  }

  std::string left() const { return path("left.db"); }

  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name)) << content;
    return path(name);
  }

  // As somebody whom permissions bind: they do not bind root.
  daemon::Finished run_as_nobody(const Words& more) {
    if (geteuid() != 0) return run_participant(more);
    // A copy, for nobody may not see the build tree.
    const auto copy = path("assent-participant");
    filesystem::copy_file(program("assent-participant"), copy);
    filesystem::permissions(copy, filesystem::perms(0755));
    Words words{"--reuid=65534", "--regid=65534", "--clear-groups", "--pdeathsig=KILL", copy};
    const auto rest = arguments(more);
    words.insert(words.end(), rest.begin(), rest.end());
    return daemon::run_to_end({"/usr/bin/setpriv", words, {}, {}}).value();
  }
};

// A line or two, with the name of the thing and what to do about it; nothing is served.
void expect_error(const daemon::Finished& finished, int code, const std::string& name, const std::string& remedy) {
  EXPECT_EQ(finished.code, code);
  EXPECT_EQ(finished.out, "");
  EXPECT_THAT(finished.err, AllOf(HasSubstr(name), HasSubstr(remedy)));
  EXPECT_LE(std::count(finished.err.begin(), finished.err.end(), '\n'), 2) << finished.err;
}

// ---- flags and the file ----

TEST_F(ParticipantStartTest, AnUnknownFlagIsAUsageError) {
  expect_error(run_participant({"--stoer", "a=b"}), 2, "unknown flag `--stoer`", "did you mean `--store`?");
}

TEST_F(ParticipantStartTest, WithoutAStoreItDoesNotStart) {
  expect_error(run("assent-participant", {"--create"}), 2, "--store NAME=FILE is missing", "a store to serve");
}

TEST_F(ParticipantStartTest, AValueOutOfRangeIsAUsageError) {
  expect_error(run_participant({"--lock-wait", "1000h"}), 2, "--lock-wait: 1000h is out of range",
               "give at least 1ms and at most 24h");
  expect_error(run_participant({"--changes", "1GiB"}), 2, "--changes: 1GiB is out of range", "at most 512MiB");
  expect_error(run_participant({"--memory", "1MiB"}), 2, "--memory: 1MiB is out of range", "give at least 16MiB");
}

TEST_F(ParticipantStartTest, AValueThatIsNoneOfItsKindIsAUsageError) {
  expect_error(run_participant({"--lock-wait", "10"}), 2, "--lock-wait: `10` is not a duration", "like 250ms");
  expect_error(run_participant({"--branches", "many"}), 2, "--branches: `many`", "is not a whole number");
}

TEST_F(ParticipantStartTest, SettingsThatCannotGoTogetherAreNamedAsFlags) {
  expect_error(run_participant({"--inquiry-first", "2s", "--inquiry-ceiling", "1s"}), 2, "inquiry-ceiling",
               "must not be shorter than inquiry-first");
}

TEST_F(ParticipantStartTest, AnUnknownKeyOfTheFileIsAUsageError) {
  const auto file = write("assent.toml", "# comment\nstoer = ['left=left.db']\n");
  expect_error(run_participant({"--config", file}), 2, file + ":2: unknown key `stoer`", "did you mean `store`?");
}

TEST_F(ParticipantStartTest, AValueOfAnotherTypeInTheFileIsAUsageError) {
  auto file = write("assent.toml", "store = ['left=left.db']\ncreate = 'yes'\n");
  expect_error(run_participant({"--config", file}), 2, file + ":2: create", "is neither true nor false");
  file = write("assent.toml", "listen = ['127.0.0.1:0']\n");
  expect_error(run("assent-participant", {"--config", file}), 2, file + ":1: listen", "write one plain value");
}

TEST_F(ParticipantStartTest, AFileThatIsNotTomlIsAUsageError) {
  const auto file = write("assent.toml", "store = [\n");
  expect_error(run_participant({"--config", file}), 2, file, "--help lists the flags");
}

TEST_F(ParticipantStartTest, AConfigurationFileThatIsNotThereIsAUsageError) {
  expect_error(run_participant({"--config", path("no.toml")}), 2, path("no.toml"), "--help lists the flags");
}

TEST_F(ParticipantStartTest, AStoreIsANameAndAFile) {
  for (const char* store : {"left", "left=", "=left.db"}) {
    expect_error(run_participant({"--store", store}), 2, std::string("--store ") + store, "write NAME=FILE");
  }
}

TEST_F(ParticipantStartTest, ANameThatNoStoreCanHaveIsAUsageError) {
  expect_error(run_participant({"--create", "--store", "a b=" + left()}), 2,
               "--store: `a b` cannot be the name of a store", "give it one of 1 to 64 letters");
  EXPECT_FALSE(filesystem::exists(left()));
}

TEST_F(ParticipantStartTest, TwoStoresHaveTwoNamesAndTwoFiles) {
  expect_error(run_participant({"--create", "--store", "left=" + left(), "--store", "left=" + path("other.db")}), 2,
               "--store names `left` twice", "give each store a name of its own");
  expect_error(run_participant({"--create", "--store", "left=" + left(), "--store", "right=" + path("./left.db")}), 2,
               "left.db to `left` and to `right`", "give each store a file of its own");
  EXPECT_FALSE(filesystem::exists(left()));
}

TEST_F(ParticipantStartTest, ResultsThatDoNotFitIntoAFrameAreAUsageError) {
  expect_error(run_participant({"--create", "--result-bytes", "6MiB"}), 2,
               "--result-bytes 6291456 does not fit into --frame 8388608", "give a --frame of 9502720");
  EXPECT_FALSE(filesystem::exists(left()));
}

// ---- addresses ----

TEST_F(ParticipantStartTest, AnAddressThatIsNoneIsAUsageError) {
  expect_error(run_participant({"--listen", "localhost"}), 2, "--listen: `localhost` is not an address",
               "write host:port");
  expect_error(run_participant({"--coordinator", "localhost"}), 2, "--coordinator: `localhost` is not an address",
               "write host:port");
}

TEST_F(ParticipantStartTest, AnAddressInUseIsNamedAndNoStoreIsLeftBehind) {
  start_coordinator();
  expect_error(run_participant({"--create", "--listen", coordinator_.address()}), 1,
               "cannot listen on " + coordinator_.address() + ": Address already in use",
               "stop the process that uses it");
  EXPECT_FALSE(filesystem::exists(left()));
  EXPECT_TRUE(coordinator_.is_running());
}

TEST_F(ParticipantStartTest, ListeningBeyondThisMachineNeedsInsecureAndAnAddressForOthers) {
  expect_error(run_participant({"--create", "--listen", "0.0.0.0:0"}), 2, "--listen 0.0.0.0:0", "--insecure");
  expect_error(run_participant({"--create", "--listen", "0.0.0.0:0", "--insecure"}), 2, "--listen 0.0.0.0:0",
               "--advertise HOST:PORT");
  EXPECT_FALSE(filesystem::exists(left()));
}

TEST_F(ParticipantStartTest, InsecureStandsInTheListOfStoresAndInTheLog) {
  start_coordinator();
  // It must be known before it listens, for others are told of it. Two sockets may be bound to one port with
  // reuse_address, as long as only one listens.
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor reserved(io);
  reserved.open(boost::asio::ip::tcp::v4());
  reserved.set_option(boost::asio::socket_base::reuse_address(true));
  reserved.bind({});
  const auto port = std::to_string(reserved.local_endpoint().port());
  start_alone({"--create", "--coordinator", coordinator_.address(), "--listen", "0.0.0.0:" + port, "--insecure",
               "--advertise", "127.0.0.1:" + port});
  EXPECT_TRUE(
      has_logged("participant", "level=warning program=assent-participant event=insecure address=0.0.0.0:" + port));
  EXPECT_THAT(ctl({"stores"}).out, HasSubstr("INSECURE: its participant listens beyond its machine without TLS"));
}

// ---- the coordinator ----

TEST_F(ParticipantStartTest, WithoutItsCoordinatorItServesAndSaysSoAndGoesOnTrying) {
  start_coordinator();
  coordinator_.kill();
  start_participant();
  EXPECT_TRUE(has_logged("participant", "event=not_registered coordinator=" + coordinator_.address()));
  EXPECT_TRUE(participant_.is_running());
  start_coordinator();
  EXPECT_TRUE(becomes_true([this] { return has_logged("participant", "event=registered"); }));
  EXPECT_THAT(ctl({"sql", "left", "SELECT balance FROM accounts"}).out, HasSubstr("100"));
}

// ---- what it does more when it is told to ----

TEST_F(ParticipantStartTest, WithReplaysValidatedItCommitsAndAlarmsNobody) {
  schema_ +=
      "CREATE TABLE moves (id INTEGER PRIMARY KEY, account TEXT);"
      "CREATE TRIGGER noted AFTER UPDATE ON accounts BEGIN INSERT INTO moves (account) VALUES (new.id); END;";
  start_coordinator();
  start_participant({"--validate-replay"});
  EXPECT_EQ(ctl({"sql", "left", "UPDATE accounts SET balance = 5 WHERE id = 'alice'"}).code, 0);
  EXPECT_THAT(ctl({"sql", "left", "SELECT balance, account FROM accounts, moves"}).out, HasSubstr("5  alice"));
  EXPECT_THAT(ctl({"--json", "stores"}).out,
              AllOf(HasSubstr("\"alarms\": 0"), Not(ContainsRegex("\"alarms\": [1-9]"))));
}

// ---- files ----

TEST_F(ParticipantStartTest, AMissingStoreIsNotMadeWithoutCreate) {
  expect_error(run_participant({}), 1, left() + ": no such store", "create it with --create");
  EXPECT_FALSE(filesystem::exists(left()));
  EXPECT_FALSE(filesystem::exists(left() + ".assent-lock"));
}

TEST_F(ParticipantStartTest, CreateOverAnExistingStoreIsRefusedAndLeavesItWhole) {
  make_store();
  const auto before = read(left());
  expect_error(run_participant({"--create"}), 1, left() + ": exists already", "leave --create out to open it");
  EXPECT_EQ(read(left()), before);
}

TEST_F(ParticipantStartTest, NoStoreIsMadeWhereAnotherOneExists) {
  make_store();
  expect_error(run_participant({"--create", "--store", "another=" + path("another.db"), "--store", "left=" + left()}),
               1, left() + ": exists already", "nothing was created");
  EXPECT_FALSE(filesystem::exists(path("another.db")));
}

TEST_F(ParticipantStartTest, AFileThatIsNotADatabaseIsLeftAsItIs) {
  const auto file = write("left.db", std::string(10'000, 'x'));
  const auto finished = run_participant({});
  expect_error(finished, 1, file, "name the file of an Assent store, or create a new one with --create");
  EXPECT_THAT(finished.err, HasSubstr("file is not a database"));
  EXPECT_EQ(read(file), std::string(10'000, 'x'));
  expect_error(run_participant({"--store", "left=" + path("")}), 1, path(""), "name the file of an Assent store");
}

TEST_F(ParticipantStartTest, AStoreThatAnotherParticipantServesIsRefused) {
  std::ofstream(path("schema.sql")) << schema_;
  start_alone({"--create", "--schema", "left=" + path("schema.sql")});
  expect_error(run_participant({}), 1,
               left() + ": another participant (process " + std::to_string(participant_.pid()) + ") serves this store",
               "stop it first");
  EXPECT_TRUE(participant_.is_running());
  EXPECT_EQ(participant_.terminate().value(), 0);
  start_alone();
}

// As if it had been killed while it wrote: the other stores are served, and it is too when the reader has gone.
TEST_F(ParticipantStartTest, AStoreThatAReaderKeepsFromBeingOpenedKeepsNoOtherFromBeingServed) {
  start_coordinator();
  start_participant();
  ASSERT_EQ(participant_.terminate().value(), 0);
  {
    std::fstream lock(left() + ".assent-lock", std::ios::in | std::ios::out);
    std::string content;
    std::getline(lock, content);
    content.back() = 'w';
    lock.seekp(0);
    lock << content;
  }
  sqlite3* reader = nullptr;
  ASSERT_EQ(sqlite3_open(left().c_str(), &reader), SQLITE_OK);
  // What is still in the log, so that there is something to read there.
  const char* const read_log = "BEGIN; SELECT count(*) FROM accounts";
  ASSERT_EQ(sqlite3_exec(reader, "INSERT INTO accounts VALUES ('bob', 1)", nullptr, nullptr, nullptr), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(reader, read_log, nullptr, nullptr, nullptr), SQLITE_OK);
  start_participant();
  EXPECT_TRUE(has_logged("participant", "event=store_offline store=left"));
  EXPECT_THAT(ctl({"sql", "right", "SELECT balance FROM accounts"}).out, HasSubstr("100"));
  sqlite3_close_v2(reader);
  EXPECT_TRUE(becomes_true([this] {
    return ctl({"sql", "left", "SELECT balance FROM accounts"}).out.find("100") != std::string::npos;
  }));
}

TEST_F(ParticipantStartTest, AStoreThatMayNotBeWrittenIsRefusedAndLeftAsItIs) {
  make_store();
  const auto before = read(left());
  filesystem::permissions(filesystem::path(left()).parent_path(), filesystem::perms(0777));
  filesystem::permissions(left() + ".assent-lock", filesystem::perms(0666));
  filesystem::permissions(left(), filesystem::perms(0444));
  expect_error(run_as_nobody({}), 1, left() + ": is read-only",
               "let the participant write the file, its folder and its disk");
  EXPECT_EQ(read(left()), before);
  filesystem::permissions(left(), filesystem::perms(0600));
  start_alone();
}

TEST_F(ParticipantStartTest, AFolderThatMayNotBeWrittenIsRefused) {
  const auto folder = path("locked");
  filesystem::create_directory(folder);
  filesystem::permissions(folder, filesystem::perms(0555));
  expect_error(run_as_nobody({"--create", "--store", "left=" + folder + "/left.db"}), 1, folder + "/left.db",
               "Permission denied; the participant must be able to write the store's folder");
  EXPECT_TRUE(filesystem::is_empty(folder));
}

TEST_F(ParticipantStartTest, AFileSystemThatTakesNoFilesIsRefused) {
  expect_error(run_participant({"--create", "--store", "left=/proc/left.db"}), 1, "/proc/left.db",
               "must be able to write the store's folder");
  expect_error(run_participant({"--create", "--store", "left=" + path("no/where/left.db")}), 1,
               path("no/where") + ": no such folder", "make it first");
}

TEST_F(ParticipantStartTest, AStoreOfAnotherFormatIsRefusedAndLeftAsItIs) {
  make_store();
  write_outside(left(), "UPDATE assent_store SET format = 99");
  const auto before = read(left());
  expect_error(run_participant({}), 1, left() + ": has the store format 99, this program reads format 3",
               "use the version of Assent that wrote it");
  EXPECT_EQ(read(left()), before);
}

TEST_F(ParticipantStartTest, WhatItWritesIsItsOwnersOnly) {
  start_alone({"--create"});
  const auto others = filesystem::perms::group_all | filesystem::perms::others_all;
  for (const std::string suffix : {"", "-wal", ".assent-lock"}) {
    EXPECT_EQ(filesystem::status(left() + suffix).permissions() & others, filesystem::perms::none) << suffix;
  }
}

// ---- schemas ----

TEST_F(ParticipantStartTest, ABrokenSchemaLeavesNoStoreAndIsNamedWithItsLine) {
  const auto file = write("broken.sql", "CREATE TABLE a (x);\n-- the second:\nCREATE TABEL b (x);\n");
  expect_error(run_participant({"--create", "--schema", "left=" + file}), 1,
               left() + ": the schema cannot be applied: near \"TABEL\": syntax error (line 3)",
               "correct its SQL; nothing of it was applied");
  EXPECT_FALSE(filesystem::exists(left()));
  EXPECT_FALSE(filesystem::exists(left() + ".assent-new"));
}

TEST_F(ParticipantStartTest, ASchemaThatFailsNamesTheStoresThatWereMadeBeforeIt) {
  const auto file = write("broken.sql", "CREATE TABLE a (x");
  expect_error(run_participant({"--create", "--store", "left=" + left(), "--store", "right=" + path("right.db"),
                                "--schema", "right=" + file}),
               1, path("right.db") + ": the schema cannot be applied: incomplete input",
               "to be removed before --create is given again: " + left());
  start_alone();
}

TEST_F(ParticipantStartTest, ASchemaThatCannotBeReadIsAUsageErrorAndLeavesNoStore) {
  for (const auto& file : {path("no.sql"), path("")}) {
    expect_error(run_participant({"--create", "--schema", "left=" + file}), 2, "cannot read " + file,
                 "give a readable file of SQL to --schema");
  }
  EXPECT_FALSE(filesystem::exists(left()));
}

TEST_F(ParticipantStartTest, ASchemaForNoStoreIsAUsageError) {
  const auto file = write("schema.sql", schema_);
  expect_error(run_participant({"--create", "--schema", "lfet=" + file}), 2, "--schema names store `lfet`",
               "there is no --store of this name");
  EXPECT_FALSE(filesystem::exists(left()));
}

TEST_F(ParticipantStartTest, AnotherSchemaIsItsNextVersionAndTheSameOneIsNot) {
  make_store();
  const auto file = write("other.sql", "CREATE TABLE other (x PRIMARY KEY)");
  for (const auto& schema : {file, path("schema.sql"), file}) {
    start_alone({"--schema", "left=" + schema});
    EXPECT_EQ(participant_.terminate().value(), 0);
  }
  const auto versions =
      daemon::run_to_end({"/usr/bin/sqlite3", {left(), "SELECT version FROM assent_schema"}, {}, {}}).value();
  EXPECT_EQ(versions.out, "1\n2\n") << versions.err;
}

TEST_F(ParticipantStartTest, ASchemaThatFailsLeavesTheStoreAsItWas) {
  make_store();
  const auto file = write("broken.sql", "CREATE TABLE other (x PRIMARY KEY);\nCREATE TABLE accounts (x);\n");
  expect_error(run_participant({"--schema", "left=" + file}), 1,
               left() + ": the schema cannot be applied: table accounts already exists (line 2)",
               "correct its SQL; nothing of it was applied");
  write_outside(left(), "CREATE TABLE other (x PRIMARY KEY)");  // it is not there yet
}

TEST_F(ParticipantStartTest, AModeOrAGroupThatCannotBeIsAUsageError) {
  for (const char* mode : {"0660", "0777", "0400", "640x", "8", "rw"}) {
    expect_error(run_participant({"--create", "--store-mode", mode}), 2,
                 "--store-mode: `" + std::string(mode) + "` cannot be the mode of a store", "write 0600, 0640");
  }
  expect_error(run_participant({"--create", "--store-group", "no-such-group"}), 2,
               "--store-group: there is no group `no-such-group`", "`getent group` lists them");
  EXPECT_FALSE(filesystem::exists(left()));
}

// ---- what it writes besides ----

TEST_F(ParticipantStartTest, ALogFileThatCannotBeOpenedIsAUsageErrorAndLeavesNoStore) {
  expect_error(run_participant({"--create", "--log-file", "/proc/no/such.log"}), 2, "/proc/no/such.log",
               "name a file in a directory that exists and is writable");
  EXPECT_FALSE(filesystem::exists(left()));
}

TEST_F(ParticipantStartTest, APortFileThatCannotBeWrittenIsNamed) {
  const auto finished = run_participant({"--create", "--log-level", "off", "--port-file", "/proc/no/such"});
  expect_error(finished, 1, "cannot write --port-file /proc/no/such", "name a file in a directory that is writable");
  EXPECT_FALSE(filesystem::exists(left()));
}

TEST_F(ParticipantStartTest, AMistakeInArmingFailpointsIsAUsageError) {
  expect_error(run_participant({"--create"}, {{"ASSENT_FAILPOINTS", "store.before_journal"}}), 2, "ASSENT_FAILPOINTS",
               "");
  EXPECT_FALSE(filesystem::exists(left()));
}

TEST_F(ParticipantStartTest, HelpAndVersionAreNoErrors) {
  EXPECT_EQ(run("assent-participant", {"--help"}).code, 0);
  EXPECT_THAT(run("assent-participant", {"--version"}).out, HasSubstr("assent-participant 0"));
}

}  // namespace
}  // namespace assent
