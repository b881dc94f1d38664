// The async_ forms of the calls of Client and Transaction: they come back at once, and hand over their end to a
// completion token of Boost.Asio. One thread drives any number of them.
//
//   boost::asio::io_context io{1};
//   assent::Client client({.coordinator = "127.0.0.1:7400"}, io);
//
//   client.async_submit(batch, [](std::exception_ptr failure, const assent::Outcome& outcome) { … });
//   std::future<assent::Outcome> later = client.async_submit(batch, boost::asio::use_future);
//   const assent::Outcome outcome = co_await client.async_submit(batch, boost::asio::use_awaitable);
//
// How they end: each form has the signature void(std::exception_ptr, T), with T as the call that waits returns. The
// exception is one that it throws (errors.h), which use_future and use_awaitable throw; beside it the value is an empty
// one. An abort, expected as it may be, costs about one and a half microseconds for each time that it is thrown and
// caught. What is wrong with the call itself (its client was moved from, a value cannot be bound) is thrown at once.
//
// Where: a handler is called by the executor associated with it. One that has none is called on the client's thread, or
// on its io_context, where it may call async_ forms, and must not wait for anything; on a thread of the client's own it
// must not throw. No handler is called from inside of its own call. Its executor has work to do until it is called:
// io_context::run() waits for it. That of a client's own connections ends once the client and its transactions have
// gone, and the last call has ended.
//
// How long: as long as ClientOptions allow; what was sent cannot be called back, and no cancellation slot is heeded.
// Calls end with their client (see ~Client); only a function that async_run() has called lives on, and must not need
// its client then. A transaction that goes before its call has ended is aborted afterwards, unless that was its commit.
// An io_context that goes before the calls of a client which lives on it takes their handlers along, uncalled.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "assent/batch.h"
#include "assent/client.h"
#include "assent/isolation_level.h"
#include "assent/parameter.h"
#include "assent/result_set.h"
#include "assent/transaction.h"
#include "assent/transaction_id.h"
#include "assent/transaction_outcome.h"
#include "assent/value.h"
#include "assent/waiter.h"

namespace assent {

namespace sdk {

// Has `begin` begin a call, of a session or of an active transaction, for the handler that the token stands for, when
// the token wants it.
template <typename T, typename Token, typename Subject, typename Begin>
auto initiate(std::shared_ptr<Subject> subject, Token&& token, Begin begin) {
  return boost::asio::async_initiate<Token, void(std::exception_ptr, T)>(
      [subject = std::move(subject), begin = std::move(begin)]<typename Handler>(Handler&& handler) mutable {
        const auto client = context_of(*subject).get_executor();
        begin(subject,
              std::make_shared<HandlerWaiter<T, std::decay_t<Handler>>>(std::forward<Handler>(handler), client));
      },
      token);
}

// One statement of a transaction. T is what async_run() has of it.
template <typename T, typename Token>
auto initiate_statement(std::shared_ptr<ActiveTransaction> active, std::string_view store, Statement statement,
                        Token&& token) {
  return initiate<T>(
      std::move(active), std::forward<Token>(token),
      [store = std::string(store), statement = std::move(statement)](const auto& active, auto waiter) mutable {
        async_run(active, std::move(store), std::move(statement), std::move(waiter));
      });
}

// The same, of the SQL and its parameters, and the token as the last argument.
template <typename T, typename... ParametersAndToken>
auto initiate_sql(std::shared_ptr<ActiveTransaction> active, std::string_view store, std::string_view sql,
                  ParametersAndToken&&... more) {
  static_assert(sizeof...(more) > 0, "the last argument is a completion token");
  using Arguments = std::tuple<ParametersAndToken&&...>;
  constexpr std::size_t kToken = sizeof...(more) - 1;
  Arguments arguments(std::forward<ParametersAndToken>(more)...);
  return [&]<std::size_t... I>(std::index_sequence<I...> /*of the parameters*/) {
    Statement statement{std::string(sql),
                        to_values(std::forward<std::tuple_element_t<I, Arguments>>(std::get<I>(arguments))...),
                        std::nullopt};
    return initiate_statement<T>(std::move(active), store, std::move(statement),
                                 std::forward<std::tuple_element_t<kToken, Arguments>>(std::get<kToken>(arguments)));
  }
  (std::make_index_sequence<kToken>());
}

// What the coroutine of a run returned, until the run has committed.
template <typename T>
class Returned {
 public:
  using Signature = void(std::exception_ptr, T);

  void keep(T value) { value_ = std::move(value); }
  template <typename Handler>
  void tell(Handler&& handler, std::exception_ptr failure) {
    std::forward<Handler>(handler)(std::move(failure), std::move(value_));
  }

 private:
  T value_{};  // co_spawn needs such a value, too
};

template <>
class Returned<void> {
 public:
  using Signature = void(std::exception_ptr);

