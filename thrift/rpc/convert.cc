#include "thrift/rpc/convert.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "thrift/rpc/address.h"

namespace assent::rpc {
namespace {

std::string member(std::string_view field, std::string_view name) {
  return (std::string(field) += '.') += name;
}

Error invalid(std::string_view field, const std::string& what) {
  return Error{ErrorKind::kInvalidInput, std::string(field) + ": " + what};
}

// Reads each element, or the first error. The name of an element is made only for an error.
template <typename To, typename From>
Result<std::vector<To>> list_from_wire(std::vector<From> list, std::string_view field) {
  std::vector<To> converted;
  converted.reserve(list.size());
  for (From& item : list) {
    Result<To> one = from_wire(std::move(item), "");
    if (one.has_error()) {
      Error error = std::move(one).error();
      error.message.insert(0, element(field, converted.size()));
      return error;
    }
    converted.push_back(std::move(one).value());
  }
  return converted;
}

template <typename To, typename From>
std::vector<To> list_to_wire(std::vector<From> list) {
  std::vector<To> converted;
  converted.reserve(list.size());
  for (From& item : list) {
    converted.push_back(to_wire(std::move(item)));
  }
  return converted;
}

static_assert(static_cast<int>(AbortReason::kUnknownStore) == wire::AbortReason::UNKNOWN_STORE);
static_assert(static_cast<int>(OutcomeKind::kForgotten) == wire::OutcomeKind::FORGOTTEN);
static_assert(static_cast<int>(Vote::kExecuted) == wire::Vote::EXECUTED);
static_assert(static_cast<int>(Decision::kAbort) == wire::DecisionKind::ABORT);
static_assert(static_cast<int>(IsolationLevel::kReadCommitted) == wire::IsolationLevel::READ_COMMITTED);

}  // namespace

std::string element(std::string_view field, std::size_t index) {
  return std::string(field) + "[" + std::to_string(index) + "]";
}

wire::TransactionId to_wire(const TransactionId& id) {
  wire::TransactionId to;
  to.__set_log(bits(id.log));
  to.__set_epoch(bits(id.epoch));
  to.__set_number(bits(id.number));
  return to;
}

TransactionId from_wire(const wire::TransactionId& id) {
  return TransactionId{LogIdentity{bits(id.log)}, Epoch{bits(id.epoch)}, bits(id.number)};
}

wire::BranchNumber to_wire(const BranchNumber& branch) {
  wire::BranchNumber to;
  to.__set_start(bits(branch.start));
  to.__set_counter(bits(branch.counter));
  return to;
}

BranchNumber from_wire(const wire::BranchNumber& branch) {
  return BranchNumber{bits(branch.start), bits(branch.counter)};
}

wire::Value to_wire(Value value) {
  wire::Value to;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    to.__set_integer(*integer);
  } else if (const auto* real = std::get_if<double>(&value)) {
    to.__set_real(*real);
  } else if (auto* text = std::get_if<std::string>(&value)) {
    to.text = std::move(*text);
    to.__isset.text = true;
  } else if (const auto* blob = std::get_if<Blob>(&value)) {
    to.blob.resize(blob->bytes.size());
    if (!blob->bytes.empty()) {
      std::memcpy(to.blob.data(), blob->bytes.data(), blob->bytes.size());
    }
    to.__isset.blob = true;
  }
  return to;
}

Result<Value> from_wire(wire::Value value, std::string_view field) {
  const auto& set = value.__isset;
  if (static_cast<int>(set.integer) + static_cast<int>(set.real) + static_cast<int>(set.text) +
          static_cast<int>(set.blob) >
      1) {
    return invalid(field, "more than one field of a value is set; set one, or none for NULL");
  }
  if (set.integer) {
    return Value(value.integer);
  }
  if (set.real) {
    return Value(value.real);
  }
  if (set.text) {
    return Value(std::move(value.text));
  }
  if (set.blob) {
    Blob blob;
    blob.bytes.resize(value.blob.size());
    if (!value.blob.empty()) {
      std::memcpy(blob.bytes.data(), value.blob.data(), value.blob.size());
    }
    return Value(std::move(blob));
  }
  return Value(nullptr);
}

