// Workloads A and B of YCSB (Cooper et al., SoCC 2010), in transactions: each has one operation at each of its stores,
// a read or an update of a whole record; few records are asked for often.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/load/workload.h"
#include "tests/bench/load/zipf.h"

namespace assent::bench {

class YcsbWorkload final : public Workload {
 public:
  // `updates` is their part of all operations, from 0 to 1: 0.5 of A, 0.05 of B.
  YcsbWorkload(const Scale& scale, double updates) : Workload(scale), updates_(updates), popular_(scale.touched) {}

  std::vector<std::string> kinds() const override { return {"read", "update"}; }
  std::string schema() const override;
  std::string sum() const override { return "SELECT sum(version) FROM records"; }
  Plan next(std::size_t client, Random& random) override;

 private:
  const double updates_;
  const Zipf popular_;
};

}  // namespace assent::bench
