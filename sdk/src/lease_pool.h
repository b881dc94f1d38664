// LeasePool: transaction ids, taken from blocks that the coordinator leased.
//
//   L1  An id is taken once.
//   L2  No id is taken from a lease later than its use time after the lease was CALLED FOR: the coordinator counts
//       from when it answered, which is later, so it still knows every id that was taken here.
//   L3  A stamp is the lease's, plus the time since its answer arrived, which never runs backwards.
//
// The next block is called for when a quarter of the ids, or of the time, is left. Thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "assent/result.h"
#include "assent/time.h"
#include "assent/transaction_id.h"

namespace assent::sdk {

// As the coordinator grants it.
struct Lease {
  TransactionId first;
  std::uint32_t count = 0;
  std::uint64_t begin_stamp = 0;  // µs
  Duration use_for{};
  Duration transaction_timeout{};
};

// A transaction that may begin.
struct LeasedId {
  TransactionId id;
  std::uint64_t begin_stamp = 0;  // µs
  Time taken;
  Duration transaction_timeout{};  // from `taken`
};

class LeasePool {
 public:
  using OnLease = std::function<void(Result<Lease>)>;
  using OnTaken = std::function<void(Result<LeasedId>)>;

  // `request` calls for one lease and gives its end to the function, exactly once, on any thread, also from inside.
  LeasePool(std::function<void(OnLease)> request, std::function<Time()> now);
  LeasePool(const LeasePool&) = delete;
  LeasePool& operator=(const LeasePool&) = delete;

  // From inside if there is an id; otherwise when a lease has arrived, or has failed.
  void take(const OnTaken& on_taken);

  // The coordinator may have been started anew since it gave out this id: no more ids of the same epoch are taken.
  // Ids that it no longer knows would only be aborted.
  void discard(const TransactionId& id);

 private:
  struct Held {
    Lease lease;
    std::uint32_t used = 0;
    Time called;
    Time answered;
  };

  // REQUIRES, of all three: locked.
  std::optional<LeasedId> take_held();
  bool runs_short() const;
  bool may_call();  // and takes it as called

  void call_for_lease();
  void end_call(Time called, Result<Lease> result);

  const std::function<void(OnLease)> request_;
  const std::function<Time()> now_;

  std::mutex mutex_;
  std::deque<Held> held_;  // the oldest first
  std::deque<OnTaken> waiting_;
  bool calling_ = false;
};

}  // namespace assent::sdk
