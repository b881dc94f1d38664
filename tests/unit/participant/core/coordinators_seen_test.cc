#include "participant/core/coordinators_seen.h"

#include <gtest/gtest.h>

namespace assent::participant {
namespace {

constexpr LogIdentity kSeenLog{0xA};

CoordinatorView view(std::uint64_t epoch, std::uint64_t nonce, std::uint64_t durable = 0, std::uint64_t released = 0) {
  return {.line = {.log = kSeenLog, .epoch = Epoch{epoch}, .nonce = Nonce{nonce}, .durable = Position{durable}},
          .address = "there:" + std::to_string(epoch),
          .released = {.through = Position{released}, .except = {}}};
}

TEST(CoordinatorsSeen, KnowsZerosOfALogThatItNeverHeardOf) {
  const CoordinatorsSeen seen({});
  EXPECT_EQ(seen.line(kSeenLog), (CoordinatorLine{.log = kSeenLog, .epoch = {}, .nonce = {}, .durable = {}}));
  EXPECT_EQ(seen.address(kSeenLog), "");
  EXPECT_FALSE(seen.has_news());
}

TEST(CoordinatorsSeen, FollowsTheHighestEpoch) {
  CoordinatorsSeen seen({});
  EXPECT_EQ(seen.hear(view(3, 30)).hearing, Hearing::kNewLine);
  EXPECT_EQ(seen.hear(view(3, 30)).hearing, Hearing::kKnown);
  EXPECT_EQ(seen.hear(view(2, 20)).hearing, Hearing::kLowerEpoch);
  EXPECT_EQ(seen.hear(view(3, 31)).hearing, Hearing::kAnotherNonce);
  EXPECT_EQ(seen.hear(view(4, 40)).hearing, Hearing::kNewLine);
  EXPECT_EQ(seen.hear(view(3, 30)).hearing, Hearing::kLowerEpoch);
  EXPECT_EQ(seen.address(kSeenLog), "there:4");
}

TEST(CoordinatorsSeen, AFencedCoordinatorChangesNothing) {
  CoordinatorsSeen seen({{.line = view(3, 30, 9).line, .released = {}}});
  seen.hear(view(2, 20, 99, 99));
  seen.hear(view(3, 31, 99, 99));
  EXPECT_EQ(seen.line(kSeenLog).durable, Position{9});
  EXPECT_EQ(seen.released(kSeenLog).through, Position{0});
  EXPECT_FALSE(seen.has_news());
}

TEST(CoordinatorsSeen, WhatWasHeardOnlyGrows) {
  CoordinatorsSeen seen({});
  seen.hear(view(3, 30, 9, 7));
  seen.hear(view(3, 30, 8, 6));
  EXPECT_EQ(seen.line(kSeenLog).durable, Position{9});
  EXPECT_EQ(seen.released(kSeenLog).through, Position{7});
}

TEST(CoordinatorsSeen, SaysWhetherMoreIsReleasedThanBefore) {
  CoordinatorsSeen seen({});
  EXPECT_TRUE(seen.hear(view(3, 30, 9, 7)).more_released);
  EXPECT_FALSE(seen.hear(view(3, 30, 9, 7)).more_released);
  EXPECT_FALSE(seen.hear(view(3, 30, 10, 0)).more_released) << "a request for a vote says nothing of it";
  EXPECT_FALSE(seen.hear(view(2, 20, 99, 99)).more_released) << "fenced";
  EXPECT_TRUE(seen.hear(view(4, 40, 10, 8)).more_released);
}

TEST(CoordinatorsSeen, ALineIsDurableOnceItsNewsAre) {
  CoordinatorsSeen seen({});
  seen.hear(view(3, 30));
  EXPECT_FALSE(seen.is_line_durable(kSeenLog));
  EXPECT_EQ(seen.take_news().size(), 1U);
  EXPECT_FALSE(seen.has_news());
  EXPECT_FALSE(seen.is_line_durable(kSeenLog)) << "on its way is not there";
  seen.news_durable();
  EXPECT_TRUE(seen.is_line_durable(kSeenLog));
}

TEST(CoordinatorsSeen, ANewLineThatComesWhileAnotherIsWrittenIsNotDurableWithIt) {
  CoordinatorsSeen seen({});
  seen.hear(view(3, 30));
  seen.take_news();
  seen.hear(view(4, 40));
  seen.news_durable();
  EXPECT_FALSE(seen.is_line_durable(kSeenLog));
  EXPECT_TRUE(seen.has_news());
}

TEST(CoordinatorsSeen, AJournalTransactionWithoutItsNewsMakesNoLineDurable) {
  CoordinatorsSeen seen({});
  seen.hear(view(3, 30));
  seen.news_durable();
  EXPECT_FALSE(seen.is_line_durable(kSeenLog));
}

}  // namespace
}  // namespace assent::participant
