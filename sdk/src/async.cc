// How the async_ calls begin: on the environment's thread, where they end too, so that whatever is theirs needs no
// lock.
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "assent/waiter.h"
#include "sdk/src/active_transaction.h"
#include "sdk/src/completion.h"
#include "sdk/src/decision.h"
#include "sdk/src/runs.h"
#include "sdk/src/session.h"
#include "sdk/src/submission.h"

namespace assent::sdk {

namespace {

// `start` is given the session, or the active transaction, and the waiter.
template <typename Subject, typename T, typename Start>
void start_call(Session& session, std::shared_ptr<Subject> subject, WaiterPtr<T> waiter, Start start) {
  session.will_have_async_calls();
  session.environment().inside(
      [&session, subject = std::move(subject), waiter = std::move(waiter), start = std::move(start)]() mutable {
        waiter->on_its_way = session.async_calls();
        start(subject, std::move(waiter));
      });
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

// T is what `value_of` makes of the statement's result.
template <typename T, typename ValueOf>
void start_statement(const ActivePtr& active, std::string store, Statement statement, WaiterPtr<T> waiter,
                     ValueOf value_of) {
  start_call(active->session(), active, std::move(waiter),
             [store = std::move(store), statement = std::move(statement), value_of = std::move(value_of)](
                 const ActivePtr& active, WaiterPtr<T> waiter) mutable {
               active->run(std::move(store), std::move(statement),
                           completion<ResultSet>(std::move(waiter), std::move(value_of)));
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
  start_call(*session, session, std::move(waiter), [level](const SessionPtr& session, WaiterPtr<Transaction> waiter) {
    begin(session, std::nullopt, level, completion<ActivePtr>(std::move(waiter), transaction_of));
  });
}

void async_submit(const SessionPtr& session, Batch batch, Return when, IsolationLevel level,
                  WaiterPtr<Outcome> waiter) {
  start_call(*session, session, std::move(waiter),
             [batch = std::move(batch), when, level](const SessionPtr& session, WaiterPtr<Outcome> waiter) mutable {
               submit(session, std::move(batch), when, level, completion(std::move(waiter)));
             });
}

void async_run_until_committed(const SessionPtr& session, BeginRun begin, Return when, IsolationLevel level,
                               WaiterPtr<Outcome> waiter) {
  // Nobody who waits for the calls waits for what is not made of calls.
  auto run = [session, waiter, begin = std::move(begin)](const ActivePtr& active, Completion<void> done) {
    waiter->on_its_way = nullptr;
    begin(transaction_of(active), [session, waiter, done = std::move(done)](std::exception_ptr failure) {
      session->environment().inside([session, waiter, done, failure = std::move(failure)] {
        waiter->on_its_way = session->async_calls();
        done(failure ? Attempt<void>(failure) : Attempt<void>());
      });
    });
  };
  start_call(*session, session, std::move(waiter),
             [run = std::move(run), when, level](const SessionPtr& session, WaiterPtr<Outcome> waiter) mutable {
               run_until_committed(session, std::move(run), when, level, completion(std::move(waiter)));
             });
}

void async_outcome(const SessionPtr& session, const TransactionId& id, WaiterPtr<Outcome> waiter) {
  start_call(*session, session, std::move(waiter), [id](const SessionPtr& session, WaiterPtr<Outcome> waiter) {
    outcome(session, id, completion(std::move(waiter)));
  });
}

void async_run(const ActivePtr& active, std::string store, Statement statement, WaiterPtr<ResultSet> waiter) {
  start_statement(active, std::move(store), std::move(statement), std::move(waiter),
                  [](ResultSet&& rows) { return std::move(rows); });
}

void async_run(const ActivePtr& active, std::string store, Statement statement, WaiterPtr<Row> waiter) {
  auto the_only = [store, sql = statement.sql](const ResultSet& rows) { return only_row(rows, store, sql); };
  start_statement(active, std::move(store), std::move(statement), std::move(waiter), std::move(the_only));
}

void async_run(const ActivePtr& active, std::string store, Statement statement, WaiterPtr<std::uint64_t> waiter) {
  start_statement(active, std::move(store), std::move(statement), std::move(waiter),
                  [](const ResultSet& result) { return result.changed_rows(); });
}

void async_commit(const ActivePtr& active, Return when, WaiterPtr<Outcome> waiter) {
  start_call(active->session(), active, std::move(waiter), [when](const ActivePtr& active, WaiterPtr<Outcome> waiter) {
    active->commit(when, completion(std::move(waiter)));
  });
}

}  // namespace assent::sdk
