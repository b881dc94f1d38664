#include "tests/isolation/written_history.h"

#include <sstream>
#include <stdexcept>

namespace assent::isolation {

namespace {

Moment moment_of(const std::string& text) {
  return text == "?" ? Moment{} : Moment{std::stoll(text)};
}

// `x+1`, `y=1,2`
Operation operation_of(const std::string& word) {
  const ListId list{word.at(0)};
  if (word.at(1) == '+') return Append{list, Element{std::stoll(word.substr(2))}};
  if (word.at(1) != '=') throw std::invalid_argument("neither an append nor a read: " + word);
  Read read{list, {}};
  std::istringstream elements(word.substr(2));
  for (std::string element; std::getline(elements, element, ',');)
    read.elements.push_back(Element{std::stoll(element)});
  return read;
}

TransactionRecord transaction_of(const std::string& line) {
  TransactionRecord record;
  const auto colon = line.find(':');
  std::istringstream head(line.substr(0, colon));
  std::string times;
  head >> record.name >> times;
  const auto dash = times.find('-');
  if (colon == std::string::npos || dash == std::string::npos) throw std::invalid_argument("no transaction: " + line);
  record.begin = moment_of(times.substr(0, dash));
  record.end = moment_of(times.substr(dash + 1));
  for (std::string word; head >> word;) {
    if (word == "aborted") record.ending = Ending::kAborted;
    if (word == "unknown") record.ending = Ending::kUnknown;
    if (word == "read-committed") record.level = Level::kReadCommitted;
  }
  std::istringstream operations(line.substr(colon + 1));
  for (std::string word; operations >> word;) record.operations.push_back(operation_of(word));
  return record;
}

}  // namespace

History written_history(const std::string& text) {
  History history;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.find_first_not_of(' ') != std::string::npos) history.push_back(transaction_of(line));
  }
  return history;
}

}  // namespace assent::isolation
