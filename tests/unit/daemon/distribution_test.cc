#include "thrift/daemon/distribution.h"

#include <gmock/gmock.h>

#include <limits>

namespace assent::daemon {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

TEST(DistributionTest, WithoutValuesItIsEmpty) {
  const auto message = to_wire(Distribution());
  EXPECT_EQ(message.count, 0);
  EXPECT_EQ(message.max, 0);
  EXPECT_THAT(message.by_bits, IsEmpty());
}

TEST(DistributionTest, ValuesAreCountedByTheirBits) {
  Distribution distribution;
  for (const std::uint64_t value : {0U, 1U, 1U, 4U, 7U}) distribution.add(value);
  const auto message = to_wire(distribution);
  EXPECT_EQ(message.count, 5);
  EXPECT_EQ(message.sum, 13);
  EXPECT_EQ(message.max, 7);
  EXPECT_THAT(message.by_bits, ElementsAre(1, 2, 0, 2));
}

TEST(DistributionTest, NothingButZerosAreZeros) {
  Distribution distribution;
  distribution.add(0U);
  EXPECT_THAT(to_wire(distribution).by_bits, ElementsAre(1));
}

TEST(DistributionTest, TheLargestNumberHasAPlace) {
  Distribution distribution;
  distribution.add(std::numeric_limits<std::uint64_t>::max());
  auto by_bits = to_wire(distribution).by_bits;
  ASSERT_EQ(by_bits.size(), 65U);
  EXPECT_EQ(by_bits.back(), 1);
  by_bits.pop_back();
  EXPECT_THAT(by_bits, Each(0));
}

TEST(DistributionTest, DurationsAreWholeMicroseconds) {
  Distribution distribution;
  distribution.add(Duration(1999ns));
  distribution.add(Duration(-5ms));
  const auto message = to_wire(distribution);
  EXPECT_EQ(message.sum, 1);
  EXPECT_THAT(message.by_bits, ElementsAre(1, 1));
}

}  // namespace
}  // namespace assent::daemon
