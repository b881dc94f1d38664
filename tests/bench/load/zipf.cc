#include "tests/bench/load/zipf.h"

#include <algorithm>
#include <cmath>

namespace assent::bench {

namespace {

constexpr double kExponent = 0.99;

double zeta(std::uint64_t count) {
  double sum = 0;
  for (std::uint64_t rank = 1; rank <= count; ++rank) sum += std::pow(static_cast<double>(rank), -kExponent);
  return sum;
}

}  // namespace

Zipf::Zipf(std::uint64_t count)
    : count_(count),
      zeta_(zeta(count)),
      alpha_(1 / (1 - kExponent)),
      eta_((1 - std::pow(2 / static_cast<double>(count), 1 - kExponent)) / (1 - zeta(2) / zeta_)) {}

std::uint64_t Zipf::rank_of(double chance) const {
  if (chance * zeta_ < 1) return 1;
  if (chance * zeta_ < zeta(2)) return 2;
  const auto rank = static_cast<double>(count_) * std::pow(eta_ * chance - eta_ + 1, alpha_);
  return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(rank) + 1, 1, count_);
}

}  // namespace assent::bench
