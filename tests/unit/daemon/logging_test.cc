#include "thrift/daemon/logging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace assent::daemon {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class LoggingTest : public testing::Test {
 protected:
  ~LoggingTest() override {
    std::filesystem::remove(file_);
    std::filesystem::remove(file_ + ".1");
  }

  static std::string read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  const std::string file_ = testing::TempDir() + "logging_test_" + std::to_string(getpid()) + ".log";
};

TEST_F(LoggingTest, ALineSaysWhenHowLoudAndWho) {
  const auto log = DaemonLog::open("assent-test", {"info", file_}).value();
  log.logger()->info("event=listening address={}", "127.0.0.1:7400");
  EXPECT_THAT(read(file_), MatchesRegex("time=[0-9-]+T[0-9:.]+Z level=info program=assent-test event=listening "
                                        "address=127.0.0.1:7400\n"));
}

TEST_F(LoggingTest, LinesBelowTheLevelAreLeftOut) {
  const auto log = DaemonLog::open("assent-test", {"warn", file_}).value();
  log.logger()->info("event=quiet");
  log.logger()->warn("event=loud");
  EXPECT_THAT(read(file_), testing::Not(HasSubstr("quiet")));
  EXPECT_THAT(read(file_), HasSubstr("loud"));
}

TEST_F(LoggingTest, AfterARotationLinesGoIntoTheNewFile) {
  auto log = DaemonLog::open("assent-test", {"info", file_}).value();
  log.logger()->info("event=before");
  std::filesystem::rename(file_, file_ + ".1");
  log.logger()->info("event=between");
  ASSERT_TRUE(log.reopen().has_value());
  log.logger()->info("event=after");
  EXPECT_THAT(read(file_ + ".1"), HasSubstr("between"));
  EXPECT_THAT(read(file_), HasSubstr("after"));
  EXPECT_THAT(read(file_), testing::Not(HasSubstr("between")));
}

TEST_F(LoggingTest, AnUnknownLevelIsRefusedWithTheKnownOnes) {
  const auto log = DaemonLog::open("assent-test", {"loud", ""});
  ASSERT_FALSE(log.has_value());
  EXPECT_THAT(log.error().message, HasSubstr("`loud` is not a log level: use debug, info, warn, error or off"));
}

TEST_F(LoggingTest, AFileThatCannotBeOpenedIsNamed) {
  const auto log = DaemonLog::open("assent-test", {"info", "/nonexistent/a.log"});
  ASSERT_FALSE(log.has_value());
  EXPECT_THAT(log.error().message, HasSubstr("/nonexistent/a.log"));
}

TEST_F(LoggingTest, ValuesStayOneWordOrAreQuoted) {
  EXPECT_EQ(quoted("bank-a"), "bank-a");
  EXPECT_EQ(quoted(""), "\"\"");
  EXPECT_EQ(quoted("two words"), "\"two words\"");
  EXPECT_EQ(quoted("a \"b\"\nc\\"), "\"a \\\"b\\\"\\nc\\\\\"");
}

}  // namespace
}  // namespace assent::daemon
