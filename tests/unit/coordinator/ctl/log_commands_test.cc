#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "coordinator/ctl/commands.h"
#include "coordinator/log/file_log.h"
#include "coordinator/log/segment_reader.h"

namespace assent::ctl {
namespace {

using testing::HasSubstr;

class LogCommandsTest : public testing::Test {
 protected:
  LogCommandsTest() { coordinator::open_file_log(path_, {true, LogIdentity{7}, Nonce{1}, 4096}).value(); }
  ~LogCommandsTest() override { std::filesystem::remove_all(path_); }

  const std::filesystem::path path_ =
      std::filesystem::path(testing::TempDir()) / ("log_commands_test-" + std::to_string(getpid()));
};

TEST_F(LogCommandsTest, VerifyNamesWhatACutShortSwitchLeftBehind) {
  const auto leftover = path_ / coordinator::segment_name(0);
  std::filesystem::copy_file(path_ / coordinator::segment_name(1), leftover);
  const auto report = log_verify(path_).value();
  EXPECT_THAT(report.text, HasSubstr(leftover.string() + ", of a switch that was cut short"));
  EXPECT_THAT(report.json.to_string(), HasSubstr(leftover.string()));
}

TEST_F(LogCommandsTest, DumpMakesOnlyWhatWasAskedFor) {
  EXPECT_THAT(log_dump(path_, false).value().text, HasSubstr("epoch log=0000000000000007 epoch=1"));
  EXPECT_EQ(log_dump(path_, true).value().text, "");
  EXPECT_THAT(log_dump(path_, true).value().json.to_string(), HasSubstr("epoch log=0000000000000007 epoch=1"));
}

}  // namespace
}  // namespace assent::ctl
