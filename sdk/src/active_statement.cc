// The statements of an active transaction: each is tried at its store until it is answered, or the transaction ends.
#include <algorithm>
#include <optional>
#include <utility>

#include "sdk/src/active_transaction.h"
#include "sdk/src/backoff.h"
#include "sdk/src/cause.h"
#include "thrift/rpc/convert.h"

namespace assent::sdk {

namespace {

using namespace std::chrono_literals;

// A store ends a branch in time by itself, and says so. Its answer is waited for a little longer: a call that is
// given up takes with it every other call of its connection.
constexpr std::chrono::milliseconds kAnswerDelay = 2s;

AbortCause read_cause(wire::AbortCause from, const std::string& store) {
  auto cause = rpc::from_wire(std::move(from), "cause");
  if (!cause) return make_cause(AbortReason::kPresumed, cause.error().message, store);
  if (cause->store.empty()) cause->store = store;
  if (cause->reason == AbortReason::kNone) cause->reason = AbortReason::kPresumed;
  return *std::move(cause);
}

// The transaction has no use for its other locks while it waits for a way out: it ends, and runs again.
bool ends_transaction(AbortReason reason) {
  return is_worth_another_run(reason) || reason == AbortReason::kTransactionTimeout;
}

}  // namespace

ResultSet ActiveTransaction::run(const std::string& store, const Statement& statement) {
  require_active();
  Branch& branch = branches_[store];
  auto answer = deliver(store, branch, statement);
  if (answer.__isset.ended) end(read_cause(std::move(answer.ended), store));

  const auto number = rpc::from_wire(answer.branch);
  if (number == kNoBranch || (branch.number != kNoBranch && branch.number != number)) {
    end(make_cause(AbortReason::kStoreUnavailable, "the store has lost what the transaction did there before", store));
  }
  branch.number = number;
  ++branch.answered;

  if (answer.__isset.failure) {
    auto failure = read_cause(std::move(answer.failure), store);
    if (ends_transaction(failure.reason)) end(std::move(failure));
    throw StatementError(store, statement.sql, std::move(failure));
  }
  if (!answer.__isset.result) {
    end(make_cause(AbortReason::kStatementFailed, "the store's answer holds neither a result nor a failure", store));
  }
  auto result = rpc::from_wire(std::move(answer.result), "result");
  if (!result) end(make_cause(AbortReason::kStatementFailed, result.error().message, store));
  return ResultSet(*std::move(result));
}

wire::ExecuteAnswer ActiveTransaction::deliver(const std::string& store, Branch& branch, const Statement& statement) {
  const auto& options = session_->options();
  Backoff backoff(options.backoff_first, options.backoff_ceiling);
  std::optional<Session::Clock::time_point> give_up;
  bool answer_lost = false;
  for (;;) {
    if (time_left() <= 0ms) {
      end(make_cause(AbortReason::kTransactionTimeout, "its time was over at a statement", store));
    }
    const auto address = session_->locate(store);
    auto answer = address ? send_statement(store, *address, branch, statement) : address.error();
    if (answer || (address && answer.error().kind == ErrorKind::kUnknown)) branch.maybe_there = true;
    if (answer) return *std::move(answer);

    const Error& error = answer.error();
    switch (error.kind) {
      case ErrorKind::kUnknown: answer_lost = answer_lost || address; break;
      case ErrorKind::kUnavailable:
      case ErrorKind::kOverloaded: break;
      case ErrorKind::kNotFound:
        if (!address) end(make_cause(AbortReason::kUnknownStore, error.message, store));
        break;
      case ErrorKind::kInvalidInput:
        if (!answer_lost) throw InvalidArgument(error.message);
        end(make_cause(AbortReason::kStatementFailed, error.message, store));
      case ErrorKind::kConflict:
      case ErrorKind::kFenced:
        // Somebody else has decided this transaction, or stands for its coordinator: another run would meet the same.
        end(make_cause(AbortReason::kStatementFailed, "the store takes no statement of it: " + error.message, store));
      default: end(make_cause(AbortReason::kStoreUnavailable, error.message, store));
    }
    if (address && error.kind != ErrorKind::kOverloaded) session_->forget_location(store, *address);

    const auto now = Session::Clock::now();
    if (!give_up) give_up = now + options.store_retry_time;
    if (now >= *give_up) {
      const bool overloaded = error.kind == ErrorKind::kOverloaded;
      end(make_cause(overloaded ? AbortReason::kOverloaded : AbortReason::kStoreUnavailable, error.message, store));
    }
    backoff.wait();
  }
}

Result<wire::ExecuteAnswer> ActiveTransaction::send_statement(const std::string& store, const std::string& address,
                                                              const Branch& branch, const Statement& statement) {
  const auto left = std::max(time_left(), 1ms);
  wire::ExecuteRequest request;
  request.store = store;
  request.id = rpc::to_wire(id_);
  request.begin_stamp = static_cast<std::int64_t>(begin_stamp_);
  request.branch = rpc::to_wire(branch.number);
  request.statement_number = branch.answered;
  request.statement = rpc::to_wire(statement);
  request.timeout_ms = left.count();
  request.level = rpc::to_wire(level_);
  return session_->call_participant(address, rpc::methods::kExecute, std::move(request),
                                    std::min(session_->options().statement_timeout, left + kAnswerDelay));
}

}  // namespace assent::sdk
