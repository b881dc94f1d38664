#include "participant/core/inquiries.h"

#include <algorithm>

namespace assent::participant {

namespace {

// The finalizer of splitmix64 (Steele, Lea, Flood, 2014): every input bit changes every output bit.
std::uint64_t scatter(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15ULL;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31U);
}

}  // namespace

Duration spread_pause(const TransactionId& id, std::uint32_t attempts, Duration first, Duration ceiling) {
  Duration pause = std::min(first, ceiling);
  for (std::uint32_t i = 0; i < attempts && pause < ceiling; ++i) pause = std::min(pause * 2, ceiling);

  std::uint64_t hash = scatter(static_cast<std::uint64_t>(id.log));
  hash = scatter(hash ^ static_cast<std::uint64_t>(id.epoch));
  hash = scatter(hash ^ id.number);
  hash = scatter(hash ^ attempts);
  constexpr std::uint64_t kSteps = 1024;
  const auto step = static_cast<Duration::rep>(hash % kSteps);
  return pause / 2 + pause / 2 * step / static_cast<Duration::rep>(kSteps);
}

}  // namespace assent::participant
