// Ids begin once, and in time: the pool of leased ids, on a clock that is moved by hand.
#include "sdk/src/lease_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace assent::sdk {
namespace {

using namespace std::chrono_literals;
class LeasePools : public ::testing::Test {
 protected:
  LeasePools()
      : pool_([this](LeasePool::OnLease on_lease) { request(std::move(on_lease)); }, [this] { return now_; }) {}

  void request(LeasePool::OnLease on_lease) {
    ++requests_;
    if (!answers_at_once_) {
      waiting_ = std::move(on_lease);
      return;
    }
    if (delay_ > 0ms) now_ += delay_;
    on_lease(next_answer());
  }

  Result<LeasedId> take() {
    std::promise<Result<LeasedId>> taken;
    pool_.take([&taken](Result<LeasedId> result) { taken.set_value(std::move(result)); });
    return taken.get_future().get();
  }

  // Adds what it gets, sooner or later.
  void take_into(std::vector<Result<LeasedId>>& taken) {
    pool_.take([&taken](Result<LeasedId> result) { taken.push_back(std::move(result)); });
  }

  Result<Lease> next_answer() {
    if (failing_) return Error{ErrorKind::kUnavailable, "nobody there"};
    Lease lease{{LogIdentity{1}, Epoch{epoch_}, next_number_}, count_, stamp_, 60s, 30s};
    next_number_ += count_;
    return lease;
  }

  Time now_{1h};
  std::chrono::milliseconds delay_{0};
  bool answers_at_once_ = true;
  bool failing_ = false;
  std::uint64_t epoch_ = 7;
  std::uint64_t next_number_ = 100;
  std::uint32_t count_ = 8;
  std::uint64_t stamp_ = 5000;
  int requests_ = 0;
  LeasePool::OnLease waiting_;
  LeasePool pool_;
};

TEST_F(LeasePools, EveryIdIsTakenOnce) {
  std::set<TransactionId> taken;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(taken.insert(take()->id).second);
  EXPECT_EQ(taken.begin()->number, 100U);
}

TEST_F(LeasePools, StampsAreTheLeasesPlusTheTimeSinceItsAnswer) {
  delay_ = 40ms;
  EXPECT_EQ(take()->begin_stamp, 5000U);
  now_ += 3ms;
  EXPECT_EQ(take()->begin_stamp, 8000U);
}

TEST_F(LeasePools, ALeaseIsCountedFromBeforeItWasCalledFor) {
  delay_ = 1s;
  const auto first = take()->id;
  answers_at_once_ = false;
  now_ += 58s + 999ms;
  EXPECT_EQ(take()->id.number, first.number + 1);
  EXPECT_EQ(requests_, 2) << "the next one is called for ahead";
  now_ += 1ms;
  // The first has passed, although it arrived less than a minute ago.
  answers_at_once_ = true;
  waiting_(next_answer());
  EXPECT_EQ(take()->id.number, 108U);
}

TEST_F(LeasePools, TheNextLeaseIsCalledForBeforeTheIdsRunOut) {
  answers_at_once_ = true;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(take());
  EXPECT_EQ(requests_, 1);
  answers_at_once_ = false;
  EXPECT_TRUE(take());
  EXPECT_EQ(requests_, 2);
  EXPECT_TRUE(take()) << "nobody waits for it";
  EXPECT_EQ(requests_, 2) << "nor is it called for twice";
}

TEST_F(LeasePools, AnErrorReachesTheCallerAndTheNextCallTriesAgain) {
  failing_ = true;
  EXPECT_EQ(take().error().kind, ErrorKind::kUnavailable);
  failing_ = false;
  EXPECT_TRUE(take());
}

TEST_F(LeasePools, AFailureAheadOfNeedHurtsNobody) {
  EXPECT_TRUE(take());
  failing_ = true;
  for (int i = 0; i < 7; ++i) EXPECT_TRUE(take());
  EXPECT_FALSE(take());
}

TEST_F(LeasePools, WhoWaitsIsServedInOrderAndBeforeThoseWhoComeLater) {
  answers_at_once_ = false;
  std::vector<Result<LeasedId>> waited;
  for (int i = 0; i < 3; ++i) take_into(waited);
  EXPECT_TRUE(waited.empty());
  EXPECT_EQ(requests_, 1);
  waiting_(next_answer());
  EXPECT_EQ(take()->id.number, 103U);
  ASSERT_EQ(waited.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(waited[i]->id.number, 100U + i);
}

TEST_F(LeasePools, MoreWhoWaitThanALeaseHasIdsGetThoseOfTheNext) {
  answers_at_once_ = false;
  count_ = 2;
  std::vector<Result<LeasedId>> waited;
  for (int i = 0; i < 3; ++i) take_into(waited);
  waiting_(next_answer());
  EXPECT_EQ(waited.size(), 2U);
  EXPECT_EQ(requests_, 2);
  waiting_(next_answer());
  ASSERT_EQ(waited.size(), 3U);
  EXPECT_EQ(waited[2]->id.number, 102U);
}

TEST_F(LeasePools, AFailureReachesAllWhoWait) {
  answers_at_once_ = false;
  std::vector<Result<LeasedId>> waited;
  for (int i = 0; i < 3; ++i) take_into(waited);
  waiting_(Error{ErrorKind::kUnavailable, "nobody there"});
  ASSERT_EQ(waited.size(), 3U);
  for (const auto& result : waited) EXPECT_FALSE(result);
  EXPECT_EQ(requests_, 1) << "the next who asks calls again";
}

TEST_F(LeasePools, AnEmptyLeaseAndOneThatHasPassedOnItsWayAreRefused) {
  count_ = 0;
  EXPECT_EQ(take().error().kind, ErrorKind::kUnavailable);
  count_ = 8;
  delay_ = 60s;
  EXPECT_EQ(take().error().kind, ErrorKind::kUnavailable);
}

TEST_F(LeasePools, IdsOfAnEpochThatIsSuspectedAreNotTakenAnyMore) {
  const auto old = take()->id;
  epoch_ = 8;
  next_number_ = 0;
  pool_.discard(old);
  const auto fresh = take()->id;
  EXPECT_EQ(fresh.epoch, Epoch{8});
  pool_.discard(old);
  EXPECT_EQ(take()->id.number, fresh.number + 1) << "the new epoch's stay";
}

TEST_F(LeasePools, ThreadsThatWaitForOneLeaseAllGetIdsOfTheirOwn) {
  count_ = 64;
  std::vector<std::thread> threads;
  threads.reserve(4);
  std::mutex mutex;
  std::set<TransactionId> taken;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        const auto id = take()->id;
        const std::lock_guard lock(mutex);
        EXPECT_TRUE(taken.insert(id).second);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(taken.size(), 800U);
}

}  // namespace
}  // namespace assent::sdk
