#include "tests/bench/load/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "tests/bench/load/bank_workloads.h"
#include "tests/bench/load/smallbank_workload.h"
#include "tests/bench/load/ycsb_workload.h"

namespace assent::bench {

namespace {

constexpr std::size_t kYcsbRecord = 1000;  // ten fields of a hundred bytes

using Make = std::function<std::unique_ptr<Workload>(const Scale&)>;

template <typename Kind, typename... More>
Make making(More... more) {
  return [=](const Scale& scale) { return std::make_unique<Kind>(scale, more...); };
}

const std::map<std::string, Make>& makes() {
  static const std::map<std::string, Make> all{
      {"bank", making<BankWorkload>()},       {"read", making<ReadWorkload>()},
      {"audit", making<AuditWorkload>()},     {"ycsb-a", making<YcsbWorkload>(0.5)},
      {"ycsb-b", making<YcsbWorkload>(0.05)}, {"smallbank", making<SmallbankWorkload>()},
  };
  return all;
}

}  // namespace

// A part of Fisher and Yates' shuffle.
std::vector<std::string> Workload::any_stores(std::size_t count, Random& random) const {
  auto stores = scale_.stores;
  for (std::size_t chosen = 0; chosen < count; ++chosen) {
    std::uniform_int_distribution<std::size_t> any(chosen, stores.size() - 1);
    std::swap(stores[chosen], stores[any(random)]);
  }
  stores.resize(count);
  return stores;
}

std::int64_t Workload::any_row(Random& random) const {
  return std::uniform_int_distribution<std::int64_t>(1, static_cast<std::int64_t>(scale_.touched))(random);
}

std::string Workload::any_payload(Random& random) const {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";
  return std::string(scale_.payload, kLetters[random() % kLetters.size()]);
}

std::string insert_rows(const std::string& table, std::uint64_t rows, const std::string& values) {
  return fmt::format(
      "WITH RECURSIVE numbers (id) AS (VALUES (1) UNION ALL SELECT id + 1 FROM numbers WHERE id < {1}) "
      "INSERT OR IGNORE INTO {0} SELECT id, {2} FROM numbers;",
      table, rows, values);
}

std::vector<std::string> workload_names() {
  std::vector<std::string> names;
  for (const auto& [name, make] : makes()) names.push_back(name);
  return names;
}

std::unique_ptr<Workload> make_workload(const std::string& name, const Scale& scale) {
  return makes().at(name)(scale);
}

std::size_t usual_payload(const std::string& workload) {
  return workload.starts_with("ycsb") ? kYcsbRecord : 0;
}

}  // namespace assent::bench
