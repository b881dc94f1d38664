// Table: rows in aligned columns, for people.
#pragma once

#include <string>
#include <vector>

namespace assent::ctl {

class Table {
 public:
  explicit Table(std::vector<std::string> columns) : columns_(std::move(columns)) {}

  // REQUIRES: as many cells as columns.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  bool empty() const { return rows_.empty(); }

  // Titles, a rule, and the rows; numbers to the right, everything else to the left. Line breaks in cells are shown as
  // blanks. Ends with a line break.
  std::string to_string() const;

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace assent::ctl
