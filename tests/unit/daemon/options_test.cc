#include "thrift/daemon/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace assent::daemon {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class OptionsTest : public testing::Test {
 protected:
  OptionsTest() {
    options_.text("data", data_, "DIR", "where the log lives");
    options_.require("data");
    options_.flag("create", create_, "make it");
    options_.texts("store", stores_, "NAME=FILE", "a store");
    options_.duration("resend", resend_, 1ms, 1h, "when to send again");
    options_.size("segment", segment_, 1U << 20U, 1U << 30U, "how large a segment is");
    options_.number("leases", leases_, 1, 1000, "how many leases");
  }
  ~OptionsTest() override { std::filesystem::remove(file_); }

  std::optional<int> parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "assent-test");
    return options_.parse(static_cast<int>(arguments.size()), arguments.data(), out_, err_);
  }

  std::string write_file(const std::string& text) {
    std::ofstream(file_) << text;
    return file_;
  }

  // Parses, expects a usage error, and returns what stderr got.
  std::string error_of(std::vector<const char*> arguments) {
    EXPECT_EQ(parse(std::move(arguments)), kExitUsage);
    EXPECT_EQ(out_.str(), "");
    return err_.str();
  }

  const std::string file_ = testing::TempDir() + "options_test_" + std::to_string(getpid()) + ".toml";
  std::string data_;
  bool create_ = false;
  std::vector<std::string> stores_;
  Duration resend_ = 1s;
  std::uint64_t segment_ = 16U << 20U;
  std::uint32_t leases_ = 10;
  Options options_{"assent-test", "1.2.3", "Tests options."};
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(OptionsTest, FlagsSetTheirTargetsAndOthersKeepTheirDefaults) {
  EXPECT_EQ(parse({"--data", "d", "--create", "--store", "a=1", "--store", "b=2", "--resend=250ms"}), std::nullopt);
  EXPECT_EQ(data_, "d");
  EXPECT_TRUE(create_);
  EXPECT_THAT(stores_, ElementsAre("a=1", "b=2"));
  EXPECT_EQ(resend_, 250ms);
  EXPECT_EQ(segment_, 16U << 20U);
  EXPECT_EQ(leases_, 10U);
  EXPECT_EQ(err_.str(), "");
}

TEST_F(OptionsTest, TheFileTakesTheSameNames) {
  const auto file =
      write_file("data = 'd'\ncreate = true\nstore = ['a=1', 'b=2']\nresend = '2m'\nsegment = '64MiB'\nleases = 7\n");
  EXPECT_EQ(parse({"--config", file.c_str()}), std::nullopt) << err_.str();
  EXPECT_EQ(data_, "d");
  EXPECT_TRUE(create_);
  EXPECT_THAT(stores_, ElementsAre("a=1", "b=2"));
  EXPECT_EQ(resend_, 2min);
  EXPECT_EQ(segment_, 64U << 20U);
  EXPECT_EQ(leases_, 7U);
}

TEST_F(OptionsTest, FlagsWinOverTheFile) {
  const auto file = write_file("data = 'file'\nstore = ['a=1', 'b=2']\ncreate = true\nleases = 7\n");
  EXPECT_EQ(parse({"--config", file.c_str(), "--data", "flag", "--store", "c=3", "--create=false"}), std::nullopt)
      << err_.str();
  EXPECT_EQ(data_, "flag");
  EXPECT_THAT(stores_, ElementsAre("c=3"));
  EXPECT_FALSE(create_);
  EXPECT_EQ(leases_, 7U);
}

TEST_F(OptionsTest, AnUnknownFlagNamesTheNearestOne) {
  EXPECT_THAT(error_of({"--data", "d", "--laeses", "3"}),
              HasSubstr("unknown flag `--laeses`: did you mean `--leases`?"));
}

TEST_F(OptionsTest, AnUnknownFlagWithItsValueAttachedNamesTheNearestOne) {
  EXPECT_THAT(error_of({"--data", "d", "--resned=3s"}), HasSubstr("unknown flag `--resned`: did you mean `--resend`?"));
}

