#include "tests/unit/participant/store/random_sql.h"

#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace assent::participant {

namespace {

constexpr std::size_t kMoreThanAPage = 5000;
constexpr std::int64_t kLargest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kSmallest = std::numeric_limits<std::int64_t>::min();

}  // namespace

std::string RandomSql::integer() {
  return std::to_string(below(7));
}

std::string RandomSql::text() {
  return pick({"'a'", "'A'", "'a '", "'b'", "'B '", "'it''s'", "''", "'1'", "'1.0'"});
}

std::string RandomSql::bound(Value value) {
  parameters_.push_back(std::move(value));
  return "?" + std::to_string(parameters_.size());
}

std::string RandomSql::bound_text() {
  return bound(pick({"a", "A", "a ", "b", "B ", "it's", "", "1", "1.0"}));
}

std::string RandomSql::bound_value() {
  switch (below(12)) {
    case 0: return bound(std::string("n\0ul", 4));
    case 1: return bound(nullptr);
    case 2: return bound(0.5 * static_cast<double>(below(7)));
    case 3: return bound(std::nan(""));
    case 4: return bound(Blob{{std::byte{0}, std::byte{255}}});
    case 5: return bound(std::string(kMoreThanAPage, 'x'));
    case 6:
    case 7:
    case 8: return bound_text();
    default: return bound(static_cast<std::int64_t>(below(7)));
  }
}

std::string RandomSql::value() {
  if (binds_ && chance(30)) {
    return bound_value();
  }
  switch (below(14)) {
    case 0: return "NULL";
    case 1:
    case 2: return text();
    case 3: return pick({"1.0", "0.5", "-2.5e3", "9e999", "-9e999"});
    case 4: return pick({"x''", "x'00ff'", "zeroblob(3)", "x'61'", "zeroblob(5000)"});
    case 5: return pick({"9223372036854775807", "-9223372036854775808", "9007199254740993"});
    default: return integer();
  }
}

// Behind the largest number there is none that AUTOINCREMENT could give, and else one at random; and before the
// smallest one there is none that the reference could be told to begin behind.
std::string RandomSql::unusual_key(const Table& table) {
  if (table.is_numbered || !binds_) {
    return pick({"'1'", "2.0", "'a'"});
  }
  if (table.chooses_key) {
    return pick({"NULL", "'1'", "2.0", "0.5", "-9223372036854775808", bound(nullptr), bound("1"), bound(kSmallest)});
  }
  return value();
}

std::string RandomSql::key_value(const Table& table, std::size_t column) {
  if (chance(5)) {
    return unusual_key(table);
  }
  const bool is_bound = binds_ && chance(50);
  if (table.key[column].front() == 't') {
    return is_bound ? bound_text() : text();
  }
  const std::uint64_t number = below(chance(20) ? 30 : 7);
  return is_bound ? bound(static_cast<std::int64_t>(number)) : std::to_string(number);
}

std::string RandomSql::searched_key(const Table& table, std::size_t column) {
  switch (below(30)) {
    case 0: return value();
    case 1: return pick({bound(kLargest), bound(kSmallest), bound(9.5e18), "9223372036854775807", "NULL"});
    default: return key_value(table, column);
  }
}

}  // namespace assent::participant
