// The statements of an active transaction: each is tried at its store until it is answered, or the transaction ends.
#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "sdk/src/active_transaction.h"
#include "sdk/src/cause.h"
#include "sdk/src/retries.h"
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

// Tries one statement at its store until it is answered, or the transaction ends.
class Delivery : public std::enable_shared_from_this<Delivery> {
 public:
  Delivery(std::shared_ptr<ActiveTransaction> transaction, std::string store, Statement statement,
           Completion<ResultSet> done)
      : transaction_(std::move(transaction)),
        branch_(transaction_->branches_[store]),
        store_(std::move(store)),
        statement_(std::move(statement)),
        done_(std::move(done)) {}

  void attempt() {
    if (transaction_->time_left() <= Duration::zero()) {
      return end(make_cause(AbortReason::kTransactionTimeout, "its time was over at a statement", store_));
    }
    session().locate(store_, [self = shared_from_this()](Result<std::string> address) {
      if (!address) return self->not_located(address.error());
      self->send(*std::move(address));
    });
  }

 private:
  void send(std::string address) {
    const auto left = std::max(std::chrono::ceil<std::chrono::milliseconds>(transaction_->time_left()), 1ms);
    wire::ExecuteRequest request;
    request.store = store_;
    request.id = rpc::to_wire(transaction_->id_);
    request.begin_stamp = static_cast<std::int64_t>(transaction_->begin_stamp_);
    request.branch = rpc::to_wire(branch_.number);
    request.statement_number = branch_.answered;
    request.statement = rpc::to_wire(statement_);
    request.timeout_ms = left.count();
    request.level = rpc::to_wire(transaction_->level_);
    Route to{address, std::min(options().statement_timeout, left + kAnswerDelay)};
    session().environment().call(std::move(to), std::move(request),
                                 [self = shared_from_this(), address = std::move(address)](
                                     Result<wire::ExecuteAnswer> answer) { self->heard(address, std::move(answer)); });
  }

  void heard(const std::string& address, Result<wire::ExecuteAnswer> answer) {
    if (answer || answer.error().kind == ErrorKind::kUnknown) branch_.maybe_there = true;
    if (answer) return finish(transaction_->answered(store_, statement_, *std::move(answer)));

    const Error& error = answer.error();
    switch (error.kind) {
      case ErrorKind::kUnknown: answer_lost_ = true; break;
      case ErrorKind::kUnavailable:
      case ErrorKind::kNotFound:  // there, any more
      case ErrorKind::kOverloaded: break;
      case ErrorKind::kInvalidInput:
        if (!answer_lost_) return finish(failure<InvalidArgument>(error.message));
        return end(make_cause(AbortReason::kStatementFailed, error.message, store_));
      case ErrorKind::kConflict:
      case ErrorKind::kFenced:
        // Somebody else has decided this transaction, or stands for its coordinator: another run would meet the same.
        return end(
            make_cause(AbortReason::kStatementFailed, "the store takes no statement of it: " + error.message, store_));
      default: return end(make_cause(AbortReason::kStoreUnavailable, error.message, store_));
    }
    if (error.kind != ErrorKind::kOverloaded) session().forget_location(store_, address);
    attempt_again(error);
  }

  void not_located(const Error& error) {
    switch (error.kind) {
      case ErrorKind::kUnknown:
      case ErrorKind::kUnavailable:
      case ErrorKind::kOverloaded: return attempt_again(error);
      case ErrorKind::kNotFound: return end(make_cause(AbortReason::kUnknownStore, error.message, store_));
      case ErrorKind::kInvalidInput:
        if (!answer_lost_) return finish(failure<InvalidArgument>(error.message));
        return end(make_cause(AbortReason::kStatementFailed, error.message, store_));
      default: return end(make_cause(AbortReason::kStoreUnavailable, error.message, store_));
    }
  }

  void attempt_again(const Error& error) {
    auto& environment = session().environment();
    if (!retries_) retries_.emplace(environment, options(), options().store_retry_time);
    const auto wait = retries_->next();
    if (!wait) {
      const bool overloaded = error.kind == ErrorKind::kOverloaded;
      return end(
          make_cause(overloaded ? AbortReason::kOverloaded : AbortReason::kStoreUnavailable, error.message, store_));
    }
    environment.after(*wait, [self = shared_from_this()] { self->attempt(); });
  }

  void end(AbortCause cause) { finish(transaction_->end(std::move(cause))); }

  void finish(Attempt<ResultSet> ended) {
    transaction_->is_busy_ = false;
    done_(std::move(ended));
  }

  Session& session() const { return *transaction_->session_; }
  const ClientOptions& options() const { return session().options(); }

  const std::shared_ptr<ActiveTransaction> transaction_;
  ActiveTransaction::Branch& branch_;
  const std::string store_;
  const Statement statement_;
  const Completion<ResultSet> done_;
  std::optional<Retries> retries_;  // since the first failure
  bool answer_lost_ = false;
};

void ActiveTransaction::run(std::string store, Statement statement, Completion<ResultSet> done) {
  if (auto refused = refusal()) return done(std::move(refused));
  is_busy_ = true;
  std::make_shared<Delivery>(shared_from_this(), std::move(store), std::move(statement), std::move(done))->attempt();
}

Attempt<ResultSet> ActiveTransaction::answered(const std::string& store, const Statement& statement,
                                               wire::ExecuteAnswer answer) {
  if (answer.__isset.ended) return end(read_cause(std::move(answer.ended), store));

  Branch& branch = branches_[store];
  const auto number = rpc::from_wire(answer.branch);
  if (number == kNoBranch || (branch.number != kNoBranch && branch.number != number)) {
    return end(
        make_cause(AbortReason::kStoreUnavailable, "the store has lost what the transaction did there before", store));
  }
  branch.number = number;
  ++branch.answered;

  if (answer.__isset.failure) {
    auto failed = read_cause(std::move(answer.failure), store);
    if (ends_transaction(failed.reason)) return end(std::move(failed));
    return failure<StatementError>(store, statement.sql, std::move(failed));
  }
  if (!answer.__isset.result) {
    return end(
        make_cause(AbortReason::kStatementFailed, "the store's answer holds neither a result nor a failure", store));
  }
  auto result = rpc::from_wire(std::move(answer.result), "result");
  if (!result) return end(make_cause(AbortReason::kStatementFailed, result.error().message, store));
  return ResultSet(*std::move(result));
}

Attempt<Row> only_row(const ResultSet& rows, const std::string& store, const std::string& sql) {
  if (rows.size() == 1) return rows[0];
  const auto found = "expected one row, found " + std::to_string(rows.size());
  return failure<StatementError>(store, sql, make_cause(AbortReason::kConstraint, found, store));
}

}  // namespace assent::sdk
