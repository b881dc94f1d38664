#include "thrift/daemon/units.h"

#include <gtest/gtest.h>

namespace assent::daemon {
namespace {

using namespace std::chrono_literals;

TEST(UnitsTest, DurationsAreReadInEveryUnit) {
  EXPECT_EQ(parse_duration("7us").value(), 7us);
  EXPECT_EQ(parse_duration("250ms").value(), 250ms);
  EXPECT_EQ(parse_duration("5s").value(), 5s);
  EXPECT_EQ(parse_duration("2m").value(), 2min);
  EXPECT_EQ(parse_duration("1h").value(), 1h);
  EXPECT_EQ(parse_duration("0s").value(), 0s);
}

TEST(UnitsTest, WhatIsNoDurationIsRefusedByName) {
  for (const char* text : {"", "5", "s", "-5s", "5 s", "5sec", "1.5s", "99999999999999999999s", "9999999999999999h"}) {
    const auto duration = parse_duration(text);
    ASSERT_FALSE(duration.has_value()) << text;
    EXPECT_NE(duration.error().message.find("`" + std::string(text) + "`"), std::string::npos);
  }
}

TEST(UnitsTest, DurationsArePrintedAsTheyAreRead) {
  for (const char* text : {"7us", "250ms", "5s", "2m", "1h", "90m", "0s"}) {
    EXPECT_EQ(to_string(parse_duration(text).value()), text);
  }
}

TEST(UnitsTest, AgesArePrintedInTwoFigures) {
  EXPECT_EQ(to_readable(1500ms), "1500ms");
  EXPECT_EQ(to_readable(12s), "12s");
  EXPECT_EQ(to_readable(200s), "3m 20s");
  EXPECT_EQ(to_readable(125min), "2h 5m");
}

TEST(UnitsTest, SizesAreReadWithAndWithoutAUnit) {
  EXPECT_EQ(parse_size("512").value(), 512U);
  EXPECT_EQ(parse_size("512B").value(), 512U);
  EXPECT_EQ(parse_size("4KiB").value(), 4096U);
  EXPECT_EQ(parse_size("64MiB").value(), 64U << 20U);
  EXPECT_EQ(parse_size("2GiB").value(), 2ULL << 30U);
}

TEST(UnitsTest, WhatIsNoSizeIsRefused) {
  for (const char* text : {"", "MiB", "64MB", "64 MiB", "-1", "99999999999999999GiB"}) {
    EXPECT_FALSE(parse_size(text).has_value()) << text;
  }
}

TEST(UnitsTest, SizesArePrintedAsTheyAreRead) {
  for (const char* text : {"0B", "513B", "4KiB", "64MiB", "2GiB"}) {
    EXPECT_EQ(size_to_string(parse_size(text).value()), text);
  }
}

}  // namespace
}  // namespace assent::daemon
