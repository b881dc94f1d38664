#include "thrift/daemon/child.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "thrift/daemon/daemon_process.h"

namespace assent::daemon {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(Child, HoldsNoDescriptorOfItsParentOpen) {
  const int ours = ::open("/dev/zero", O_RDONLY);  // without O_CLOEXEC
  ASSERT_GE(ours, 3);
  const auto finished = run_to_end({"/bin/ls", {"-l", "/proc/self/fd"}, {}, {}}).value();
  ::close(ours);
  EXPECT_EQ(finished.code, 0);
  EXPECT_THAT(finished.out, Not(HasSubstr("/dev/zero")));
}

}  // namespace
}  // namespace assent::daemon
