#include "thrift/daemon/units.h"

#include <array>
#include <charconv>
#include <limits>
#include <optional>

namespace assent::daemon {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 5> kDurations{
    {{"h", 3'600'000'000'000}, {"m", 60'000'000'000}, {"s", 1'000'000'000}, {"ms", 1'000'000}, {"us", 1'000}}};
constexpr std::array<Unit, 4> kSizes{{{"GiB", 1ULL << 30U}, {"MiB", 1ULL << 20U}, {"KiB", 1ULL << 10U}, {"B", 1}}};

// The number times the unit's factor, if the text is both and nothing else, and the product is at most `most`.
template <std::size_t count>
std::optional<std::uint64_t> parse(std::string_view text, const std::array<Unit, count>& units, std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  for (const auto& unit : units) {
    if (text == unit.name) {
      return number <= most / unit.factor ? std::optional(number * unit.factor) : std::nullopt;
    }
  }
  return std::nullopt;
}

template <std::size_t count>
std::string print(std::uint64_t number, const std::array<Unit, count>& units) {
  for (const auto& unit : units) {
    if (number >= unit.factor && number % unit.factor == 0) {
      return std::to_string(number / unit.factor) + std::string(unit.name);
    }
  }
  return std::to_string(number / units.back().factor) + std::string(units.back().name);
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  const auto nanoseconds = parse(text, kDurations, kMost);
  if (!nanoseconds) {
    return Error{
        ErrorKind::kInvalidInput,
        "`" + std::string(text) + "` is not a duration: write a whole number and a unit, like 250ms, 5s or 2m"};
  }
  return Duration{static_cast<Duration::rep>(*nanoseconds)};
}

std::string to_string(Duration duration) {
  if (duration < Duration::zero()) return "-" + to_string(-duration);
  if (duration == Duration::zero()) return "0s";
  return print(static_cast<std::uint64_t>(duration.count()), kDurations);
}

std::string to_readable(Duration duration) {
  using namespace std::chrono;
  const auto count = [](auto value) { return std::to_string(value.count()); };
  if (duration < 10s) return count(duration_cast<milliseconds>(duration)) + "ms";
  if (duration < 2min) return count(duration_cast<seconds>(duration)) + "s";
  if (duration < 2h) {
    return count(duration_cast<minutes>(duration)) + "m " + count(duration_cast<seconds>(duration) % 60) + "s";
  }
  return count(duration_cast<hours>(duration)) + "h " + count(duration_cast<minutes>(duration) % 60) + "m";
}

Result<std::uint64_t> parse_size(std::string_view text) {
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  const bool has_unit = text.find_first_not_of("0123456789") != std::string_view::npos;
  const auto bytes = parse(has_unit ? std::string(text) : std::string(text) + "B", kSizes, kMost);
  if (!bytes) {
    return Error{ErrorKind::kInvalidInput, "`" + std::string(text) +
                                               "` is not a size: write a whole number and a unit of B, KiB, MiB or "
                                               "GiB, like 64MiB"};
  }
  return *bytes;
}

std::string size_to_string(std::uint64_t bytes) {
  return bytes == 0 ? "0B" : print(bytes, kSizes);
}

}  // namespace assent::daemon