wire::Statement to_wire(Statement statement) {
  wire::Statement to;
  to.sql = std::move(statement.sql);
  to.__isset.sql = true;
  to.parameters = list_to_wire<wire::Value>(std::move(statement.parameters));
  to.__isset.parameters = true;
  if (statement.expected_rows) {
    to.__set_expected_rows(bits(*statement.expected_rows));
  }
  return to;
}

Result<Statement> from_wire(wire::Statement statement, std::string_view field) {
  Statement to;
  to.sql = std::move(statement.sql);
  Result<std::vector<Value>> parameters =
      list_from_wire<Value>(std::move(statement.parameters), member(field, "parameters"));
  if (parameters.has_error()) {
    return std::move(parameters).error();
  }
  to.parameters = std::move(parameters).value();
  if (statement.__isset.expected_rows) {
    if (statement.expected_rows < 0) {
      return invalid(member(field, "expected_rows"),
                     std::to_string(statement.expected_rows) + " is negative; leave it out to accept any number");
    }
    to.expected_rows = bits(statement.expected_rows);
  }
  return to;
}

std::vector<wire::Statement> to_wire(std::vector<Statement> statements) {
  return list_to_wire<wire::Statement>(std::move(statements));
}

Result<std::vector<Statement>> from_wire(std::vector<wire::Statement> statements, std::string_view field) {
  return list_from_wire<Statement>(std::move(statements), field);
}

wire::StatementResult to_wire(StatementResult result) {
  wire::StatementResult to;
  to.columns = std::move(result.columns);
  to.__isset.columns = true;
  to.rows.reserve(result.rows.size());
  for (std::vector<Value>& row : result.rows) {
    wire::Row& added = to.rows.emplace_back();
    added.values = list_to_wire<wire::Value>(std::move(row));
    added.__isset.values = true;
  }
  to.__isset.rows = true;
  to.__set_changed_rows(bits(result.changed_rows));
  return to;
}

Result<StatementResult> from_wire(wire::StatementResult result, std::string_view field) {
  StatementResult to;
  to.columns = std::move(result.columns);
  to.changed_rows = bits(result.changed_rows);
  to.rows.reserve(result.rows.size());
  for (wire::Row& row : result.rows) {
    const std::size_t index = to.rows.size();
    if (row.values.size() != to.columns.size()) {
      return invalid(element(member(field, "rows"), index), std::to_string(row.values.size()) + " values in a row of " +
                                                                std::to_string(to.columns.size()) + " columns");
    }
    Result<std::vector<Value>> values = list_from_wire<Value>(std::move(row.values), "");
    if (values.has_error()) {
      Error error = std::move(values).error();
      error.message.insert(0, element(member(field, "rows"), index));
      return error;
    }
    to.rows.push_back(std::move(values).value());
  }
  return to;
}

std::vector<wire::StatementResult> to_wire(std::vector<StatementResult> results) {
  return list_to_wire<wire::StatementResult>(std::move(results));
}

Result<std::vector<StatementResult>> from_wire(std::vector<wire::StatementResult> results, std::string_view field) {
  return list_from_wire<StatementResult>(std::move(results), field);
}

wire::AbortReason::type to_wire(AbortReason reason) {
  return static_cast<wire::AbortReason::type>(reason);
}

Result<AbortReason> from_wire(wire::AbortReason::type reason, std::string_view field) {
  return enum_from_wire(reason, AbortReason::kNone, AbortReason::kUnknownStore, field);
}

wire::AbortCause to_wire(AbortCause cause) {
  wire::AbortCause to;
  to.__set_reason(to_wire(cause.reason));
  to.store = std::move(cause.store);
  to.__isset.store = true;
  to.detail = std::move(cause.detail);
  to.__isset.detail = true;
  to.__set_sqlite_extended_code(cause.sqlite_extended_code);
  to.__set_statement_index(cause.statement_index);
  return to;
}

