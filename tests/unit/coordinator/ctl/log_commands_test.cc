#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>

#include "coordinator/ctl/commands.h"
#include "coordinator/log/file_log.h"
#include "coordinator/log/segment_reader.h"

namespace assent::ctl {
namespace {

using testing::AllOf;
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

// ---- restore ----

TEST_F(LogCommandsTest, RestoreRefusesAStoreWithoutANameOrAnAddress) {
  Console console({}, std::chrono::seconds(1));
  for (const char* const store : {"ledger", "=127.0.0.1:1", "ledger=nowhere"}) {
    const auto report = log_restore(console, {path_, {store}, {}});
    ASSERT_FALSE(report) << store;
    EXPECT_EQ(report.error().kind, ErrorKind::kInvalidInput);
    EXPECT_THAT(report.error().message, HasSubstr("--store"));
  }
}

TEST_F(LogCommandsTest, RestoreTakesAStoreInOrLeavesItOut) {
  Console console({}, std::chrono::seconds(1));
  EXPECT_THAT(log_restore(console, {path_, {"ledger=127.0.0.1:1"}, {"ledger"}}).error().message,
              HasSubstr("store `ledger` is given as --store and as --without"));
}

TEST_F(LogCommandsTest, RestoreWritesNothingWhenAStoreCannotBeAsked) {
  Console console({}, std::chrono::seconds(1));
  const auto report = log_restore(console, {path_, {"ledger=127.0.0.1:1"}, {}});
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message,
              HasSubstr("store `ledger` cannot be asked, and nothing was written: 127.0.0.1:1"));
  EXPECT_TRUE(std::filesystem::exists(path_ / coordinator::segment_name(1)));
}

TEST_F(LogCommandsTest, NothingIsRestoredFromNoStore) {
  Console console({}, std::chrono::seconds(1));
  const auto before = log_dump(path_, false).value().text;
  EXPECT_THAT(log_restore(console, {path_, {}, {}}).error().message, HasSubstr("no store is left to be asked"));
  EXPECT_THAT(log_restore(console, {path_, {}, {"lost"}}).error().message, HasSubstr("no store is left to be asked"));
  EXPECT_EQ(log_dump(path_, false).value().text, before);
}

}  // namespace
}  // namespace assent::ctl
