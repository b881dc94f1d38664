#include "participant/service/counters.h"

#include <gtest/gtest.h>

#include <vector>

namespace assent::participant {
namespace {

using Operations = std::vector<JournalOperation>;

ApplyBranch apply_as(RowState state) {
  return {.id = {}, .state = state, .commit = {}, .reason = {}};
}

TEST(RunnerCounters, AJournalTransactionIsForcedForWhatSomebodyWaitsFor) {
  EXPECT_EQ(purpose_of(Operations{PutCoordinator{}, DeleteBranch{}, apply_as(RowState::kCommitted), PutPrepared{}}),
            ForcedFor::kPrepare);
  EXPECT_EQ(purpose_of(Operations{PutCoordinator{}, DeleteBranch{}, apply_as(RowState::kCommitted)}),
            ForcedFor::kCommit);
  EXPECT_EQ(purpose_of(Operations{DeleteBranch{}, apply_as(RowState::kResolvedCommit)}), ForcedFor::kOperator);
  EXPECT_EQ(purpose_of(Operations{DeleteBranch{}, MarkBranch{}}), ForcedFor::kOperator);
  EXPECT_EQ(purpose_of(Operations{AcknowledgeWrite{}}), ForcedFor::kOperator);
  EXPECT_EQ(purpose_of(Operations{PutCoordinator{}, DeleteBranch{}}), ForcedFor::kEnd);
  EXPECT_EQ(purpose_of(Operations{PutCoordinator{}}), ForcedFor::kWord);
}

TEST(RunnerCounters, OnlyAnEndWithACauseIsAnAbort) {
  RunnerCounters counters;
  counters.saw({.id = {}, .from = "none", .to = "active", .cause = {}});
  counters.saw({.id = {}, .from = "active", .to = "none", .cause = {}});  // read-only
  EXPECT_TRUE(counters.aborted_by_reason.empty());
  Transition wounded{.id = {}, .from = "active", .to = "none", .cause = {}};
  wounded.cause.reason = AbortReason::kWounded;
  counters.saw(wounded);
  counters.saw(wounded);
  EXPECT_EQ(counters.aborted_by_reason.at(AbortReason::kWounded), 2U);
}

}  // namespace
}  // namespace assent::participant