Result<AbortCause> from_wire(wire::AbortCause cause, std::string_view field) {
  const Result<AbortReason> reason = from_wire(cause.reason, member(field, "reason"));
  if (reason.has_error()) {
    return reason.error();
  }
  return AbortCause{reason.value(), std::move(cause.store), std::move(cause.detail), cause.sqlite_extended_code,
                    cause.statement_index};
}

wire::OutcomeKind::type to_wire(OutcomeKind kind) {
  return static_cast<wire::OutcomeKind::type>(kind);
}

Result<OutcomeKind> from_wire(wire::OutcomeKind::type kind, std::string_view field) {
  return enum_from_wire(kind, OutcomeKind::kInProgress, OutcomeKind::kForgotten, field);
}

wire::Vote::type to_wire(Vote vote) {
  return static_cast<wire::Vote::type>(vote);
}

Result<Vote> from_wire(wire::Vote::type vote, std::string_view field) {
  return enum_from_wire(vote, Vote::kYes, Vote::kExecuted, field);
}

wire::DecisionKind::type to_wire(Decision decision) {
  return static_cast<wire::DecisionKind::type>(decision);
}

Result<Decision> from_wire(wire::DecisionKind::type decision, std::string_view field) {
  return enum_from_wire(decision, Decision::kCommit, Decision::kAbort, field);
}

wire::IsolationLevel::type to_wire(IsolationLevel level) {
  return static_cast<wire::IsolationLevel::type>(level);
}

Result<IsolationLevel> from_wire(wire::IsolationLevel::type level, std::string_view field) {
  if (static_cast<int>(level) == 0) return IsolationLevel::kSerializable;
  return enum_from_wire(level, IsolationLevel::kSerializable, IsolationLevel::kReadCommitted, field);
}

wire::CoordinatorView to_wire(CoordinatorView view) {
  wire::CoordinatorView to;
  to.__set_log(bits(view.line.log));
  to.__set_epoch(bits(view.line.epoch));
  to.__set_nonce(bits(view.line.nonce));
  to.__set_durable_position(bits(view.line.durable));
  to.address = std::move(view.address);
  to.__isset.address = true;
  to.__set_released_through(bits(view.released.through));
  to.released_except.reserve(view.released.except.size());
  for (const Position position : view.released.except) {
    to.released_except.push_back(bits(position));
  }
  to.__isset.released_except = true;
  return to;
}

Result<CoordinatorView> from_wire(wire::CoordinatorView view, std::string_view field) {
  CoordinatorView to;
  to.line.log = LogIdentity{bits(view.log)};
  to.line.epoch = Epoch{bits(view.epoch)};
  to.line.nonce = Nonce{bits(view.nonce)};
  to.line.durable = Position{bits(view.durable_position)};
  if (view.address.size() > kMostAddressBytes) {
    return invalid(member(field, "address"), "is longer than " + std::to_string(kMostAddressBytes) + " bytes");
  }
  to.address = std::move(view.address);
  to.released.through = Position{bits(view.released_through)};
  to.released.except.reserve(view.released_except.size());
  for (const std::int64_t released : view.released_except) {
    const Position position{bits(released)};
    if (position > to.released.through || (!to.released.except.empty() && position <= to.released.except.back())) {
      return invalid(element(member(field, "released_except"), to.released.except.size()),
                     "positions must ascend and be at most released_through");
    }
    to.released.except.push_back(position);
  }
  return to;
}

std::int64_t to_milliseconds(Duration duration) {
  return std::chrono::ceil<std::chrono::milliseconds>(duration).count();
}

Result<Duration> from_milliseconds(std::int64_t milliseconds, std::string_view field) {
  constexpr std::int64_t kLongest = std::chrono::floor<std::chrono::milliseconds>(Duration::max()).count();
  if (milliseconds < 0 || milliseconds > kLongest) {
    return invalid(field, std::to_string(milliseconds) + " ms is out of range; use 0 to " + std::to_string(kLongest));
  }
  return Duration(std::chrono::milliseconds(milliseconds));
}

Result<std::uint32_t> count_from_wire(std::int32_t count, std::string_view field) {
  if (count < 0) {
    return invalid(field, std::to_string(count) + " is negative; use 0 or more");
  }
  return static_cast<std::uint32_t>(count);
}

}  // namespace assent::rpc
