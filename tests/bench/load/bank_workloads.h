// Workloads over accounts: transfers, point reads, and audits beside transfers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/bench/load/workload.h"

namespace assent::bench {

// One account of the first store pays, one of each other store receives; with one store per transaction, another
// account of it.
class BankWorkload : public Workload {
 public:
  static constexpr std::int64_t kOpeningBalance = 1'000'000;

  using Workload::Workload;
  std::vector<std::string> kinds() const override { return {"transfer"}; }
  std::string schema() const override;
  std::string sum() const override { return "SELECT sum(balance) FROM accounts"; }
  Plan next(std::size_t client, Random& random) override;

 private:
  void add_change(Batch& batch, const std::string& store, std::int64_t account, std::int64_t amount,
                  Random& random) const;
};

// The balance of one account of each store.
class ReadWorkload final : public BankWorkload {
 public:
  using BankWorkload::BankWorkload;
  std::vector<std::string> kinds() const override { return {"read"}; }
  Plan next(std::size_t client, Random& random) override;
};

// The first client reads every account of every store in one transaction, the others transfer.
class AuditWorkload final : public BankWorkload {
 public:
  using BankWorkload::BankWorkload;
  std::vector<std::string> kinds() const override { return {"transfer", "audit"}; }
  Plan next(std::size_t client, Random& random) override;
};

}  // namespace assent::bench
