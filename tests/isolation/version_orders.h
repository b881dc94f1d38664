// VersionOrders: in which order the elements of each list were appended, as far as committed reads show it, and who
// appended them. Finds on the way what contradicts that there is such an order.
//
// A transaction of unknown end has committed if a committed one has read what it appended; that makes its own reads
// committed, and so on. What nobody has read of the others is left out: nothing is known of it.
//
// Pure. Linear in the number of elements that were read.
#pragma once

#include <cstddef>
#include <optional>
#include <unordered_map>
#include <vector>

#include "tests/isolation/anomaly.h"
#include "tests/isolation/history.h"

namespace assent::isolation {

class VersionOrders {
 public:
  struct Appended {
    std::size_t transaction = 0;
    bool is_last = true;  // of what its transaction appended to this list
  };

  struct List {
    ListId id{};
    std::unordered_map<Element, Appended> appended;
    std::vector<Element> order;                         // the longest read; all compatible ones begin it
    std::unordered_map<Element, std::size_t> position;  // in `order`
    const TransactionRecord* reader = nullptr;          // of `order`
  };

  // Throws std::invalid_argument if an element was appended to a list twice: the recording is wrong, not the system.
  // The history must live as long as this.
  explicit VersionOrders(const History& history);

  const History& history() const { return history_; }
  bool has_committed(std::size_t transaction) const { return committed_[transaction]; }
  // No list: nobody appended to it or read it.
  const List& list(ListId id) const { return lists_.at(id); }
  const std::unordered_map<ListId, List>& lists() const { return lists_; }

  // The committed transaction that appended the element at this position; nothing if there is none.
  std::optional<std::size_t> appender(const List& list, std::size_t position) const;

  // Whether it begins the order of its list.
  static bool is_compatible(const List& list, const Read& read);

  // Aborted reads, duplicates, incompatible orders, elements from nowhere.
  const std::vector<Finding>& findings() const { return findings_; }

 private:
  void index_appends();
  void follow_reads();
  void follow(std::size_t reader, const Read& read);
  // Elements of a read from this position on, that nobody has looked at.
  void look_at(std::size_t reader, List& list, const Read& read, std::size_t from);
  void find(Anomaly anomaly, std::string text);

  const History& history_;
  std::unordered_map<ListId, List> lists_;
  std::vector<bool> committed_;
  std::vector<std::size_t> to_follow_;
  std::vector<Finding> findings_;
};

// `[1 2 3]`, or its end if it is long.
std::string to_text(const std::vector<Element>& elements);
std::string to_text(ListId list);

}  // namespace assent::isolation
