#include "coordinator/service/counters.h"

#include <gtest/gtest.h>

#include <vector>

namespace assent::coordinator {
namespace {

using Records = std::vector<LogRecord>;

TEST(CoordinatorCounters, ABlockIsForcedForWhatSomebodyWaitsFor) {
  EXPECT_EQ(purpose_of(Records{EndRecord{}, StoreRecord{}, CommitRecord{}}), ForcedFor::kCommit);
  EXPECT_EQ(purpose_of(Records{EndRecord{}, StoreRecord{}}), ForcedFor::kStore);
  EXPECT_EQ(purpose_of(Records{EndRecord{}, ForgottenRecord{}}), ForcedFor::kEnd);
}

}  // namespace
}  // namespace assent::coordinator
