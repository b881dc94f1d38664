#include "tests/isolation/serial_history.h"

#include <algorithm>
#include <string>
#include <utility>

namespace assent::isolation {

namespace {

constexpr std::int64_t kStep = 10;       // between two effects
constexpr std::int64_t kLongest = 200;   // from begin to effect, from effect to end
constexpr std::int64_t kOperations = 5;  // of one transaction, less one

}  // namespace

Append SerialHistory::append(ListId list) {
  const Append append{list, new_element()};
  state_[list].push_back(append.element);
  return append;
}

void SerialHistory::add(std::vector<Operation> operations, Ending ending) {
  now_ += kStep;
  history_.push_back({"T" + std::to_string(history_.size()), std::move(operations), Moment{now_ - below(kLongest)},
                      Moment{now_ + below(kLongest)}, ending});
}

void SerialHistory::overlap(std::size_t count) {
  for (auto record = history_.end() - static_cast<std::ptrdiff_t>(count); record != history_.end(); ++record) {
    record->begin = Moment{now_ - static_cast<std::int64_t>(count) * kStep};
    record->end = Moment{now_};
  }
}

void SerialHistory::run(std::size_t transactions) {
  for (std::size_t transaction = 0; transaction < transactions; ++transaction) {
    const auto kind = below(20);
    std::vector<Operation> operations;
    for (auto count = 1 + below(kOperations); count > 0; --count) {
      const auto list = any_list();
      if (below(2) == 0) {
        operations.emplace_back(append(list));
      } else {
        operations.emplace_back(read(list));
      }
    }
    if (kind == 0 || kind == 1) {  // aborted, or unknown and aborted
      for (const auto& operation : operations) {
        if (const auto* undone = std::get_if<Append>(&operation)) state_[undone->list].pop_back();
      }
      add(std::move(operations), kind == 0 ? Ending::kAborted : Ending::kUnknown);
    } else {
      add(std::move(operations), kind == 2 ? Ending::kUnknown : Ending::kCommitted);
    }
  }
}

void SerialHistory::read_all() {
  now_ += kLongest;
  std::vector<Operation> operations;
  for (std::int64_t list = 0; list < lists_; ++list) operations.emplace_back(read(ListId{list}));
  now_ += kLongest;
  add(std::move(operations));
}

void SerialHistory::inject(Anomaly anomaly) {
  const auto x = any_list();
  auto y = any_list();
  while (y == x) y = any_list();
  // Something stands in both, and is not part of the anomaly.
  add({append(x), append(y)});
  overlap(1);
  switch (anomaly) {
    case Anomaly::kG0:
    case Anomaly::kG1c:
    case Anomaly::kGSingle:
    case Anomaly::kG2:
    case Anomaly::kRealTime: inject_cycle(anomaly, x, y); break;
    default: inject_wrong_read(anomaly, x);
  }
}

void SerialHistory::inject_cycle(Anomaly anomaly, ListId x, ListId y) {
  if (anomaly == Anomaly::kRealTime) {
    const auto old = read(x);
    now_ += kStep;
    add({append(x)});
    overlap(1);
    now_ += kStep;
    add({old});
    overlap(1);
    return;
  }
  std::vector<Operation> first;
  std::vector<Operation> second;
  if (anomaly == Anomaly::kG0) {
    first = {append(x)};
    second = {append(x), append(y)};
    first.emplace_back(append(y));
  } else if (anomaly == Anomaly::kG1c) {
    first = {append(x)};
    second = {read(x), append(y)};
    first.emplace_back(read(y));
  } else if (anomaly == Anomaly::kGSingle) {
    first = {read(x)};
    second = {append(x), append(y)};
    first.emplace_back(read(y));
  } else {
    first = {read(x)};
    second = {read(y)};
    first.emplace_back(append(y));
    second.emplace_back(append(x));
  }
  add(std::move(first));
  add(std::move(second));
  overlap(2);
}

void SerialHistory::inject_wrong_read(Anomaly anomaly, ListId x) {
  auto& elements = state_[x];
  switch (anomaly) {
    case Anomaly::kG1a:
      add({append(x)}, Ending::kAborted);
      add({read(x)});
      elements.pop_back();
      break;
    case Anomaly::kG1b: {
      const auto first = append(x);
      const auto between = read(x);
      add({first, append(x)});
      add({between});
      overlap(2);
      break;
    }
    case Anomaly::kLostAppend:
      add({append(x)});
      overlap(1);
      elements.pop_back();
      break;
    case Anomaly::kDuplicate: elements.push_back(elements.back()); break;
    case Anomaly::kIncompatibleOrder: {
      add({append(x)});
      auto wrong = read(x);
      std::swap(wrong.elements.back(), *std::prev(wrong.elements.end(), 2));
      add({std::move(wrong)});
      break;
    }
    case Anomaly::kFromNowhere: elements.push_back(new_element()); break;
    default: {  // kInternal
      auto wrong = read(x);
      add({append(x), std::move(wrong)});
    }
  }
}

}  // namespace assent::isolation
