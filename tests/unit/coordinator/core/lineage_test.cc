#include "coordinator/core/lineage.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assent::coordinator {
namespace {

using ::testing::HasSubstr;

constexpr LogIdentity kLineageLog{0x10};

// Epoch 1 starts at position 1, epoch 2 at 10, and epoch 3, the present one, at 11.
const Lineage kLineage{kLineageLog,
                       {{Epoch{1}, {Nonce{101}, Position{1}}},
                        {Epoch{2}, {Nonce{102}, Position{10}}},
                        {Epoch{3}, {Nonce{103}, Position{11}}}}};
constexpr Position kDurable{20};

CoordinatorLine seen(std::uint64_t epoch, std::uint64_t nonce, std::uint64_t durable) {
  return {kLineageLog, Epoch{epoch}, Nonce{nonce}, Position{durable}};
}

TEST(Lineage, WhatAStoreMayHaveSeen) {
  for (const auto& line : {CoordinatorLine{kLineageLog, {}, {}, {}}, seen(1, 101, 0), seen(1, 101, 9), seen(2, 102, 10),
                           seen(3, 103, 20)}) {
    EXPECT_EQ(kLineage.conflict(line, kDurable), std::nullopt);
  }
}

TEST(Lineage, WhatNoStoreCanHaveSeen) {
  const auto conflict = [](const CoordinatorLine& line) { return kLineage.conflict(line, kDurable).value_or(""); };
  EXPECT_THAT(conflict(seen(4, 104, 0)), HasSubstr("epoch 4"));
  EXPECT_THAT(conflict(seen(2, 999, 10)), HasSubstr("another start under epoch 2"));
  EXPECT_THAT(conflict(seen(3, 103, 21)), HasSubstr("position 21"));
}

// It lacks the records from 10 on, which the stores have seen, and has put two starts and their stores in their place.
TEST(Lineage, ACopyIsNoLongerForWhatItHasWrittenAtItsOwnStarts) {
  EXPECT_EQ(kLineage.conflict(seen(1, 101, 12), kDurable),
            "it has seen position 12 under epoch 1, of which this log ends at 9");
  EXPECT_EQ(kLineage.conflict(seen(2, 102, 11), kDurable),
            "it has seen position 11 under epoch 2, of which this log ends at 10");
}

}  // namespace
}  // namespace assent::coordinator
