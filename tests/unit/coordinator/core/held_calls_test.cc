#include "coordinator/core/held_calls.h"

#include <gtest/gtest.h>

namespace assent::coordinator {
namespace {

using namespace std::chrono_literals;

constexpr Time kStart{1000s};

ClientCall call(std::uint64_t number) {
  return LeaseRequested{CallId{number}, 1};
}

std::vector<CallId> ids(const std::vector<ClientCall>& calls) {
  std::vector<CallId> ids;
  for (const auto& each : calls) ids.push_back(std::get<LeaseRequested>(each).call);
  return ids;
}

TEST(HeldCalls, EachLeavesOnceWhenItHasWaitedLongEnough) {
  HeldCalls held(2s, 10);
  EXPECT_EQ(held.next_deadline(), std::nullopt);
  held.hold(call(1), kStart);
  held.hold(call(2), kStart + 1s);
  EXPECT_EQ(held.next_deadline(), kStart + 2s);
  EXPECT_EQ(ids(held.take_due(kStart + 1999ms)), std::vector<CallId>{});
  EXPECT_EQ(ids(held.take_due(kStart + 2s)), std::vector{CallId{1}});
  EXPECT_EQ(held.next_deadline(), kStart + 3s);
  EXPECT_EQ(ids(held.take_all()), std::vector{CallId{2}});
  EXPECT_EQ(ids(held.take_all()), std::vector<CallId>{});
}

TEST(HeldCalls, NoMoreAreHeldThanMayBe) {
  HeldCalls held(2s, 2);
  held.hold(call(1), kStart);
  EXPECT_FALSE(held.is_full());
  held.hold(call(2), kStart);
  EXPECT_TRUE(held.is_full());
  held.take_all();
  EXPECT_FALSE(held.is_full());
}

}  // namespace
}  // namespace assent::coordinator
