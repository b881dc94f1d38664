// Transaction: an interactive unit of work over any number of stores.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "assent/errors.h"
#include "assent/parameter.h"
#include "assent/result_set.h"
#include "assent/transaction_id.h"
#include "assent/transaction_outcome.h"
#include "assent/value.h"

namespace assent {

class Transaction;

namespace sdk {
class ActiveTransaction;
Transaction transaction_of(std::shared_ptr<ActiveTransaction> active);
}  // namespace sdk

// Comes from Client::begin() or Client::run(). Movable; aborts when it goes out of scope undecided. One thread at a
// time. It keeps what it needs of its client alive. Locks are held at the stores from each statement to the end:
// keep it short; the coordinator's transaction timeout (30 s unless configured otherwise) ends it.
//
// Every statement can throw: StatementError, and the transaction lives on; Aborted, and it has ended: then each
// further call throws Aborted with the same cause; InvalidArgument, nothing happened.
//
// Of the async_ forms (#include <assent/async.h>) one may be on its way at a time. They have the arguments of the calls
// that wait, and a completion token after them.
class Transaction {
 public:
  // None, as after a move.
  Transaction() noexcept;
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&& other) noexcept;
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  // Runs one statement at the store, with its parameters for ?1, ?2, … Returns how many rows it changed.
  template <Parameter... Parameters>
  std::uint64_t execute(std::string_view store, std::string_view sql, Parameters&&... parameters) {
    return run(store, Statement{std::string(sql), to_values(std::forward<Parameters>(parameters)...), std::nullopt})
        .changed_rows();
  }
  // async_execute(store, sql, parameters..., token): void(std::exception_ptr, std::uint64_t)
  template <typename... ParametersAndToken>
  auto async_execute(std::string_view store, std::string_view sql, ParametersAndToken&&... more);

  // Runs one statement that returns rows. What it read stays as it is until the transaction ends, unless the
  // transaction is IsolationLevel::kReadCommitted.
  template <Parameter... Parameters>
  ResultSet query(std::string_view store, std::string_view sql, Parameters&&... parameters) {
    return run(store, Statement{std::string(sql), to_values(std::forward<Parameters>(parameters)...), std::nullopt});
  }

  // async_query(store, sql, parameters..., token): void(std::exception_ptr, ResultSet)
  template <typename... ParametersAndToken>
  auto async_query(std::string_view store, std::string_view sql, ParametersAndToken&&... more);

  // The only row of a query. Throws StatementError (AbortReason::kConstraint) if it returns none, or more than one.
  template <Parameter... Parameters>
  Row query_one(std::string_view store, std::string_view sql, Parameters&&... parameters) {
    return only_row(store,
                    Statement{std::string(sql), to_values(std::forward<Parameters>(parameters)...), std::nullopt});
  }

  // async_query_one(store, sql, parameters..., token): void(std::exception_ptr, Row)
  template <typename... ParametersAndToken>
  auto async_query_one(std::string_view store, std::string_view sql, ParametersAndToken&&... more);

  // What the others are made of, for statements that are put together at run time.
  ResultSet run(std::string_view store, const Statement& statement);
  // void(std::exception_ptr, ResultSet)
  template <typename Token>
  auto async_run(std::string_view store, Statement statement, Token&& token);

  // Commits on every store that was touched. Returns only if it has committed; otherwise throws Aborted, or, if
  // nobody could say in time how it ended, OutcomeUnknown. With Return::applied and a store that stays away for
  // longer than ClientOptions::applied_timeout it returns all the same, and Outcome::applied is false.
  Outcome commit(Return when = Return::decided);
  // void(std::exception_ptr, Outcome)
  template <typename Token>
  auto async_commit(Token&& token);
  template <typename Token>
  auto async_commit(Return when, Token&& token);

  // Aborts, and throws Aborted with AbortReason::kApplication and this text: it leaves the function that was given
  // to Client::run(), which does not run it again.
  [[noreturn]] void abort(std::string_view reason);

  // Aborts without throwing, as the destructor does. Does nothing if the transaction has ended.
  void roll_back() noexcept;

  const TransactionId& id() const;

  // Neither committed nor aborted yet, as far as this client knows.
  bool is_active() const;

 private:
  friend class Client;
  friend Transaction sdk::transaction_of(std::shared_ptr<sdk::ActiveTransaction> active);
  explicit Transaction(std::shared_ptr<sdk::ActiveTransaction> active);

  Row only_row(std::string_view store, const Statement& statement);
  const std::shared_ptr<sdk::ActiveTransaction>& shared_active() const;
  sdk::ActiveTransaction& active() const;
  bool has_committed() const;
  // Rolls it back if it is active. Whether it has no effect now, and never will have.
  bool ends_without_effect() noexcept;

  std::shared_ptr<sdk::ActiveTransaction> active_;  // null after a move
};

}  // namespace assent
