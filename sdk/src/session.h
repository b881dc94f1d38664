// Session: what the transactions of one client share: connections, leased ids, where stores are, and counts.
// Thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "assent/client.h"
#include "assent/outcome.h"
#include "assent/result.h"
#include "assent/transaction_id.h"
#include "assent/transaction_outcome.h"
#include "sdk/src/lease_pool.h"
#include "sdk/src/network.h"

namespace assent::sdk {

class Session {
 public:
  using Clock = std::chrono::steady_clock;

  // Throws InvalidArgument.
  explicit Session(ClientOptions options);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  const ClientOptions& options() const { return options_; }

  // An id that may begin, and a stamp for it. Throws Unavailable or Overloaded.
  LeasedId take_id();

  // The coordinator was lost from sight: the ids that it leased in this epoch may be of no more use.
  void suspect(const TransactionId& id) { leases_.discard(id); }

  // The address of the store's participant, from memory or from the coordinator. kNotFound: no such store.
  Result<std::string> locate(const std::string& store);
  // The store was not found at this address.
  void forget_location(const std::string& store, const std::string& address);

  template <typename Method>
  Result<typename Method::Answer> call_coordinator(const Method& method, typename Method::Request request,
                                                   Duration deadline, Lane lane = Lane::kCalls) {
    return network_.call(lane, options_.coordinator, method, std::move(request), deadline);
  }

  template <typename Method>
  Result<typename Method::Answer> call_participant(const std::string& address, const Method& method,
                                                   typename Method::Request request, Duration deadline) {
    return network_.call(Lane::kCalls, address, method, std::move(request), deadline);
  }

  // Does not wait: the locks end sooner when it arrives, and by themselves when it does not.
  void send_abort(wire::AbortRequest request);

  // Asks until the outcome is committed, aborted or forgotten. The error, if that is not known in time, says why;
  // kInvalidInput comes at once: this coordinator never gave out such an id, and will not know better later.
  Result<Outcome> ask_outcome(const TransactionId& id);

  void count_committed();
  void count_aborted(AbortReason reason);
  void count_rerun();
  void count_lost_answer();
  void count_unknown_outcome();
  ClientCounters counters() const;

 private:
  const ClientOptions options_;

  mutable std::mutex mutex_;
  std::map<std::string, std::string> locations_;
  ClientCounters counters_;

  LeasePool leases_;
  Network network_;  // last: nothing is called back once it has gone
};

}  // namespace assent::sdk
