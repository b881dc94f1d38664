// RememberedEnds: how branches ended, for late and repeated calls to be told. A courtesy: it is bounded and lost in a
// restart, and nothing that must be right depends on it.
#pragma once

#include <cstddef>
#include <deque>
#include <map>

#include "assent/outcome.h"
#include "assent/transaction_id.h"

namespace assent::participant {

enum class EndKind {
  kAborted,
  kReadOnly,  // it was asked to prepare, had written nothing, and let go of its locks
  kReleased,  // it committed, and its coordinator will not speak of it again
};

struct End {
  BranchNumber branch;  // kNoBranch: the transaction was aborted before it reached this store
  EndKind kind = EndKind::kAborted;
  AbortCause cause;  // of kAborted
};

class RememberedEnds {
 public:
  explicit RememberedEnds(std::size_t limit) : limit_(limit) {}

  void remember(const TransactionId& id, End end) {
    if (ends_.insert_or_assign(id, std::move(end)).second) oldest_first_.push_back(id);
    if (oldest_first_.size() <= limit_) return;
    ends_.erase(oldest_first_.front());
    oldest_first_.pop_front();
  }

  // Null if it is not known. Valid until the next remember().
  const End* find(const TransactionId& id) const {
    const auto found = ends_.find(id);
    return found == ends_.end() ? nullptr : &found->second;
  }

 private:
  std::size_t limit_;
  std::map<TransactionId, End> ends_;
  std::deque<TransactionId> oldest_first_;
};

}  // namespace assent::participant
