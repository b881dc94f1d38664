// JournalQueue: what waits to go into the next journal transaction, and when that is due.
//
//   J1  One journal transaction is under way at a time. What comes meanwhile waits for the next one.
//   J2  Operations keep their order, and each transaction takes all that wait: so a row is deleted no later than the
//       next branch on its keys is prepared (else a restart finds two owners of one key).
//   J3  What depends on an operation is done in finish(), when it is durable; never before.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "assent/time.h"
#include "participant/core/invariant.h"
#include "participant/core/journal.h"

namespace assent::participant {

class JournalQueue {
 public:
  // Whose operation it was: that branch goes on when it is durable, if it has not ended meanwhile.
  struct Ticket {
    TransactionId id;
    BranchNumber branch;
  };

  void add(JournalOperation operation, Time due) {
    waiting_.push_back(std::move(operation));
    hurry(due);
  }

  void add(JournalOperation operation, Time due, Ticket ticket) {
    add(std::move(operation), due);
    tickets_waiting_.push_back(ticket);
  }

  // What waits, if anything does, goes no later than this.
  void hurry(Time due) {
    if (!waiting_.empty()) due_ = due_ ? std::min(*due_, due) : due;
  }

  bool is_under_way() const { return under_way_; }

  // When what waits is due; nothing if nothing waits.
  std::optional<Time> due() const { return due_; }

  // REQUIRES: none is under way.
  std::vector<JournalOperation> start() {
    invariant(!under_way_, "J1: one journal transaction is under way at a time");
    under_way_ = true;
    due_.reset();
    tickets_under_way_ = std::exchange(tickets_waiting_, {});
    return std::exchange(waiting_, {});
  }

  std::vector<Ticket> finish() {
    invariant(under_way_, "J1: what is durable was ordered");
    under_way_ = false;
    return std::exchange(tickets_under_way_, {});
  }

 private:
  std::vector<JournalOperation> waiting_;
  std::vector<Ticket> tickets_waiting_;
  std::vector<Ticket> tickets_under_way_;
  std::optional<Time> due_;
  bool under_way_ = false;
};

}  // namespace assent::participant
