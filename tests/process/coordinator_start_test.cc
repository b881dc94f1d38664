// What a coordinator says when it cannot start, and that it loses nothing then.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include "coordinator/log/block.h"
#include "coordinator/log/segment_reader.h"
#include "tests/process/daemons.h"

namespace assent {
namespace {

using testing::HasSubstr;

class CoordinatorStartTest : public ProcessTest {
 protected:
  daemon::Finished run_coordinator(Words more, const std::map<std::string, std::string>& environment = {}) {
    Words arguments{"--data", path("log")};
    const bool listens = std::find(more.begin(), more.end(), "--listen") != more.end();
    if (!listens) arguments.insert(arguments.end(), {"--listen", "127.0.0.1:0"});
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run("assent-coordinator", arguments, environment);
  }

  // Makes a log, and ends the coordinator that made it.
  void make_log() {
    start_coordinator();
    coordinator_.kill();
  }

  std::string segment(std::uint64_t number) const { return path("log/" + coordinator::segment_name(number)); }
};

void expect_error(const daemon::Finished& finished, int code, const std::string& text) {
  EXPECT_EQ(finished.code, code);
  EXPECT_EQ(finished.out, "");
  EXPECT_THAT(finished.err, HasSubstr(text));
  EXPECT_LE(std::count(finished.err.begin(), finished.err.end(), '\n'), 2) << finished.err;
}

TEST_F(CoordinatorStartTest, AMissingLogIsNotMadeWithoutCreate) {
  expect_error(run_coordinator({}), 1, "make a new log with --create");
  EXPECT_FALSE(std::filesystem::exists(path("log")));
}

TEST_F(CoordinatorStartTest, AnEmptyDirectoryIsNotALog) {
  std::filesystem::create_directory(path("log"));
  expect_error(run_coordinator({}), 1, "make a new log with --create");
  EXPECT_TRUE(std::filesystem::is_empty(path("log")));
}

TEST_F(CoordinatorStartTest, CreateOverAnExistingLogIsRefusedAndLeavesItWhole) {
  make_log();
  const auto before = read(segment(1));
  expect_error(run_coordinator({"--create"}), 1, "belongs to a decision log already");
  EXPECT_EQ(read(segment(1)), before);
}

TEST_F(CoordinatorStartTest, ASecondCoordinatorOnOneLogIsRefused) {
  start_coordinator();
  expect_error(run_coordinator({}), 1, path("log"));
  EXPECT_TRUE(coordinator_.is_running());
}

TEST_F(CoordinatorStartTest, AnAddressInUseIsNamedAndNoLogIsLeftBehind) {
  start_coordinator();
  const auto address = coordinator_.address();
  expect_error(run("assent-coordinator", {"--data", path("other"), "--create", "--listen", address}), 1,
               "cannot listen on " + address + ": Address already in use; stop the process that uses it");
  EXPECT_FALSE(std::filesystem::exists(path("other")));
}

TEST_F(CoordinatorStartTest, AnUnknownFlagIsAUsageError) {
  expect_error(run_coordinator({"--lisen", "x"}), 2, "unknown flag `--lisen`: did you mean `--listen`?");
}

TEST_F(CoordinatorStartTest, AnUnknownKeyOfTheFileIsAUsageError) {
  std::ofstream(path("assent.toml")) << "# comment\nlease-usee = '1m'\n";
  expect_error(run_coordinator({"--config", path("assent.toml")}), 2,
               path("assent.toml") + ":2: unknown key `lease-usee`: did you mean `lease-use`?");
}

TEST_F(CoordinatorStartTest, TheFileIsRead) {
  std::ofstream(path("assent.toml")) << "create = true\nlog-level = 'debug'\n";
  start_coordinator({"--config", path("assent.toml")});
  EXPECT_EQ(ctl({"status"}).code, 0);
}

TEST_F(CoordinatorStartTest, AValueOutOfRangeIsAUsageError) {
  expect_error(run_coordinator({"--stores-per-transaction", "0"}), 2,
               "--stores-per-transaction: 0 is out of range: give at least 1");
}

TEST_F(CoordinatorStartTest, SettingsThatCannotGoTogetherAreNamedAsFlags) {
  expect_error(run_coordinator({"--retention", "1m"}), 2, "retention must be longer than lease-use");
}

TEST_F(CoordinatorStartTest, AnAddressThatIsNoneIsAUsageError) {
  expect_error(run_coordinator({"--listen", "localhost"}), 2, "localhost");
}

TEST_F(CoordinatorStartTest, ListeningBeyondThisMachineNeedsInsecure) {
  expect_error(run_coordinator({"--create", "--listen", "0.0.0.0:0"}), 2, "--insecure");
  EXPECT_FALSE(std::filesystem::exists(path("log")));
}

TEST_F(CoordinatorStartTest, ListeningEverywhereNeedsAnAddressForStores) {
  expect_error(run_coordinator({"--create", "--listen", "0.0.0.0:0", "--insecure"}), 2, "--advertise HOST:PORT");
}

TEST_F(CoordinatorStartTest, InsecureStandsInTheStatusAndInTheLog) {
  const auto words = Words{"--listen", "0.0.0.0:0", "--insecure", "--advertise", "127.0.0.1:7400"};
  Words arguments{"--data", path("log"), "--create"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  coordinator_.start({program("assent-coordinator"), arguments, {}, path("coordinator.log")}).value();
  const auto port = coordinator_.address().substr(coordinator_.address().rfind(':'));
  EXPECT_THAT(run("assentctl", {"--coordinator", "127.0.0.1" + port, "status"}).out, HasSubstr("INSECURE"));
  EXPECT_THAT(read(path("coordinator.log")), HasSubstr("event=insecure"));
}

TEST_F(CoordinatorStartTest, ADirectoryThatCannotBeMadeIsNamed) {
  expect_error(run("assent-coordinator", {"--data", "/proc/assent", "--create", "--listen", "127.0.0.1:0"}), 1,
               "/proc/assent");
}

TEST_F(CoordinatorStartTest, AFileInPlaceOfTheDirectoryIsNamed) {
  std::ofstream(path("log")) << "not a directory";
  expect_error(run_coordinator({"--create"}), 1, path("log"));
  EXPECT_EQ(read(path("log")), "not a directory");
}

TEST_F(CoordinatorStartTest, ALogOfAnotherVersionIsRefusedAndLeftAlone) {
  make_log();
  coordinator::SegmentHeader header;
  header.version = coordinator::kLogVersion + 1;
  const auto bytes = coordinator::encode(header);
  const auto file = segment(1);
  {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  const auto before = read(file);
  expect_error(run_coordinator({}), 1, file);
  EXPECT_THAT(run_coordinator({}).err, HasSubstr("version"));
  EXPECT_EQ(read(file), before);
}

TEST_F(CoordinatorStartTest, AFlippedBitIsRefusedWithFileAndOffset) {
  make_log();
  const auto file = segment(1);
  {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekg(70);
    const auto byte = static_cast<char>(stream.get() ^ 1);
    stream.seekp(70);
    stream.put(byte);
  }
  const auto finished = run_coordinator({});
  expect_error(finished, 1, file);
  EXPECT_THAT(finished.err, HasSubstr("offset"));
  const auto verified = run("assentctl", {"log", "verify", path("log")});
  EXPECT_EQ(verified.code, 1);
  EXPECT_THAT(verified.err, HasSubstr(file));
}

TEST_F(CoordinatorStartTest, ALogFileThatCannotBeOpenedIsAUsageError) {
  expect_error(run_coordinator({"--create", "--log-file", "/proc/no/such.log"}), 2, "/proc/no/such.log");
  EXPECT_FALSE(std::filesystem::exists(path("log")));
}

TEST_F(CoordinatorStartTest, AMistakeInArmingFailpointsIsAUsageError) {
  expect_error(run_coordinator({"--create"}, {{"ASSENT_FAILPOINTS", "log.before_force"}}), 2, "ASSENT_FAILPOINTS");
  EXPECT_FALSE(std::filesystem::exists(path("log")));
}

// ---- running and ending ----

TEST_F(CoordinatorStartTest, ThePortFileNamesWhereItListens) {
  start_coordinator({"--port-file", path("port")});
  EXPECT_EQ(read(path("port")), coordinator_.address() + "\n");
}

TEST_F(CoordinatorStartTest, APortFileThatCannotBeWrittenLeavesNoLogBehind) {
  expect_error(run_coordinator({"--create", "--port-file", "/proc/no/such"}), 1,
               "cannot write --port-file /proc/no/such");
  EXPECT_FALSE(std::filesystem::exists(path("log")));
}

TEST_F(CoordinatorStartTest, MoreConnectionsThanFilesAreRefused) {
  Words words{"-c",
              "ulimit -n 1000; exec \"$0\" \"$@\"",
              program("assent-coordinator"),
              "--create",
              "--data",
              path("log"),
              "--listen",
              "127.0.0.1:0"};
  const auto finished = daemon::run_to_end({"/bin/sh", words, {}, {}}).value();
  expect_error(finished, 1, "--connections 4096 needs 4352 open files, and this process may have 1000");
  EXPECT_FALSE(std::filesystem::exists(path("log")));
}

TEST_F(CoordinatorStartTest, WhatItWritesIsItsOwnersOnly) {
  start_coordinator();
  using std::filesystem::perms;
  const auto others = perms::group_all | perms::others_all;
  EXPECT_EQ(std::filesystem::status(path("log")).permissions() & others, perms::none);
  EXPECT_EQ(std::filesystem::status(segment(1)).permissions() & others, perms::none);
}

TEST_F(CoordinatorStartTest, EachStartRaisesTheEpoch) {
  start_coordinator();
  EXPECT_THAT(ctl({"--json", "status"}).out, HasSubstr("\"epoch\": 1,"));
  coordinator_.kill();
  start_coordinator();
  EXPECT_THAT(ctl({"--json", "status"}).out, HasSubstr("\"epoch\": 2,"));
}

TEST_F(CoordinatorStartTest, SigtermDrainsAndEndsWithSuccess) {
  start_coordinator();
  EXPECT_EQ(coordinator_.terminate().value(), 0);
  EXPECT_THAT(read(path("coordinator.log")), HasSubstr("event=drained"));
}

TEST_F(CoordinatorStartTest, SighupOpensTheLogFileAnew) {
  start_coordinator({"--log-file", path("a.log")});
  std::filesystem::rename(path("a.log"), path("a.log.1"));
  coordinator_.signal(SIGHUP);
  // Two signals that wait together may be served in any order: the second is sent when the first has shown.
  EXPECT_TRUE(becomes_true([this] { return std::filesystem::exists(path("a.log")); }));
  EXPECT_EQ(coordinator_.terminate().value(), 0);
  EXPECT_THAT(read(path("a.log.1")), HasSubstr("event=listening"));
  EXPECT_THAT(read(path("a.log")), HasSubstr("event=drained"));
}

TEST_F(CoordinatorStartTest, HelpAndVersionAreNoErrors) {
  EXPECT_EQ(run("assent-coordinator", {"--help"}).code, 0);
  EXPECT_THAT(run("assent-coordinator", {"--version"}).out, HasSubstr("assent-coordinator 0"));
}

}  // namespace
}  // namespace assent
