// Session: what the transactions of one client share: the way to others, leased ids, where stores are, and counts.
// Thread-safe. It lives as long as anything that it was asked for.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "assent/client.h"
#include "assent/outcome.h"
#include "assent/result.h"
#include "assent/transaction_id.h"
#include "assent/transaction_outcome.h"
#include "sdk/src/environment.h"
#include "sdk/src/latch.h"
#include "sdk/src/lease_pool.h"

namespace assent::sdk {

// Throws InvalidArgument if one is out of range.
void check(const ClientOptions& options);

class Session : public std::enable_shared_from_this<Session> {
 public:
  // REQUIRES: the options are check()ed. `io` is where the environment has its thread, if it has one.
  static std::shared_ptr<Session> make(ClientOptions options, std::unique_ptr<Environment> environment,
                                       boost::asio::io_context* io = nullptr);

  const ClientOptions& options() const { return options_; }
  Environment& environment() { return *environment_; }
  // REQUIRES: there is one.
  boost::asio::io_context& io() const { return *io_; }

  // The async_ calls that are on their way hold this, until their handlers have been handed over; null once the client
  // has gone. From inside; those who may be inside of it soon have said so before.
  void will_have_async_calls() { may_have_async_calls_ = true; }
  const std::shared_ptr<Latch>& async_calls() const { return async_calls_; }
  // The client goes: ends those calls soon, and waits for that if somebody else's thread does it.
  void end_async_calls();

  // An id that may begin, and a stamp for it.
  void take_id(const LeasePool::OnTaken& on_taken) { leases_.take(on_taken); }

  // The coordinator was lost from sight: the ids that it leased in this epoch may be of no more use.
  void suspect(const TransactionId& id) { leases_.discard(id); }

  // The address of the store's participant, from memory (then from inside) or from the coordinator. kNotFound: no such
  // store.
  void locate(const std::string& store, OnAnswer<std::string> on_located);
  // The store was not found at this address.
  void forget_location(const std::string& store, const std::string& address);

  template <typename Request, typename Answer>
  void call_coordinator(Request request, Duration deadline, Lane lane, OnAnswer<Answer> on_answer) {
    environment_->call(Route{options_.coordinator, deadline, lane}, std::move(request), std::move(on_answer));
  }

  // Nobody waits: the locks end sooner when it arrives, and by themselves when it does not.
  void send_abort(wire::AbortRequest request);

  // Asks until the outcome is committed, aborted or forgotten. The error, if that is not known in time, says why;
  // kInvalidInput comes at once: this coordinator never gave out such an id, and will not know better later.
  void ask_outcome(const TransactionId& id, OnAnswer<Outcome> on_known);

  void count_committed();
  void count_aborted(AbortReason reason);
  void count_rerun();
  void count_lost_answer();
  void count_unknown_outcome();
  ClientCounters counters() const;

 private:
  Session(ClientOptions options, std::unique_ptr<Environment> environment, boost::asio::io_context* io);

  void call_for_lease(LeasePool::OnLease on_lease);

  const ClientOptions options_;
  const std::unique_ptr<Environment> environment_;
  boost::asio::io_context* const io_;
  LeasePool leases_;

  std::atomic<bool> may_have_async_calls_ = false;
  std::shared_ptr<Latch> async_calls_ = std::make_shared<Latch>();

  mutable std::mutex mutex_;
  std::map<std::string, std::string> locations_;
  ClientCounters counters_;
};

}  // namespace assent::sdk