TEST_F(OptionsTest, AWordThatBelongsToNoFlagIsRefused) {
  EXPECT_THAT(error_of({"--data", "d", "extra"}), HasSubstr("`extra` belongs to no flag"));
}

TEST_F(OptionsTest, AnUnknownKeyNamesItsLineAndTheNearestKey) {
  const auto file = write_file("data = 'd'\nsegmnt = '64MiB'\n");
  EXPECT_THAT(error_of({"--config", file.c_str()}),
              HasSubstr(file + ":2: unknown key `segmnt`: did you mean `segment`?"));
}

TEST_F(OptionsTest, AFileThatIsNotTomlIsRefusedWithItsLine) {
  const auto file = write_file("data = 'd'\nthis is not TOML\n");
  EXPECT_THAT(error_of({"--config", file.c_str()}), HasSubstr(file + ":2: "));
}

TEST_F(OptionsTest, AMissingFileIsRefusedByName) {
  EXPECT_THAT(error_of({"--config", "/nonexistent/assent.toml"}), HasSubstr("/nonexistent/assent.toml"));
}

TEST_F(OptionsTest, ATableInTheFileIsRefused) {
  const auto file = write_file("data = 'd'\n[leases]\nmost = 3\n");
  EXPECT_THAT(error_of({"--config", file.c_str()}), HasSubstr(":2: leases: write one plain value"));
}

TEST_F(OptionsTest, AWrongValueInTheFileNamesItsLine) {
  const auto file = write_file("data = 'd'\nresend = 'soon'\n");
  EXPECT_THAT(error_of({"--config", file.c_str()}), HasSubstr(":2: resend: `soon` is not a duration"));
}

TEST_F(OptionsTest, ADurationWithoutAUnitIsRefused) {
  EXPECT_THAT(error_of({"--data", "d", "--resend", "5"}),
              HasSubstr("--resend: `5` is not a duration: write a whole number and a unit, like 250ms, 5s or 2m"));
}

TEST_F(OptionsTest, AValueOutOfRangeNamesTheRange) {
  EXPECT_THAT(error_of({"--data", "d", "--leases", "1001"}),
              HasSubstr("--leases: 1001 is out of range: give at least 1 and at most 1000"));
}

TEST_F(OptionsTest, ADurationOutOfRangeNamesTheRange) {
  EXPECT_THAT(error_of({"--data", "d", "--resend", "2h"}),
              HasSubstr("--resend: 2h is out of range: give at least 1ms and at most 1h"));
}

TEST_F(OptionsTest, ASizeOutOfRangeNamesTheRange) {
  EXPECT_THAT(error_of({"--data", "d", "--segment", "2GiB"}),
              HasSubstr("--segment: 2GiB is out of range: give at least 1MiB and at most 1GiB"));
}

TEST_F(OptionsTest, AFlagWithoutItsValueIsRefused) {
  EXPECT_THAT(error_of({"--data"}), HasSubstr("--data"));
}

TEST_F(OptionsTest, AMissingRequiredOptionIsNamed) {
  EXPECT_THAT(error_of({}), HasSubstr("--data DIR is missing: where the log lives"));
}

TEST_F(OptionsTest, ErrorsAreTwoLines) {
  const auto error = error_of({"--data", "d", "--nonsense"});
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 2) << error;
  EXPECT_EQ(error.rfind("assent-test: ", 0), 0U) << error;
}

TEST_F(OptionsTest, HelpGoesToStdoutAndShowsNamesAndDefaults) {
  EXPECT_EQ(parse({"--help"}), kExitSuccess);
  EXPECT_THAT(out_.str(), HasSubstr("--resend DURATION"));
  EXPECT_THAT(out_.str(), HasSubstr("16MiB"));
  EXPECT_THAT(out_.str(), HasSubstr("how many leases"));
  EXPECT_EQ(err_.str(), "");
}

TEST_F(OptionsTest, VersionGoesToStdout) {
  EXPECT_EQ(parse({"--version"}), kExitSuccess);
  EXPECT_EQ(out_.str(), "assent-test 1.2.3\n");
}

}  // namespace
}  // namespace assent::daemon
