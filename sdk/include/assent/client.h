// Client: an application's way to one coordinator and its stores.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "assent/batch.h"
#include "assent/errors.h"
#include "assent/isolation_level.h"
#include "assent/outcome.h"
#include "assent/transaction.h"
#include "assent/transaction_id.h"
#include "assent/transaction_outcome.h"

namespace boost::asio {
class io_context;
}

namespace assent {

namespace sdk {
class Session;
}

struct ClientOptions {
  std::string coordinator;  // host:port, like 127.0.0.1:7400

  // Ids are taken from the coordinator in blocks of so many, ahead of need.
  std::uint32_t lease_ids = 256;

  // Each of these must be positive.
  std::chrono::milliseconds call_timeout{5'000};         // one lease, location, abort, or question for an outcome
  std::chrono::milliseconds statement_timeout{15'000};   // one statement, with all its waiting for locks at the store
  std::chrono::milliseconds commit_timeout{15'000};      // the answer to one commit
  std::chrono::milliseconds applied_timeout{30'000};     // with Return::applied, until every store has applied it
  std::chrono::milliseconds store_retry_time{2'000};     // until a store out of reach aborts the transaction
  std::chrono::milliseconds outcome_time_limit{30'000};  // asking for an outcome, until OutcomeUnknown

  // Client::run() and Client::submit() run again until one of the limits is reached.
  std::chrono::milliseconds run_time_limit{60'000};
  std::uint32_t run_attempts = 1'000;
  std::chrono::milliseconds backoff_first{2};  // doubles, with jitter, up to the ceiling
  std::chrono::milliseconds backoff_ceiling{200};

  std::size_t outstanding_calls = 4'096;    // of all threads, to one address; more throw Overloaded
  std::uint32_t message_bytes = 8U << 20U;  // of one request or answer
};

// What a client has seen of its transactions since it was made. Each run of a transaction counts.
struct ClientCounters {
  std::uint64_t committed = 0;
  std::map<AbortReason, std::uint64_t> aborted;
  std::uint64_t reruns = 0;            // transactions run again after a known abort
  std::uint64_t lost_answers = 0;      // of commits and submits: their outcomes had to be asked for
  std::uint64_t unknown_outcomes = 0;  // of these, how many could not be known in time: OutcomeUnknown
};

// Thread-safe. Connects when it is first used, and again whenever needed. Every call can throw Unavailable and
// Overloaded: nothing happened.
//
// Its calls wait for their answers; beside each that waits there is an async_ form that does not, and tells a
// completion token of Boost.Asio instead: #include <assent/async.h>, which says how.
class Client {
 public:
  // Owns one thread for its connections. Throws InvalidArgument if an option is out of range.
  explicit Client(ClientOptions options);

  // Has no thread: its connections live on `io`, which one thread runs at a time, and outlives the client and its
  // transactions. Calls that wait can only be made where `io` is run meanwhile by another thread. It is moved and
  // destroyed on the thread that runs `io`, or while nobody does.
  Client(ClientOptions options, boost::asio::io_context& io);

  // Ends its async_ calls that are on their way, and those of its transactions, within half a second: with what is
  // known then, OutcomeUnknown if they were sent to be committed. A client without a thread does it while its `io`
  // runs.
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Calls the function with a new transaction, commits when it returns, and returns what it returned.
  //
  // After a known abort that is worth another run (wounded, lock timeout, a store that was lost, …) everything is
  // undone, and the function is called again with another transaction, which keeps the age of the first and so wins
  // in the end. The function may therefore run several times: it must not have effects outside of the transaction.
  //
  // Throws Aborted after any other abort, or at the limits of ClientOptions; OutcomeUnknown, without another run,
  // if nobody could say in time how it ended; and whatever the function throws, after an abort.
  //
  // Every run has the level (isolation_level.h says what each allows to happen), at all stores.
  template <typename Function>
  auto run(Function&& function, Return when = Return::decided, IsolationLevel level = IsolationLevel::kSerializable) {
    using Value = std::invoke_result_t<Function&, Transaction&>;
    if constexpr (std::is_void_v<Value>) {
      run_until_committed([&function](Transaction& transaction) { function(transaction); }, when, level);
    } else {
      std::optional<Value> value;
      run_until_committed([&](Transaction& transaction) { value.emplace(function(transaction)); }, when, level);
      return *std::move(value);
    }
  }

  // The same for a coroutine: the function is given a Transaction&, which lives until the coroutine has ended, and
  // returns a boost::asio::awaitable<T>. Every run of it is spawned where the token's handler runs.
  // void(std::exception_ptr, T), or void(std::exception_ptr) for an awaitable<void>
  template <typename Function, typename Token>
  auto async_run(Function function, Token&& token);
  template <typename Function, typename Token>
  auto async_run(Function function, Return when, Token&& token);
  template <typename Function, typename Token>
  auto async_run(Function function, Return when, IsolationLevel level, Token&& token);

  // A transaction of the level, to be committed by hand; nothing runs it again.
  Transaction begin(IsolationLevel level = IsolationLevel::kSerializable);
  // void(std::exception_ptr, Transaction)
  template <typename Token>
  auto async_begin(Token&& token);
  template <typename Token>
  auto async_begin(IsolationLevel level, Token&& token);

  // Runs a batch as one transaction of the level, and again after a known abort that is worth another run. Returns only
  // if it has committed; otherwise throws Aborted or OutcomeUnknown as run() does, or InvalidArgument.
  Outcome submit(const Batch& batch, Return when = Return::decided,
                 IsolationLevel level = IsolationLevel::kSerializable);
  // void(std::exception_ptr, Outcome)
  template <typename Token>
  auto async_submit(Batch batch, Token&& token);
  template <typename Token>
  auto async_submit(Batch batch, Return when, Token&& token);
  template <typename Token>
  auto async_submit(Batch batch, Return when, IsolationLevel level, Token&& token);

  // How the transaction ended: asks until it is committed, aborted, or forgotten (it ended longer ago than outcomes
  // are kept). A transaction that was not sent to be committed yet is aborted by this question, for ever. Throws
  // OutcomeUnknown if that is not known within ClientOptions::outcome_time_limit; InvalidArgument if the coordinator
  // never gave out this id.
  Outcome outcome(const TransactionId& id);
  // void(std::exception_ptr, Outcome)
  template <typename Token>
  auto async_outcome(const TransactionId& id, Token&& token);

  const ClientOptions& options() const;
  ClientCounters counters() const;

 private:
  void run_until_committed(const std::function<void(Transaction&)>& function, Return when, IsolationLevel level);
  sdk::Session& session() const;
  const std::shared_ptr<sdk::Session>& shared_session() const;

  std::shared_ptr<sdk::Session> session_;  // null after a move
};

}  // namespace assent
