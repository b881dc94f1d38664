// Workload: what the transactions of a run do, and how it shows in the end that the stores have kept them.
//
// The rows of all stores carry numbers with one sum. Each transaction that commits changes it in a way that is known,
// so at the end it tells of any write that was lost, or done twice, or by half.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "assent/assent.h"

namespace assent::bench {

using Random = std::mt19937_64;
using Results = std::vector<ResultSet>;

// What is known of the stores from the transactions that have committed.
struct Books {
  std::int64_t sum = 0;
  std::vector<std::string> problems;
};

// One transaction.
struct Plan {
  std::size_t kind = 0;  // of Workload::kinds()
  Batch batch;
  // What follows when the batch has run, for a transaction that decides on what it has read. It is interactive, however
  // others are run.
  std::function<Batch(const Results&)> then = {};
  // When it has committed: what that means for the books, from all it has returned. Nothing: the sum has not changed.
  std::function<void(const Results&, Books&)> settle = {};
};

struct Scale {
  std::vector<std::string> stores;
  std::size_t stores_per_transaction = 2;  // at most as many as there are
  std::uint64_t rows = 0;                  // of each store
  std::uint64_t touched = 0;               // the first of them
  std::size_t payload = 0;                 // bytes
};

class Workload {
 public:
  explicit Workload(Scale scale) : scale_(std::move(scale)) {}
  virtual ~Workload() = default;

  // Names of what its transactions do.
  virtual std::vector<std::string> kinds() const = 0;

  // SQL that makes the tables and rows of each store, as far as they are missing.
  virtual std::string schema() const = 0;

  // A query of each store for its part of the sum.
  virtual std::string sum() const = 0;

  // The next transaction of this client, from 0.
  virtual Plan next(std::size_t client, Random& random) = 0;

 protected:
  const Scale& scale() const { return scale_; }

  // So many stores of a transaction, each another one, in random order.
  std::vector<std::string> any_stores(std::size_t count, Random& random) const;
  std::vector<std::string> any_stores(Random& random) const {
    return any_stores(scale_.stores_per_transaction, random);
  }
  // The id of a row that may be touched, from 1.
  std::int64_t any_row(Random& random) const;
  // What a changed row carries: another one each time.
  std::string any_payload(Random& random) const;

 private:
  Scale scale_;
};

// SQL that fills a table with rows 1 to `rows`, with these values for their other columns, as far as they are missing.
std::string insert_rows(const std::string& table, std::uint64_t rows, const std::string& values);

std::vector<std::string> workload_names();
// REQUIRES: a name of those.
std::unique_ptr<Workload> make_workload(const std::string& name, const Scale& scale);
// Bytes of a row, if nothing else is said.
std::size_t usual_payload(const std::string& workload);

}  // namespace assent::bench
