// Zipf: numbers of which few are drawn often: rank r with a chance in proportion to 1 / r^s.
//
// Gray et al., "Quickly Generating Billion-Record Synthetic Databases", SIGMOD 1994, section 3.2; with YCSB's exponent.
#pragma once

#include <cstdint>
#include <random>

namespace assent::bench {

class Zipf {
 public:
  // Ranks from 1 to `count`. REQUIRES: it is at least 2.
  explicit Zipf(std::uint64_t count);

  template <typename Generator>
  std::uint64_t operator()(Generator& generator) const {
    return rank_of(std::uniform_real_distribution<double>(0, 1)(generator));
  }

 private:
  // `chance` is even, from 0 to 1.
  std::uint64_t rank_of(double chance) const;

  const std::uint64_t count_;
  const double zeta_;  // the sum of all 1 / r^s
  const double alpha_;
  const double eta_;
};

}  // namespace assent::bench
