#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "assent/coordinator_view.h"
#include "assent/isolation_level.h"
#include "assent/outcome.h"
#include "assent/store_name.h"
#include "assent/transaction_id.h"

namespace assent {

namespace {

constexpr std::size_t kHexDigits = 16;

std::optional<std::uint64_t> parse_number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string to_hex(std::uint64_t value) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(kHexDigits, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit) {
    *digit = kDigits[value & 0xFU];
    value >>= 4U;
  }
  return text;
}

std::string to_string(LogIdentity log) {
  return to_hex(static_cast<std::uint64_t>(log));
}

std::string to_string(Epoch epoch) {
  return std::to_string(static_cast<std::uint64_t>(epoch));
}

std::string to_string(Nonce nonce) {
  return to_hex(static_cast<std::uint64_t>(nonce));
}

std::string to_string(Position position) {
  return std::to_string(static_cast<std::uint64_t>(position));
}

std::string to_string(StoreIdentity store) {
  return to_hex(static_cast<std::uint64_t>(store));
}

std::string to_string(Opening opening) {
  return to_hex(static_cast<std::uint64_t>(opening));
}

std::string to_string(StorePosition position) {
  return std::to_string(static_cast<std::uint64_t>(position));
}

std::string to_string(const TransactionId& id) {
  return to_string(id.log) + '-' + to_string(id.epoch) + '-' + std::to_string(id.number);
}

std::optional<TransactionId> parse_transaction_id(std::string_view text) {
  const auto first = text.find('-');
  if (first != kHexDigits) return std::nullopt;
  const auto second = text.find('-', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto log = parse_number(text.substr(0, first), 16);
  const auto epoch = parse_number(text.substr(first + 1, second - first - 1), 10);
  const auto number = parse_number(text.substr(second + 1), 10);
  if (!log || !epoch || !number) return std::nullopt;
  const TransactionId id{LogIdentity{*log}, Epoch{*epoch}, *number};
  if (to_string(id) != text) return std::nullopt;  // leading zeros, capitals: one id has one text
  return id;
}

std::string to_string(const BranchNumber& branch) {
  return std::to_string(branch.start) + '.' + std::to_string(branch.counter);
}

std::optional<std::string> wrong_store_name(std::string_view name) {
  const auto is_plain = [](char each) {
    return (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9') ||
           each == '_' || each == '.' || each == '-';
  };
  const bool is_short = name.size() <= kMostStoreNameBytes;
  if (!name.empty() && is_short && std::all_of(name.begin(), name.end(), is_plain)) return std::nullopt;
  std::string shown(name.substr(0, kMostStoreNameBytes));
  for (char& each : shown) each = each < ' ' || each > '~' ? '?' : each;
  return "`" + shown + (is_short ? "" : "…") +
         "` cannot be the name of a store: give it one of 1 to 64 letters, digits, `_`, `.` and `-`";
}

bool Released::contains(Position commit) const {
  return commit <= through && !std::binary_search(except.begin(), except.end(), commit);
}

bool Released::merge(const Released& other) {
  if (other == *this) return false;  // as most often: many messages say the same
  // It releases an exception if it reaches it and does not except it. Requests for votes reach none, of thousands.
  const auto reached = std::upper_bound(except.begin(), except.end(), other.through);
  const bool excepts_all = std::includes(other.except.begin(), other.except.end(), except.begin(), reached);
  if (other.through <= through && excepts_all) return false;
  // What is released stays released, so an exception stands only if neither side has released it.
  std::vector<Position> both;
  const auto keep = [&both](const Released& from, const Released& against) {
    std::copy_if(from.except.begin(), from.except.end(), std::back_inserter(both),
                 [&against](Position commit) { return !against.contains(commit); });
  };
  keep(*this, other);
  keep(other, *this);
  std::sort(both.begin(), both.end());
  both.erase(std::unique(both.begin(), both.end()), both.end());
  through = std::max(through, other.through);
  except = std::move(both);
  return true;
}

std::string_view to_string(AbortReason reason) {
  switch (reason) {
    case AbortReason::kNone: return "none";
    case AbortReason::kApplication: return "application";
    case AbortReason::kWounded: return "wounded";
    case AbortReason::kLockTimeout: return "lock timeout";
    case AbortReason::kConstraint: return "constraint";
    case AbortReason::kStatementFailed: return "statement failed";
    case AbortReason::kVoteNo: return "vote no";
    case AbortReason::kTransactionTimeout: return "transaction timeout";
    case AbortReason::kStoreUnavailable: return "store unavailable";
    case AbortReason::kOverloaded: return "overloaded";
    case AbortReason::kPresumed: return "presumed";
    case AbortReason::kUnknownStore: return "unknown store";
  }
  return "invalid";
}

bool is_worth_another_run(AbortReason reason) {
  switch (reason) {
    case AbortReason::kWounded:
    case AbortReason::kLockTimeout:
    case AbortReason::kStoreUnavailable:
    case AbortReason::kOverloaded:
    case AbortReason::kPresumed: return true;
    case AbortReason::kNone:
    case AbortReason::kApplication:
    case AbortReason::kConstraint:
    case AbortReason::kStatementFailed:
    case AbortReason::kVoteNo:
    case AbortReason::kTransactionTimeout:
    case AbortReason::kUnknownStore: return false;
  }
  return false;
}

std::string_view to_string(OutcomeKind kind) {
  switch (kind) {
    case OutcomeKind::kInProgress: return "in progress";
    case OutcomeKind::kCommitted: return "committed";
    case OutcomeKind::kAborted: return "aborted";
    case OutcomeKind::kForgotten: return "forgotten";
  }
  return "invalid";
}

std::string_view to_string(Vote vote) {
  switch (vote) {
    case Vote::kYes: return "yes";
    case Vote::kNo: return "no";
    case Vote::kReadOnly: return "read-only";
    case Vote::kExecuted: return "executed";
  }
  return "invalid";
}

std::string_view to_string(IsolationLevel level) {
  switch (level) {
    case IsolationLevel::kSerializable: return "serializable";
    case IsolationLevel::kReadCommitted: return "read-committed";
  }
  return "invalid";
}

std::string_view to_string(Decision decision) {
  switch (decision) {
    case Decision::kCommit: return "commit";
    case Decision::kAbort: return "abort";
  }
  return "invalid";
}

}  // namespace assent
