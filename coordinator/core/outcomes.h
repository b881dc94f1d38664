// Outcomes: the ended commits, kept for the retention time so that whoever asks hears *committed*; then forgotten.
//
//   O1  A commit is kept until it has been ended for the retention time, and has been released to its stores.
//   O2  Below forgotten-through an id without a record is *forgotten*, never *aborted*.
//   O3  Commits are forgotten in the order of their ids, so that no outcome is lost early to a larger id's.
//   O4  No id is passed while the end record of its commit is on its way to the disk: the log, which reads the records
//       in their order, would forget the commit together with what ended long ago.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "assent/time.h"
#include "coordinator/core/records.h"
#include "coordinator/core/release.h"

namespace assent::coordinator {

class Outcomes {
 public:
  // Looks for what can be forgotten once in `interval`, so that one record forgets many.
  Outcomes(Duration retention, Duration interval, std::optional<TransactionId> forgotten_through);

  // The end record of this commit is appended.
  void ends(const TransactionId& id) { ending_.insert(id); }

  // REQUIRES: its end record, which names the stores whose operators had decided otherwise, is durable.
  void retain(CommitRecord record, std::vector<std::string> contradicting, Time now);

  // The commit of this id, if it is kept.
  const CommitRecord* find(const TransactionId& id) const;

  // The stores at which an operator had aborted it: heuristic-mixed. REQUIRES: find(id).
  const std::vector<std::string>& contradicting(const TransactionId& id) const;

  // How long ago the commit of this id ended. REQUIRES: find(id).
  Duration age(const TransactionId& id, Time now) const;

  // An id that has no record and is not known otherwise may have committed long ago.
  bool may_be_forgotten(const TransactionId& id) const;

  // Deletes what has been kept long enough; the record of it, if there was anything.
  std::optional<ForgottenRecord> forget(Time now, const Released& released);

  // When forget() is due next.
  std::optional<Time> next_deadline() const;

 private:
  struct Retained {
    CommitRecord record;
    std::vector<std::string> contradicting;
    Time until;
  };

  const Duration retention_;
  const Duration interval_;
  std::optional<TransactionId> forgotten_through_;
  std::map<TransactionId, Retained> retained_;
  std::set<TransactionId> ending_;  // with an end record that is not durable yet
  Time not_before_;                 // when forget() may run again
};

}  // namespace assent::coordinator
