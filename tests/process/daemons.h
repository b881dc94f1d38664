// The daemons of a process test, in a folder of its own that goes away with the test.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "thrift/daemon/daemon_process.h"

namespace assent {

// Looks until it is true, and says whether it became so in time.
template <typename Condition>
bool becomes_true(Condition condition, std::chrono::milliseconds patience = std::chrono::minutes(1)) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

class ProcessTest : public testing::Test {
 protected:
  ProcessTest() {
    const auto* const info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) /
              ("assent-" + std::string(info->name()) + "-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  ~ProcessTest() override {
    coordinator_.kill();
    participant_.kill();
    std::filesystem::remove_all(folder_);
  }

  static std::filesystem::path program(const std::string& name) {
    return std::filesystem::path(ASSENT_PROGRAMS) / name;
  }
  std::string path(const std::string& name) const { return folder_ / name; }

  static std::string read(const std::string& file) {
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }

  // Runs SQL on a store's file as some other program would.
  static void write_outside(const std::string& file, const char* sql) {
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
    sqlite3_busy_timeout(database, 60'000);  // if somebody serves it
    EXPECT_EQ(sqlite3_exec(database, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
    sqlite3_close(database);
  }

  using Words = std::vector<std::string>;

  static daemon::Finished run(const std::string& name, const Words& arguments,
                              const std::map<std::string, std::string>& environment = {}) {
    return daemon::run_to_end({program(name), arguments, environment, {}}).value();
  }

  // On a free port, the first time with a new log; then where it was.
  void start_coordinator(Words more = {}, const std::map<std::string, std::string>& environment = {}) {
    Words arguments{"--data", path("log")};
    const auto unless_given = [&](const char* flag, const std::string& value) {
      if (std::find(more.begin(), more.end(), flag) == more.end()) arguments.insert(arguments.end(), {flag, value});
    };
    unless_given("--listen", coordinator_.address().empty() ? daemon::own_loopback() : coordinator_.address());
    if (!std::filesystem::exists(path("log"))) arguments.emplace_back("--create");
    // A large one takes longer to write than the rest of a test.
    unless_given("--segment", "1MiB");
    arguments.insert(arguments.end(), more.begin(), more.end());
    coordinator_.start({program("assent-coordinator"), arguments, environment, path("coordinator.log")}).value();
  }

  // With the stores `left` and `right`, each made with `schema_`.
  void start_participant(Words more = {}, const std::map<std::string, std::string>& environment = {}) {
    Words arguments{"--coordinator", coordinator_.address(), "--listen", "127.0.0.1:0"};
    const bool is_new = !std::filesystem::exists(path("left.db"));
    if (is_new) {
      std::ofstream(path("schema.sql")) << schema_;
      arguments.emplace_back("--create");
    }
    for (const std::string store : {"left", "right"}) {
      arguments.insert(arguments.end(), {"--store", store + "=" + path(store + ".db")});
      if (is_new) arguments.insert(arguments.end(), {"--schema", store + "=" + path("schema.sql")});
    }
    arguments.insert(arguments.end(), more.begin(), more.end());
    participant_.start({program("assent-participant"), arguments, environment, path("participant.log")}).value();
  }

  // Both keep what they log beside their files.
  bool has_logged(const std::string& daemon, const std::string& text) const {
    return read(path(daemon + ".log")).find(text) != std::string::npos;
  }

  daemon::Finished ctl(const Words& words) {
    Words arguments{"--coordinator", coordinator_.address()};
    arguments.insert(arguments.end(), words.begin(), words.end());
    return run("assentctl", arguments);
  }

  // No store holds a lock, and no transaction is under way, in doubt or owed anything.
  void expect_nothing_left() {
    EXPECT_TRUE(becomes_true([this] {
      return ctl({"locks", "left"}).out == "store `left` holds no lock\n" &&
             ctl({"locks", "right"}).out == "store `right` holds no lock\n" &&
             ctl({"in-doubt"}).out == "no branch is in doubt\n" &&
             ctl({"transactions"}).out == "no transaction is undecided or owed an acknowledgement\n";
    })) << ctl({"transactions"}).out
        << ctl({"in-doubt"}).out;
  }

  std::string schema_ =
      "CREATE TABLE accounts (id TEXT PRIMARY KEY, balance INTEGER NOT NULL);"
      "INSERT INTO accounts VALUES ('alice', 100);";
  daemon::DaemonProcess coordinator_;
  daemon::DaemonProcess participant_;

 private:
  std::filesystem::path folder_;
};

}  // namespace assent
