// Ids begin once, and in time: the pool of leased ids, on a clock that is moved by hand.
#include "sdk/src/lease_pool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <mutex>
#include <set>
#include <thread>
#include <utility>
#include <vector>

namespace assent::sdk {
namespace {

using namespace std::chrono_literals;
using Clock = LeasePool::Clock;

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
    if (after_answer_) std::exchange(after_answer_, nullptr)();
  }

  Result<Lease> next_answer() {
    if (failing_) return Error{ErrorKind::kUnavailable, "nobody there"};
    Lease lease{{LogIdentity{1}, Epoch{epoch_}, next_number_}, count_, stamp_, 60s, 30s};
    next_number_ += count_;
    return lease;
  }

  Clock::time_point now_{1h};
  std::chrono::milliseconds delay_{0};
  bool answers_at_once_ = true;
  bool failing_ = false;
  std::uint64_t epoch_ = 7;
  std::uint64_t next_number_ = 100;
  std::uint32_t count_ = 8;
  std::uint64_t stamp_ = 5000;
  int requests_ = 0;
  LeasePool::OnLease waiting_;
  std::function<void()> after_answer_;  // before the caller of take() wakes up
  LeasePool pool_;
};

TEST_F(LeasePools, EveryIdIsTakenOnce) {
  std::set<TransactionId> taken;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(taken.insert(pool_.take()->id).second);
  EXPECT_EQ(taken.begin()->number, 100U);
}

TEST_F(LeasePools, StampsAreTheLeasesPlusTheTimeSinceItsAnswer) {
  delay_ = 40ms;
  EXPECT_EQ(pool_.take()->begin_stamp, 5000U);
  now_ += 3ms;
  EXPECT_EQ(pool_.take()->begin_stamp, 8000U);
}

TEST_F(LeasePools, ALeaseIsCountedFromBeforeItWasCalledFor) {
  delay_ = 1s;
  const auto first = pool_.take()->id;
  answers_at_once_ = false;
  now_ += 58s + 999ms;
  EXPECT_EQ(pool_.take()->id.number, first.number + 1);
  EXPECT_EQ(requests_, 2) << "the next one is called for ahead";
  now_ += 1ms;
  // The first has passed, although it arrived less than a minute ago.
  answers_at_once_ = true;
  waiting_(next_answer());
  EXPECT_EQ(pool_.take()->id.number, 108U);
}

TEST_F(LeasePools, TheNextLeaseIsCalledForBeforeTheIdsRunOut) {
  answers_at_once_ = true;
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(pool_.take());
  EXPECT_EQ(requests_, 1);
  answers_at_once_ = false;
  EXPECT_TRUE(pool_.take());
  EXPECT_EQ(requests_, 2);
  EXPECT_TRUE(pool_.take()) << "nobody waits for it";
  EXPECT_EQ(requests_, 2) << "nor is it called for twice";
}

TEST_F(LeasePools, AnErrorReachesTheCallerAndTheNextCallTriesAgain) {
  failing_ = true;
  EXPECT_EQ(pool_.take().error().kind, ErrorKind::kUnavailable);
  failing_ = false;
  EXPECT_TRUE(pool_.take());
}

TEST_F(LeasePools, AFailureAheadOfNeedHurtsNobody) {
  EXPECT_TRUE(pool_.take());
  failing_ = true;
  for (int i = 0; i < 7; ++i) EXPECT_TRUE(pool_.take());
  EXPECT_FALSE(pool_.take());
}

TEST_F(LeasePools, AFailureAheadOfNeedHurtsNobodyWhoWaitedForTheLeaseBefore) {
  after_answer_ = [this] {
    failing_ = true;
    for (int i = 0; i < 6; ++i) EXPECT_TRUE(pool_.take());
    EXPECT_EQ(requests_, 2) << "the next one was called for ahead, and has failed";
  };
  const auto taken = pool_.take();
  ASSERT_TRUE(taken) << taken.error().message;
  EXPECT_EQ(taken->id.number, 106U);
}

TEST_F(LeasePools, AnEmptyLeaseAndOneThatHasPassedOnItsWayAreRefused) {
  count_ = 0;
  EXPECT_EQ(pool_.take().error().kind, ErrorKind::kUnavailable);
  count_ = 8;
  delay_ = 60s;
  EXPECT_EQ(pool_.take().error().kind, ErrorKind::kUnavailable);
}

TEST_F(LeasePools, IdsOfAnEpochThatIsSuspectedAreNotTakenAnyMore) {
  const auto old = pool_.take()->id;
  epoch_ = 8;
  next_number_ = 0;
  pool_.discard(old);
  const auto fresh = pool_.take()->id;
  EXPECT_EQ(fresh.epoch, Epoch{8});
  pool_.discard(old);
  EXPECT_EQ(pool_.take()->id.number, fresh.number + 1) << "the new epoch's stay";
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
        const auto id = pool_.take()->id;
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
