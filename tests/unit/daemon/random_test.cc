#include "thrift/daemon/random.h"

#include <gtest/gtest.h>

#include <set>

namespace assent::daemon {
namespace {

TEST(RandomTest, NumbersAreNeitherZeroNorRepeated) {
  std::set<std::uint64_t> numbers;
  for (int i = 0; i < 1000; ++i) numbers.insert(random_number());
  EXPECT_EQ(numbers.size(), 1000U);
  EXPECT_FALSE(numbers.contains(0));
}

}  // namespace
}  // namespace assent::daemon
