#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "assent/coordinator_view.h"

namespace assent {
namespace {

Released released(std::uint64_t through, const std::vector<std::uint64_t>& except = {}) {
  Released result{Position{through}, {}};
  for (const auto each : except) result.except.push_back(Position{each});
  return result;
}

TEST(Released, TheUnionHasNewsIfItReachesFurther) {
  Released all = released(5, {3});
  EXPECT_TRUE(all.merge(released(9, {3, 7})));
  EXPECT_EQ(all, released(9, {3, 7}));
}

TEST(Released, TheUnionHasNewsIfAnExceptionIsNoneAnyMore) {
  Released all = released(9, {3, 7});
  EXPECT_TRUE(all.merge(released(5, {})));
  EXPECT_EQ(all, released(9, {7}));
}

TEST(Released, WhatSaysNoMoreIsNoNews) {
  Released all = released(9, {3, 7});
  for (const Released& older : {released(0), released(9, {3, 7}), released(8, {3, 5, 7}), released(3, {3})}) {
    EXPECT_FALSE(all.merge(older));
    EXPECT_EQ(all, released(9, {3, 7}));
  }
}

}  // namespace
}  // namespace assent
