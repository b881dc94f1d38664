// Waiter: who is told the end of an async_ call. What async.h and the library have between them; nothing for programs.
#pragma once

#include <boost/asio/append.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/defer.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "assent/batch.h"
#include "assent/isolation_level.h"
#include "assent/result_set.h"
#include "assent/transaction.h"
#include "assent/transaction_id.h"
#include "assent/transaction_outcome.h"
#include "assent/value.h"

namespace assent::sdk {

class ActiveTransaction;
class Session;

using SessionPtr = std::shared_ptr<Session>;
using ActivePtr = std::shared_ptr<ActiveTransaction>;

template <typename T>
class Waiter {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  virtual ~Waiter() = default;

  // At most once, on the client's thread: that of its connections. Of a failure the value is an empty one.
  virtual void end(std::exception_ptr failure, T value) = 0;

  // What counts the call as on its way, until its end has been handed over.
  std::shared_ptr<const void> on_its_way;
};

template <typename T>
using WaiterPtr = std::shared_ptr<Waiter<T>>;  // shared, for a std::function must be copyable

// A completion handler, which is called by the executor that it is associated with, or else on the client's thread;
// never from inside of anything. That executor has work to do until then.
template <typename T, typename Handler>
class HandlerWaiter final : public Waiter<T>, public std::enable_shared_from_this<HandlerWaiter<T, Handler>> {
 public:
  using ClientExecutor = boost::asio::io_context::executor_type;

  HandlerWaiter(Handler handler, const ClientExecutor& client)
      : client_(client), work_(boost::asio::make_work_guard(handler, client)), handler_(std::move(handler)) {}

  void end(std::exception_ptr failure, T value) override {
    // Deferred: whoever is told may be the last to hold the client, of which nothing may be left on its thread then.
    boost::asio::defer(
        client_, [self = this->shared_from_this(), failure = std::move(failure), value = std::move(value)]() mutable {
          boost::asio::dispatch(self->work_.get_executor(),
                                boost::asio::append(std::move(self->handler_), std::move(failure), std::move(value)));
        });
  }

 private:
  ClientExecutor client_;
  boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler, ClientExecutor>> work_;
  Handler handler_;
};

// Begins one run of Client::async_run(), on the client's thread. The run says on any thread that it has ended.
using BeginRun = std::function<void(Transaction transaction, std::function<void(std::exception_ptr)> ended)>;

// Where the client's connections live.
boost::asio::io_context& context_of(const Session& session);
boost::asio::io_context& context_of(const ActiveTransaction& active);

// They begin the calls, from any thread, and come back at once.
void async_begin(const SessionPtr& session, IsolationLevel level, WaiterPtr<Transaction> waiter);
void async_submit(const SessionPtr& session, Batch batch, Return when, IsolationLevel level, WaiterPtr<Outcome> waiter);
void async_run_until_committed(const SessionPtr& session, BeginRun begin, Return when, IsolationLevel level,
                               WaiterPtr<Outcome> waiter);
void async_outcome(const SessionPtr& session, const TransactionId& id, WaiterPtr<Outcome> waiter);
// One statement: all it returned, its only row, or how many rows it changed.
void async_run(const ActivePtr& active, std::string store, Statement statement, WaiterPtr<ResultSet> waiter);
void async_run(const ActivePtr& active, std::string store, Statement statement, WaiterPtr<Row> waiter);
void async_run(const ActivePtr& active, std::string store, Statement statement, WaiterPtr<std::uint64_t> waiter);
void async_commit(const ActivePtr& active, Return when, WaiterPtr<Outcome> waiter);

}  // namespace assent::sdk
