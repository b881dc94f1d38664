// Random histories that a strictly serializable system could have produced, and the same with one anomaly in them.
//
// Transactions take effect one after the other on lists in memory; their times overlap, but hold the moment of their
// effect. An anomaly is made by a few transactions in the middle that take effect otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "tests/isolation/anomaly.h"
#include "tests/isolation/history.h"

namespace assent::isolation {

class SerialHistory {
 public:
  SerialHistory(std::uint64_t seed, std::int64_t lists) : random_(seed), lists_(lists) {}

  // So many transactions: some are aborted, some unknown, some run at the same time as many others.
  void run(std::size_t transactions);

  // On two lists that others use, too.
  void inject(Anomaly anomaly);

  // Reads every list, after all others.
  void read_all();

  const History& history() const { return history_; }

 private:
  std::int64_t below(std::int64_t bound) { return std::uniform_int_distribution<std::int64_t>(0, bound - 1)(random_); }
  ListId any_list() { return ListId{below(lists_)}; }
  Element new_element() { return Element{++elements_}; }
  Read read(ListId list) { return {list, state_[list]}; }
  // Takes effect now.
  Append append(ListId list);
  // A transaction around the present moment, which passes.
  void add(std::vector<Operation> operations, Ending ending = Ending::kCommitted);
  // The last `count` transactions ran at the same time.
  void overlap(std::size_t count);
  void inject_cycle(Anomaly anomaly, ListId x, ListId y);
  void inject_wrong_read(Anomaly anomaly, ListId x);

  std::mt19937_64 random_;
  const std::int64_t lists_;
  std::int64_t elements_ = 0;
  std::int64_t now_ = 0;
  std::map<ListId, std::vector<Element>> state_;
  History history_;
};

}  // namespace assent::isolation
