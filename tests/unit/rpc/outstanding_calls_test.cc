#include "thrift/rpc/outstanding_calls.h"

#include <gmock/gmock.h>

namespace assent::rpc {
namespace {

using Clock = std::chrono::steady_clock;

Clock::time_point at(int seconds) {
  return Clock::time_point(std::chrono::seconds(seconds));
}

std::int32_t add(OutstandingCalls& calls, int deadline) {
  OutstandingCall call;
  call.seqid = calls.next_seqid();
  call.deadline = at(deadline);
  const std::int32_t seqid = call.seqid;
  calls.add(std::move(call));
  return seqid;
}

std::vector<std::int32_t> seqids_of(const std::vector<OutstandingCall>& calls) {
  std::vector<std::int32_t> seqids;
  for (const OutstandingCall& call : calls) {
    seqids.push_back(call.seqid);
  }
  return seqids;
}

TEST(OutstandingCallsTest, ThoseWhoseDeadlineHasPassedAreTakenEarliestFirst) {
  OutstandingCalls calls;
  const std::int32_t late = add(calls, 30);
  const std::int32_t soon = add(calls, 10);
  const std::int32_t later = add(calls, 20);
  EXPECT_EQ(calls.earliest_deadline(), at(10));
  EXPECT_THAT(seqids_of(calls.take_expired(at(20))), testing::ElementsAre(soon, later));
  EXPECT_EQ(calls.earliest_deadline(), at(30));
  EXPECT_EQ(calls.take(late).seqid, late);
  EXPECT_EQ(calls.earliest_deadline(), std::nullopt);
  EXPECT_EQ(calls.size(), 0U);
}

TEST(OutstandingCallsTest, TwoWithOneDeadlineAreTwo) {
  OutstandingCalls calls;
  const std::int32_t one = add(calls, 10);
  const std::int32_t other = add(calls, 10);
  calls.take(one);
  EXPECT_EQ(calls.find(one), nullptr);
  ASSERT_NE(calls.find(other), nullptr);
  EXPECT_EQ(calls.earliest_deadline(), at(10));
}

TEST(OutstandingCallsTest, AllAreTakenInTheOrderInWhichTheyWereMade) {
  OutstandingCalls calls;
  std::vector<std::int32_t> made;
  for (int i = 0; i < 100; ++i) {
    made.push_back(add(calls, 1000 - i));
  }
  EXPECT_EQ(seqids_of(calls.take_all()), made);
  EXPECT_EQ(calls.size(), 0U);
  EXPECT_EQ(calls.earliest_deadline(), std::nullopt);
}

}  // namespace
}  // namespace assent::rpc
