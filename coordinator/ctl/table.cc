#include "coordinator/ctl/table.h"

#include <algorithm>
#include <cstddef>

namespace assent::ctl {

namespace {

// Characters of UTF-8, not bytes.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("-+.0123456789e") == std::string::npos &&
         text.find_first_of("0123456789") != std::string::npos;
}

std::string cell(std::string text, std::size_t wanted, bool to_the_right) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  const std::string blanks(wanted - std::min(wanted, width(text)), ' ');
  return to_the_right ? blanks + text : text + blanks;
}

}  // namespace

std::string Table::to_string() const {
  std::vector<std::size_t> widths;
  std::vector<bool> to_the_right;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    widths.push_back(width(columns_[column]));
    for (const auto& row : rows_) widths[column] = std::max(widths[column], width(row[column]));
    to_the_right.push_back(!rows_.empty() && std::all_of(rows_.begin(), rows_.end(), [column](const auto& row) {
      return row[column].empty() || is_number(row[column]);
    }));
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t column = 0; column < cells.size(); ++column) {
      if (column > 0) text += "  ";
      text += cell(cells[column], widths[column], to_the_right[column]);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text + '\n';
  };
  std::vector<std::string> rule;
  for (const auto wide : widths) rule.emplace_back(wide, '-');
  std::string text = line(columns_) + line(rule);
  for (const auto& row : rows_) text += line(row);
  return text;
}

}  // namespace assent::ctl