  void keep() {}
  template <typename Handler>
  void tell(Handler&& handler, std::exception_ptr failure) {
    std::forward<Handler>(handler)(std::move(failure));
  }
};

// A function that makes coroutines is run until it has committed. Each run keeps what it needs.
template <typename Function, typename Token>
auto initiate_run(std::shared_ptr<Session> session, Function function, Return when, IsolationLevel level,
                  Token&& token) {
  using End = Returned<typename std::invoke_result_t<Function&, Transaction&>::value_type>;
  return boost::asio::async_initiate<Token, typename End::Signature>(
      [session = std::move(session), function = std::make_shared<Function>(std::move(function)), when,
       level]<typename Handler>(Handler&& handler) {
        const auto client = context_of(*session).get_executor();
        const auto executor = boost::asio::get_associated_executor(handler, client);
        auto end = std::make_shared<End>();
        auto tell =
            boost::asio::bind_executor(executor, [end, handler = std::decay_t<Handler>(std::forward<Handler>(handler))](
                                                     std::exception_ptr failure, const Outcome& /*committed*/) mutable {
              end->tell(std::move(handler), std::move(failure));
            });
        auto begin = [executor, function, end](Transaction transaction, const auto& ended) {
          boost::asio::co_spawn(
              executor, [function, transaction = std::move(transaction)]() mutable { return (*function)(transaction); },
              [end, ended](std::exception_ptr failure, auto&&... value) {
                end->keep(std::forward<decltype(value)>(value)...);
                ended(std::move(failure));
              });
        };
        async_run_until_committed(session, std::move(begin), when, level,
                                  std::make_shared<HandlerWaiter<Outcome, decltype(tell)>>(std::move(tell), client));
      },
      token);
}

}  // namespace sdk

template <typename Token>
auto Client::async_begin(Token&& token) {
  return async_begin(IsolationLevel::kSerializable, std::forward<Token>(token));
}

template <typename Token>
auto Client::async_begin(IsolationLevel level, Token&& token) {
  return sdk::initiate<Transaction>(
      shared_session(), std::forward<Token>(token),
      [level](const auto& session, auto waiter) { sdk::async_begin(session, level, std::move(waiter)); });
}

template <typename Token>
auto Client::async_submit(Batch batch, Token&& token) {
  return async_submit(std::move(batch), Return::decided, std::forward<Token>(token));
}

template <typename Token>
auto Client::async_submit(Batch batch, Return when, Token&& token) {
  return async_submit(std::move(batch), when, IsolationLevel::kSerializable, std::forward<Token>(token));
}

template <typename Token>
auto Client::async_submit(Batch batch, Return when, IsolationLevel level, Token&& token) {
  return sdk::initiate<Outcome>(shared_session(), std::forward<Token>(token),
                                [batch = std::move(batch), when, level](const auto& session, auto waiter) mutable {
                                  sdk::async_submit(session, std::move(batch), when, level, std::move(waiter));
                                });
}

template <typename Function, typename Token>
auto Client::async_run(Function function, Token&& token) {
  return async_run(std::move(function), Return::decided, std::forward<Token>(token));
}

template <typename Function, typename Token>
auto Client::async_run(Function function, Return when, Token&& token) {
  return async_run(std::move(function), when, IsolationLevel::kSerializable, std::forward<Token>(token));
}

template <typename Function, typename Token>
auto Client::async_run(Function function, Return when, IsolationLevel level, Token&& token) {
  return sdk::initiate_run(shared_session(), std::move(function), when, level, std::forward<Token>(token));
}

template <typename Token>
auto Client::async_outcome(const TransactionId& id, Token&& token) {
  return sdk::initiate<Outcome>(shared_session(), std::forward<Token>(token), [id](const auto& session, auto waiter) {
    sdk::async_outcome(session, id, std::move(waiter));
  });
}

template <typename... ParametersAndToken>
auto Transaction::async_execute(std::string_view store, std::string_view sql, ParametersAndToken&&... more) {
  return sdk::initiate_sql<std::uint64_t>(shared_active(), store, sql, std::forward<ParametersAndToken>(more)...);
}

template <typename... ParametersAndToken>
auto Transaction::async_query(std::string_view store, std::string_view sql, ParametersAndToken&&... more) {
  return sdk::initiate_sql<ResultSet>(shared_active(), store, sql, std::forward<ParametersAndToken>(more)...);
}

template <typename... ParametersAndToken>
auto Transaction::async_query_one(std::string_view store, std::string_view sql, ParametersAndToken&&... more) {
  return sdk::initiate_sql<Row>(shared_active(), store, sql, std::forward<ParametersAndToken>(more)...);
}

template <typename Token>
auto Transaction::async_run(std::string_view store, Statement statement, Token&& token) {
  return sdk::initiate_statement<ResultSet>(shared_active(), store, std::move(statement), std::forward<Token>(token));
}

template <typename Token>
auto Transaction::async_commit(Token&& token) {
  return async_commit(Return::decided, std::forward<Token>(token));
}

template <typename Token>
auto Transaction::async_commit(Return when, Token&& token) {
  return sdk::initiate<Outcome>(shared_active(), std::forward<Token>(token), [when](const auto& active, auto waiter) {
    sdk::async_commit(active, when, std::move(waiter));
  });
}

}  // namespace assent
