// The names of things in Assent's protocol: every identity is a type of its own, so that one cannot be
// passed for another. Pure values; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace assent {

// The random identity that a decision log gets when it is created. Coordinators are told apart by it.
enum class LogIdentity : std::uint64_t {};

// Raised and forced at each start of a coordinator, before it hands out its first transaction id. 0: none.
enum class Epoch : std::uint64_t {};

// Drawn at random at each start of a coordinator: tells two starts apart that were given the same epoch.
enum class Nonce : std::uint64_t {};

// The position of a record in a decision log, counted from 1 and on for ever. 0: none.
enum class Position : std::uint64_t {};

// The random identity that a store gets when it is created.
enum class StoreIdentity : std::uint64_t {};

// Drawn at random each time that a store is opened: tells a store that goes on from a copy of its file, and from what
// it was before it was opened anew. 0: none.
enum class Opening : std::uint64_t {};

// Counts the journal transactions of one store, from 1 and on for ever. 0: none.
enum class StorePosition : std::uint64_t {};

// As they are printed: identities and nonces as 16 hexadecimal digits, epochs and positions in decimal.
std::string to_string(LogIdentity log);
std::string to_string(Epoch epoch);
std::string to_string(Nonce nonce);
std::string to_string(Position position);
std::string to_string(StoreIdentity store);
std::string to_string(Opening opening);
std::string to_string(StorePosition position);

// One global unit of work, begun by an application and decided by one coordinator.
struct TransactionId {
  LogIdentity log{};
  Epoch epoch{};
  std::uint64_t number = 0;  // from 0 in each epoch

  friend auto operator<=>(const TransactionId&, const TransactionId&) = default;
};

// `9f0c1a22b7d34e10-7-1042`: 16 hexadecimal digits of the log's identity, the epoch, the number.
std::string to_string(const TransactionId& id);

// The inverse of to_string(); nothing for any other text.
std::optional<TransactionId> parse_transaction_id(std::string_view text);

// 16 lower-case hexadecimal digits, as identities and nonces are printed.
std::string to_hex(std::uint64_t value);

// Tells one coming-into-being of a branch from another: the store's start number, and a count within that
// start. Every message about a branch carries it, and a store acts only on a match.
struct BranchNumber {
  std::uint64_t start = 0;    // raised and forced at each open of the store; 0 only in kNoBranch
  std::uint64_t counter = 0;  // counted on in each start, from a number that its opening drew

  friend auto operator<=>(const BranchNumber&, const BranchNumber&) = default;
};

// Stands where no branch number is known yet.
inline constexpr BranchNumber kNoBranch{};

std::string to_string(const BranchNumber& branch);

// Who yields when two transactions want the same lock: the smaller one is older and wins. It affects progress,
// never safety. The stamp is in microseconds of the coordinator's monotonic clock, and is kept when a
// transaction is run again (Rosenkrantz, Stearns, Lewis: System Level Concurrency Control, 1978).
struct Priority {
  std::uint64_t begin_stamp = 0;
  TransactionId id;

  friend auto operator<=>(const Priority&, const Priority&) = default;
};

}  // namespace assent

template <>
struct std::hash<assent::TransactionId> {
  std::size_t operator()(const assent::TransactionId& id) const noexcept {
    const auto mix = static_cast<std::uint64_t>(id.log) ^ (static_cast<std::uint64_t>(id.epoch) << 48U);
    return static_cast<std::size_t>((mix ^ id.number) * 0x9e3779b97f4a7c15ULL);
  }
};
