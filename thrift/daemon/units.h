// Durations and sizes as people write them: `250ms`, `5s`, `2m`, `64MiB`. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "assent/result.h"
#include "assent/time.h"

namespace assent::daemon {

// A whole number and a unit: us, ms, s, m, h. An error says what is expected.
Result<Duration> parse_duration(std::string_view text);

// In the largest unit that divides it: `250ms`, `2m`, `0s`. What it returns, parse_duration() reads, but for
// nanoseconds, which it drops.
std::string to_string(Duration duration);

// For people, in two figures of meaning: `12s`, `3m 20s`, `2h 5m`.
std::string to_readable(Duration duration);

// Bytes: a whole number and a unit B, KiB, MiB, GiB; without a unit, bytes.
Result<std::uint64_t> parse_size(std::string_view text);

// `64MiB`: in the largest unit that divides it.
std::string size_to_string(std::uint64_t bytes);

}  // namespace assent::daemon
