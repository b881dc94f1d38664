// Translation between the wire's structs and the vocabulary. Pure functions; any thread.
//
// Unsigned 64-bit numbers travel as the i64 of the same bits. What comes from the wire is checked where it can be
// wrong: an enumerator or a union that this version does not know, or a number out of range, is an error of kind
// kInvalidInput that names `field`, which is the name of what is being read, as the peer knows it:
// `branches[2].statements`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "assent/coordinator_view.h"
#include "assent/isolation_level.h"
#include "assent/outcome.h"
#include "assent/result.h"
#include "assent/time.h"
#include "assent/transaction_id.h"
#include "assent/value.h"
#include "assent_types.h"

namespace assent::rpc {

// ---- names: every bit pattern is one ----

wire::TransactionId to_wire(const TransactionId& id);
TransactionId from_wire(const wire::TransactionId& id);

wire::BranchNumber to_wire(const BranchNumber& branch);
BranchNumber from_wire(const wire::BranchNumber& branch);

// ---- values, statements, results: taken by value, so that texts and blobs can be moved ----

wire::Value to_wire(Value value);
Result<Value> from_wire(wire::Value value, std::string_view field);

wire::Statement to_wire(Statement statement);
Result<Statement> from_wire(wire::Statement statement, std::string_view field);
std::vector<wire::Statement> to_wire(std::vector<Statement> statements);
Result<std::vector<Statement>> from_wire(std::vector<wire::Statement> statements, std::string_view field);

wire::StatementResult to_wire(StatementResult result);
Result<StatementResult> from_wire(wire::StatementResult result, std::string_view field);
std::vector<wire::StatementResult> to_wire(std::vector<StatementResult> results);
Result<std::vector<StatementResult>> from_wire(std::vector<wire::StatementResult> results, std::string_view field);

// ---- how transactions end ----

wire::AbortReason::type to_wire(AbortReason reason);
Result<AbortReason> from_wire(wire::AbortReason::type reason, std::string_view field);

wire::AbortCause to_wire(AbortCause cause);
Result<AbortCause> from_wire(wire::AbortCause cause, std::string_view field);

wire::OutcomeKind::type to_wire(OutcomeKind kind);
Result<OutcomeKind> from_wire(wire::OutcomeKind::type kind, std::string_view field);

// wire::Vote::COMMITTED says that a repeated request met a branch that has committed. That is no vote: whoever reads
// an answer to a prepare looks for it first; here it is an error.
wire::Vote::type to_wire(Vote vote);
Result<Vote> from_wire(wire::Vote::type vote, std::string_view field);

wire::DecisionKind::type to_wire(Decision decision);
Result<Decision> from_wire(wire::DecisionKind::type decision, std::string_view field);

// ---- how transactions run ----

wire::IsolationLevel::type to_wire(IsolationLevel level);
// A level that was left out is kSerializable.
Result<IsolationLevel> from_wire(wire::IsolationLevel::type level, std::string_view field);

// ---- coordinators ----

wire::CoordinatorView to_wire(CoordinatorView view);
Result<CoordinatorView> from_wire(wire::CoordinatorView view, std::string_view field);

// ---- numbers ----

// A number or an id of 64 bits in Thrift's signed ones, and back.
template <typename Number>
std::int64_t bits(Number number) {
  return static_cast<std::int64_t>(number);
}
inline std::uint64_t bits(std::int64_t number) {
  return static_cast<std::uint64_t>(number);
}

// `branches[3]`: how errors name an element of a list.
std::string element(std::string_view field, std::size_t index);

// Rounded up, so that what is left of a time does not become nothing.
std::int64_t to_milliseconds(Duration duration);
// An error for a negative number, and for one that a Duration cannot hold.
Result<Duration> from_milliseconds(std::int64_t milliseconds, std::string_view field);

// A number of things. An error for a negative one.
Result<std::uint32_t> count_from_wire(std::int32_t count, std::string_view field);

// An enumerator whose number is the same on the wire and in `Enum`, where `first` to `last` are all there are.
template <typename Enum, typename WireEnum>
Result<Enum> enum_from_wire(WireEnum value, Enum first, Enum last, std::string_view field) {
  const auto number = static_cast<std::int64_t>(value);
  if (number < static_cast<std::int64_t>(first) || number > static_cast<std::int64_t>(last)) {
    return Error{ErrorKind::kInvalidInput, std::string(field) + ": " + std::to_string(number) +
                                               " is not a value that this version knows; use one of " +
                                               std::to_string(static_cast<std::int64_t>(first)) + " to " +
                                               std::to_string(static_cast<std::int64_t>(last))};
  }
  return static_cast<Enum>(number);
}

}  // namespace assent::rpc
