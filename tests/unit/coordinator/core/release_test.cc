#include "coordinator/core/release.h"

#include <gtest/gtest.h>

namespace assent::coordinator {
namespace {

Released released(std::uint64_t through, const std::vector<std::uint64_t>& except = {}) {
  Released result{Position{through}, {}};
  for (const auto each : except) result.except.push_back(Position{each});
  return result;
}

TEST(Release, WhatIsDurableAndHoldsNoCommitIsReleased) {
  EXPECT_EQ(Release().view(Position{9}, 4), released(9));
}

TEST(Release, ACommitIsAnExceptionUntilItsEndIsDurable) {
  Release release;
  release.commit_recorded(Position{3});
  release.commit_recorded(Position{5});
  EXPECT_EQ(release.view(Position{9}, 4), released(9, {3, 5}));
  release.end_durable(Position{3});
  EXPECT_EQ(release.view(Position{9}, 4), released(9, {5}));
  EXPECT_EQ(release.unended(), 1U);
}

TEST(Release, ACommitThatIsNotDurableIsNotSpokenOf) {
  Release release;
  release.commit_recorded(Position{10});
  EXPECT_EQ(release.view(Position{9}, 4), released(9));
  EXPECT_EQ(release.view(Position{10}, 4), released(10, {10}));
}

TEST(Release, ItReachesAsHighAsTheExceptionsAllow) {
  Release release;
  for (const std::uint64_t each : {3U, 5U, 8U}) release.commit_recorded(Position{each});
  EXPECT_EQ(release.view(Position{9}, 2), released(7, {3, 5}));
  release.end_durable(Position{5});
  EXPECT_EQ(release.view(Position{9}, 2), released(9, {3, 8}));
}

TEST(Release, ItOnlyGrows) {
  Release release;
  Released told;
  std::uint64_t state = 42;
  std::set<std::uint64_t> unended;
  for (std::uint64_t position = 1; position < 500; ++position) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    if ((state >> 40U) % 3 != 0) {
      release.commit_recorded(Position{position});
      unended.insert(position);
    } else if (!unended.empty()) {
      auto ended = unended.begin();
      std::advance(ended, static_cast<std::ptrdiff_t>((state >> 20U) % unended.size()));
      release.end_durable(Position{*ended});
      unended.erase(ended);
    }
    const Released now = release.view(Position{position}, 3);
    for (std::uint64_t each = 1; each <= position; ++each) {
      const bool is_released = now.contains(Position{each});
      EXPECT_TRUE(is_released || !told.contains(Position{each})) << each;
      EXPECT_FALSE(is_released && unended.contains(each)) << each;
    }
    EXPECT_LE(now.except.size(), 3U);
    told = now;
  }
}

}  // namespace
}  // namespace assent::coordinator
