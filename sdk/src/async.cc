// How the async_ calls begin: on the environment's thread, where they end too, so that whatever is theirs needs no
// lock.
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "assent/waiter.h"
#include "sdk/src/active_transaction.h"
#include "sdk/src/completion.h"
#include "sdk/src/decision.h"
#include "sdk/src/session.h"
#include "sdk/src/submission.h"

namespace assent::sdk {

namespace {

template <typename Start>
void start_inside(Environment& environment, Start start) {
  if (environment.is_inside()) return start();
  environment.after(Duration::zero(), std::move(start));
}

// Ends with what `value_of`, which may fail too, makes of the value.
template <typename From, typename T, typename ValueOf>
Completion<From> completion(WaiterPtr<T> waiter, ValueOf value_of) {
  return [waiter = std::move(waiter), value_of = std::move(value_of)](Attempt<From> ended) {
    if (!ended) return waiter->end(ended.error(), T());
    Attempt<T> value = value_of(*std::move(ended));
    if (!value) return waiter->end(value.error(), T());
    waiter->end(nullptr, *std::move(value));
  };
}

template <typename T>
Completion<T> completion(WaiterPtr<T> waiter) {
  return completion<T>(std::move(waiter), [](T&& value) { return std::move(value); });
}

void start_statement(const ActivePtr& active, std::string store, Statement statement, Completion<ResultSet> done) {
  start_inside(active->session().environment(),
               [active, store = std::move(store), statement = std::move(statement), done = std::move(done)]() mutable {
                 active->run(std::move(store), std::move(statement), std::move(done));
               });
}

}  // namespace

boost::asio::io_context& context_of(const Session& session) {
  return session.io();
}

boost::asio::io_context& context_of(const ActiveTransaction& active) {
  return active.session().io();
}

void async_begin(const SessionPtr& session, IsolationLevel level, WaiterPtr<Transaction> waiter) {
  start_inside(session->environment(), [session, level, waiter = std::move(waiter)]() mutable {
    begin(session, std::nullopt, level, completion<ActivePtr>(std::move(waiter), transaction_of));
  });
}

void async_submit(const SessionPtr& session, Batch batch, Return when, IsolationLevel level,
                  WaiterPtr<Outcome> waiter) {
  start_inside(session->environment(),
               [session, batch = std::move(batch), when, level, waiter = std::move(waiter)]() mutable {
                 submit(session, std::move(batch), when, level, completion(std::move(waiter)));
               });
}

void async_outcome(const SessionPtr& session, const TransactionId& id, WaiterPtr<Outcome> waiter) {
  start_inside(session->environment(), [session, id, waiter = std::move(waiter)]() mutable {
    outcome(session, id, completion(std::move(waiter)));
  });
}

void async_run(const ActivePtr& active, std::string store, Statement statement, WaiterPtr<ResultSet> waiter) {
  start_statement(active, std::move(store), std::move(statement), completion(std::move(waiter)));
}

void async_run(const ActivePtr& active, std::string store, Statement statement, WaiterPtr<Row> waiter) {
  auto done = completion<ResultSet>(
      std::move(waiter), [store, sql = statement.sql](const ResultSet& rows) { return only_row(rows, store, sql); });
  start_statement(active, std::move(store), std::move(statement), std::move(done));
}

void async_run(const ActivePtr& active, std::string store, Statement statement, WaiterPtr<std::uint64_t> waiter) {
  auto done = completion<ResultSet>(std::move(waiter), [](const ResultSet& result) { return result.changed_rows(); });
  start_statement(active, std::move(store), std::move(statement), std::move(done));
}

void async_commit(const ActivePtr& active, Return when, WaiterPtr<Outcome> waiter) {
  start_inside(active->session().environment(), [active, when, waiter = std::move(waiter)]() mutable {
    active->commit(when, completion(std::move(waiter)));
  });
}

}  // namespace assent::sdk
