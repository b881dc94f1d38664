// SmallBank (Alomari, Cahill, Fekete, Röhm, ICDE 2008): customers with a savings and a checking account each, six kinds
// of transactions in the mix that OLTP-Bench has. A customer's accounts are at one store; of two customers, at two.
#pragma once

#include <string>
#include <vector>

#include "tests/bench/load/workload.h"

namespace assent::bench {

class SmallbankWorkload final : public Workload {
 public:
  using Workload::Workload;
  std::vector<std::string> kinds() const override;
  std::string schema() const override;
  std::string sum() const override {
    return "SELECT (SELECT sum(balance) FROM savings) + (SELECT sum(balance) FROM checking)";
  }
  Plan next(std::size_t client, Random& random) override;

 private:
  struct Customer {
    std::string store;
    std::int64_t id = 0;
  };

  Plan amalgamate(const Customer& from, const Customer& to) const;
  Plan balance(const Customer& of) const;
  Plan deposit_checking(const Customer& to) const;
  Plan send_payment(const Customer& from, const Customer& to) const;
  Plan transact_savings(const Customer& of) const;
  Plan write_check(const Customer& of) const;
};

}  // namespace assent::bench
