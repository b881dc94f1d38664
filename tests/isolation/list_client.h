// ListClient: one client of the list-append workload, and what it saw.
//
// Each store holds lists in two tables. In `texts` a list is a row with its elements as text, changed by key, or by an
// upsert that also makes the row. In `elements` each element is a row, and an append finds its place by counting those
// before it. A transaction reads and appends, one list at a time or a whole table, at one store or several; all its
// statements at once, or one after the other; now and then read-committed; and sometimes it aborts of its own will.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "assent/assent.h"
#include "tests/isolation/history.h"
#include "tests/isolation/workload.h"

namespace assent::isolation {

extern const std::string_view kListSchema;

class ListClient {
 public:
  // `number` is its own among all clients of a history; its choices depend on it and the seed.
  ListClient(ClientOptions options, std::vector<std::string> stores, std::uint64_t seed, std::uint64_t number);

  // A transaction fails the test that ends in another way than by a commit, by its own will, or unknown.
  void run(std::size_t transactions, EndedCount& ended);

  // Reads every list of every store, once nobody writes any more.
  void read_all();

  // Asks for the end of each transaction whose end is unknown.
  void settle();

  // Without what it did not see.
  const History& history() const { return history_; }
  const std::vector<Ran>& ran() const { return ran_; }

 private:
  // One statement of a transaction.
  struct Step {
    enum class What { kAppendText, kUpsertText, kAppendRow, kReadText, kReadRows, kReadTexts, kReadElements };
    What what = What::kReadText;
    std::size_t store = 0;
    std::int64_t list = 0;  // of its table; not of kReadTexts and kReadElements
    Element element{};      // of appends

    bool is_append() const { return what <= What::kAppendRow; }
  };

  std::vector<Step> choose_steps();
  // With elements that were never appended before.
  void renew(std::vector<Step>& steps);
  Statement statement(const Step& step) const;
  // What the step did, as operations of a history; a read of a table is one of each of its lists.
  void record(const Step& step, const ResultSet& result, std::vector<Operation>& operations) const;
  ListId list_id(const Step& step, std::int64_t list) const;

  void run_interactive(std::vector<Step> steps, Level level, bool aborts);
  void run_one_shot(std::vector<Step> steps, Level level);

  Client client_;
  const std::vector<std::string> stores_;
  Choices choices_;
  std::int64_t next_element_;
  History history_;
  std::vector<Ran> ran_;
};

}  // namespace assent::isolation
