#include "assent/errors.h"

#include <string>
#include <utility>

namespace assent {

namespace {

std::string describe(const AbortCause& cause) {
  std::string text(to_string(cause.reason));
  if (!cause.store.empty()) text += " at store " + cause.store;
  if (cause.statement_index >= 0) {
    text += " (statement " + std::to_string(cause.statement_index) + " of this store, counted from 0)";
  }
  if (!cause.detail.empty()) text += ": " + cause.detail;
  return text;
}

}  // namespace

Aborted::Aborted(const TransactionId& id, AbortCause cause)
    : ClientError("transaction " + to_string(id) + " was aborted: " + describe(cause)),
      id_(id),
      cause_(std::move(cause)) {}

OutcomeUnknown::OutcomeUnknown(const TransactionId& id, const std::string& detail)
    : ClientError("the outcome of transaction " + to_string(id) + " is not known: " + detail +
                  "; ask again with Client::outcome() before anything is done about it"),
      id_(id) {}

StatementError::StatementError(std::string store, std::string sql, AbortCause cause)
    : ClientError("statement failed at store " + store + ": " + cause.detail + ": " + sql),
      store_(std::move(store)),
      sql_(std::move(sql)),
      cause_(std::move(cause)) {}

}  // namespace assent
