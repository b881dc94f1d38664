// What the calls of a Client throw. Each type says what the caller knows now; every text names the thing and what
// to do about it. Exceptions of other libraries never come out of a Client.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

#include "assent/outcome.h"
#include "assent/transaction_id.h"

namespace assent {

// The base of all of them.
class ClientError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// The transaction is known to have ended without any effect, at every store.
class Aborted : public ClientError {
 public:
  Aborted(const TransactionId& id, AbortCause cause);

  const TransactionId& id() const noexcept { return id_; }
  AbortReason reason() const noexcept { return cause_.reason; }
  // Where it happened and why. `cause().detail` is a sentence; for AbortReason::kApplication the text given to abort().
  const AbortCause& cause() const noexcept { return cause_; }
  // Running the same transaction again may succeed. Client::run() and Client::submit() have done so until their limits.
  bool worth_another_run() const { return is_worth_another_run(cause_.reason); }

 private:
  TransactionId id_;
  AbortCause cause_;
};

// The transaction was sent to be committed, and nobody could say in time how it ended: it has committed, has aborted,
// or will do one of them. Ask again with Client::outcome(id()). Running the transaction again may apply it twice.
class OutcomeUnknown : public ClientError {
 public:
  OutcomeUnknown(const TransactionId& id, const std::string& detail);

  const TransactionId& id() const noexcept { return id_; }

 private:
  TransactionId id_;
};

// The coordinator could not be reached, or does not serve now. Nothing happened; try again.
class Unavailable : public ClientError {
 public:
  using ClientError::ClientError;
};

// A queue or a limit of the other side, or of this client, is full. Nothing happened; try again later.
class Overloaded : public ClientError {
 public:
  using ClientError::ClientError;
};

// A statement failed at its store and changed nothing. The transaction lives on: it may do something else and commit.
class StatementError : public ClientError {
 public:
  StatementError(std::string store, std::string sql, AbortCause cause);

  const std::string& store() const noexcept { return store_; }
  const std::string& sql() const noexcept { return sql_; }
  // https://www.sqlite.org/rescode.html#extrc; 0 if the failure did not come from SQLite.
  std::int32_t sqlite_extended_code() const noexcept { return cause_.sqlite_extended_code; }
  // AbortReason::kConstraint (a constraint, or an expected number of rows, was not met), kStatementFailed, …
  AbortReason reason() const noexcept { return cause_.reason; }
  const AbortCause& cause() const noexcept { return cause_; }

 private:
  std::string store_;
  std::string sql_;
  AbortCause cause_;
};

// The call is wrong and will never succeed as it is. Nothing happened.
class InvalidArgument : public ClientError {
 public:
  using ClientError::ClientError;
};

}  // namespace assent
