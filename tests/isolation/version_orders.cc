#include "tests/isolation/version_orders.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <unordered_set>
#include <utility>

namespace assent::isolation {

namespace {

std::string number_of(Element element) {
  return std::to_string(static_cast<std::int64_t>(element));
}

}  // namespace

std::string to_text(ListId list) {
  return "list " + std::to_string(static_cast<std::int64_t>(list));
}

std::string to_text(const std::vector<Element>& elements) {
  constexpr std::size_t kShown = 8;
  std::string text = "[";
  if (elements.size() > kShown) text += std::to_string(elements.size() - kShown) + " others";
  for (auto place = elements.size() - std::min(elements.size(), kShown); place < elements.size(); ++place) {
    text += (text.size() > 1 ? " " : "") + number_of(elements[place]);
  }
  return text + "]";
}

VersionOrders::VersionOrders(const History& history) : history_(history), committed_(history.size()) {
  index_appends();
  for (std::size_t transaction = 0; transaction < history_.size(); ++transaction) {
    if (history_[transaction].ending != Ending::kCommitted) continue;
    committed_[transaction] = true;
    to_follow_.push_back(transaction);
  }
  follow_reads();
}

void VersionOrders::index_appends() {
  for (std::size_t transaction = 0; transaction < history_.size(); ++transaction) {
    std::unordered_map<ListId, Appended*> last;
    for (const auto& operation : history_[transaction].operations) {
      if (const auto* read = std::get_if<Read>(&operation)) {
        lists_[read->list].id = read->list;
        continue;
      }
      const auto& append = std::get<Append>(operation);
      auto& list = lists_[append.list];
      list.id = append.list;
      const auto [entry, is_new] = list.appended.emplace(append.element, Appended{transaction, true});
      if (!is_new) {
        throw std::invalid_argument(to_text(append.list) + ": " + number_of(append.element) +
                                    " is appended twice in the recording; give each append an element of its own");
      }
      auto& before = last[append.list];
      if (before != nullptr) before->is_last = false;
      before = &entry->second;  // stays where it is: references into an unordered_map outlive its growth
    }
  }
}

void VersionOrders::follow_reads() {
  while (!to_follow_.empty()) {
    const auto transaction = to_follow_.back();
    to_follow_.pop_back();
    for (const auto& operation : history_[transaction].operations) {
      if (const auto* read = std::get_if<Read>(&operation)) follow(transaction, *read);
    }
  }
}

bool VersionOrders::is_compatible(const List& list, const Read& read) {
  return read.elements.size() <= list.order.size() &&
         std::equal(read.elements.begin(), read.elements.end(), list.order.begin());
}

void VersionOrders::follow(std::size_t reader, const Read& read) {
  auto& list = lists_.at(read.list);
  if (is_compatible(list, read)) {
    if (list.reader == nullptr) list.reader = &history_[reader];
    return;
  }
  const auto known = list.order.size();
  if (known < read.elements.size() && std::equal(list.order.begin(), list.order.end(), read.elements.begin())) {
    look_at(reader, list, read, known);
    for (auto place = known; place < read.elements.size(); ++place) list.position.emplace(read.elements[place], place);
    list.order = read.elements;
    list.reader = &history_[reader];
    return;
  }
  look_at(reader, list, read, 0);
  find(Anomaly::kIncompatibleOrder, to_text(read.list) + ": " + history_[reader].name + " read " +
                                        to_text(read.elements) + ", and " + list.reader->name + " read " +
                                        to_text(list.order));
}

void VersionOrders::look_at(std::size_t reader, List& list, const Read& read, std::size_t from) {
  std::unordered_set<Element> seen;
  for (auto place = from; place < read.elements.size(); ++place) {
    const auto element = read.elements[place];
    const auto where = history_[reader].name + " read " + number_of(element) + " in " + to_text(read.list);
    if (!seen.insert(element).second || (from > 0 && list.position.contains(element))) {
      find(Anomaly::kDuplicate, where + " twice: " + to_text(read.elements));
    }
    const auto found = list.appended.find(element);
    if (found == list.appended.end()) {
      find(Anomaly::kFromNowhere, where + ", which nobody appended");
      continue;
    }
    const auto appender = found->second.transaction;
    if (history_[appender].ending == Ending::kAborted) {
      if (appender != reader)
        find(Anomaly::kG1a, where + ", which the aborted " + history_[appender].name + " appended");
    } else if (!committed_[appender]) {
      committed_[appender] = true;
      to_follow_.push_back(appender);
    }
  }
}

std::optional<std::size_t> VersionOrders::appender(const List& list, std::size_t position) const {
  const auto found = list.appended.find(list.order[position]);
  if (found == list.appended.end() || !committed_[found->second.transaction]) return std::nullopt;
  return found->second.transaction;
}

void VersionOrders::find(Anomaly anomaly, std::string text) {
  findings_.push_back({anomaly, std::string(to_string(anomaly)) + ": " + std::move(text), {}});
}

}  // namespace assent::isolation
