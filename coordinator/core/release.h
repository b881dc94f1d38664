// Release: which commits stores may forget.
//
//   R1  A commit is released only once its end record is durable. (Else the end record is lost in a crash, the commit
//       is sent again, and the store knows nothing of it.)
//   R2  What is released stays released: Released only grows.
//   R3  Positions that hold no commit count as released; positions that are not durable yet do not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <set>

#include "assent/coordinator_view.h"

namespace assent::coordinator {

class Release {
 public:
  // A commit record stands at this position, or is on its way there.
  void commit_recorded(Position commit) { unended_.insert(commit); }

  // REQUIRES: its end record is durable.
  void end_durable(Position commit) { unended_.erase(commit); }

  // Commit records without a durable end record.
  std::size_t unended() const { return unended_.size(); }

  // What stores are told: as far as the number of exceptions allows.
  Released view(Position durable, std::size_t most_exceptions) const;

 private:
  std::set<Position> unended_;
};

}  // namespace assent::coordinator
