// What a participant says when it cannot start.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/process/daemons.h"

namespace assent {
namespace {

using testing::HasSubstr;

using ParticipantStartTest = ProcessTest;

TEST_F(ParticipantStartTest, ANameThatNoStoreCanHaveIsAUsageError) {
  const auto finished = run("assent-participant", {"--create", "--store", "a b=" + path("a.db")});
  EXPECT_EQ(finished.code, 2);
  EXPECT_THAT(finished.err, HasSubstr("--store: `a b` cannot be the name of a store: give it one of 1 to 64 letters"));
  EXPECT_FALSE(std::filesystem::exists(path("a.db")));
}

}  // namespace
}  // namespace assent
