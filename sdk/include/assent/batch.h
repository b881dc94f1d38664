// Batch: a transaction whose statements are all known beforehand. It costs one request and two forced writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "assent/parameter.h"
#include "assent/value.h"

namespace assent {

// A plain value: one thread at a time; may be submitted any number of times, each time as a transaction of its own.
// The statements of one store run in the order in which they were added; those of different stores at the same time.
class Batch {
 public:
  struct Entry {
    std::string store;
    Statement statement;
  };

  // A statement just added. Valid as long as its batch stays where it is.
  class Added {
   public:
    // The transaction aborts (AbortReason::kConstraint) unless the statement changes, or a query returns, exactly
    // so many rows.
    Added& expect_rows(std::uint64_t rows);
    // Where its result stands in Outcome::results.
    std::size_t index() const { return index_; }

   private:
    friend class Batch;
    Added(Batch& batch, std::size_t index) : batch_(&batch), index_(index) {}

    Batch* batch_;
    std::size_t index_;
  };

  // One statement, with its parameters for ?1, ?2, … (parameter.h says what may be bound).
  template <Parameter... Parameters>
  Added execute(std::string_view store, std::string_view sql, Parameters&&... parameters) {
    return add(store, Statement{std::string(sql), to_values(std::forward<Parameters>(parameters)...), std::nullopt});
  }

  // The same; reads better for a statement that returns rows.
  template <Parameter... Parameters>
  Added query(std::string_view store, std::string_view sql, Parameters&&... parameters) {
    return add(store, Statement{std::string(sql), to_values(std::forward<Parameters>(parameters)...), std::nullopt});
  }

  Added add(std::string_view store, Statement statement);

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return entries_.size(); }
  const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

}  // namespace assent
