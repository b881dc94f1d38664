#include "assent/transaction.h"

#include <string>

#include "sdk/src/active_transaction.h"
#include "sdk/src/cause.h"
#include "sdk/src/wait_for.h"

namespace assent {

using sdk::ActiveTransaction;

Transaction::Transaction(std::shared_ptr<ActiveTransaction> active) : active_(std::move(active)) {}
Transaction sdk::transaction_of(std::shared_ptr<ActiveTransaction> active) {
  return Transaction(std::move(active));
}

Transaction::Transaction() noexcept = default;
Transaction::Transaction(Transaction&& other) noexcept = default;
Transaction& Transaction::operator=(Transaction&& other) noexcept = default;
Transaction::~Transaction() = default;

const std::shared_ptr<ActiveTransaction>& Transaction::shared_active() const {
  if (!active_) throw InvalidArgument("this transaction was moved from: use the one it was moved to");
  return active_;
}

ActiveTransaction& Transaction::active() const {
  return *shared_active();
}

ResultSet Transaction::run(std::string_view store, const Statement& statement) {
  auto& transaction = active();
  return sdk::wait_for<ResultSet>(transaction.session().environment(),
                                  [&](const auto& done) { transaction.run(std::string(store), statement, done); });
}

Row Transaction::only_row(std::string_view store, const Statement& statement) {
  return sdk::only_row(run(store, statement), std::string(store), statement.sql).value();
}

Outcome Transaction::commit(Return when) {
  auto& transaction = active();
  return sdk::wait_for<Outcome>(transaction.session().environment(),
                                [&](const auto& done) { transaction.commit(when, done); });
}

void Transaction::abort(std::string_view reason) {
  auto& transaction = active();
  if (transaction.phase() == ActiveTransaction::Phase::kCommitted) {
    throw InvalidArgument("transaction " + to_string(transaction.id()) + " has committed: it cannot be aborted");
  }
  if (transaction.phase() == ActiveTransaction::Phase::kUnknown) {
    throw OutcomeUnknown(transaction.id(), "its commit got no answer");
  }
  transaction.abort(sdk::make_cause(AbortReason::kApplication, std::string(reason)));
  throw Aborted(transaction.id(), transaction.cause());
}

void Transaction::roll_back() noexcept {
  if (active_) active_->abort(sdk::make_cause(AbortReason::kApplication, "it was rolled back"));
}

const TransactionId& Transaction::id() const {
  return active().id();
}

bool Transaction::is_active() const {
  return active_ && active_->phase() == ActiveTransaction::Phase::kActive;
}

bool Transaction::has_committed() const {
  return active().phase() == ActiveTransaction::Phase::kCommitted;
}

bool Transaction::ends_without_effect() noexcept {
  roll_back();
  return active_ && active_->phase() == ActiveTransaction::Phase::kAborted;
}

}  // namespace assent
