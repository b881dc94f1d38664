#include "coordinator/service/daemon_options.h"

#include <gmock/gmock.h>

#include <sstream>

namespace assent::coordinator {
namespace {

using testing::HasSubstr;

// What stderr gets for these flags.
std::string error_of(std::vector<const char*> flags) {
  DaemonOptions target;
  daemon::Options options("assent-coordinator", "1", "Decides.");
  list_options(options, target);
  flags.insert(flags.begin(), {"assent-coordinator", "--data", "d"});
  std::ostringstream out;
  std::ostringstream err;
  const bool is_wrong = options.parse(static_cast<int>(flags.size()), flags.data(), out, err).has_value();
  EXPECT_EQ(is_wrong, !err.str().empty());
  return err.str();
}

TEST(DaemonOptions, AFrameThatCouldNotHoldADecisionOfManyIsRefused) {
  EXPECT_THAT(error_of({"--frame", "1023KiB"}), HasSubstr("out of range: give at least 1MiB"));
  EXPECT_EQ(error_of({"--frame", "1MiB"}), "");
}

TEST(DaemonOptions, MoreExceptionsThanAMessageHasRoomForAreRefused) {
  EXPECT_THAT(error_of({"--released-exceptions", "4097"}), HasSubstr("at most 4096"));
  EXPECT_EQ(error_of({"--released-exceptions", "4096"}), "");
}

TEST(DaemonOptions, HowManyStoresItKnowsAndHowManyRefusedOnesItListsIsBounded) {
  EXPECT_THAT(error_of({"--stores", "65537"}), HasSubstr("at most 65536"));
  EXPECT_THAT(error_of({"--refused-stores", "4097"}), HasSubstr("at most 4096"));
  EXPECT_EQ(error_of({"--stores", "2", "--refused-stores", "2", "--refusal-kept", "5s"}), "");
}

}  // namespace
}  // namespace assent::coordinator
