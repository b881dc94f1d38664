#include "assent/batch.h"

namespace assent {

Batch::Added& Batch::Added::expect_rows(std::uint64_t rows) {
  batch_->entries_[index_].statement.expected_rows = rows;
  return *this;
}

Batch::Added Batch::add(std::string_view store, Statement statement) {
  entries_.push_back(Entry{std::string(store), std::move(statement)});
  return {*this, entries_.size() - 1};
}

}  // namespace assent
