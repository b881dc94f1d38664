// Outcomes: which commits have ended, kept for the retention time so that whoever asks hears *committed*; then
// forgotten.
//
// Of a commit that has ended nothing else is asked: every store has acknowledged it, and may forget it. So a bit is
// enough for each, and a word of 64 ids is forgotten when the last of them has been kept for long enough.
//
//   O1  A commit is kept until it has been ended for the retention time.
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
#include "coordinator/core/id_words.h"
#include "coordinator/core/records.h"

namespace assent::coordinator {

class Outcomes {
 public:
  // With what the log remembers, which is kept for the retention time anew.
  // Looks for what can be forgotten once in `interval`, so that one record forgets many.
  Outcomes(Duration retention, Duration interval, const LogState& recovered, Time now);

  // The end record of this commit is appended.
  void ends(const TransactionId& id) { ending_.insert(id); }

  // REQUIRES: its end record, which names the stores whose operators had decided otherwise, is durable.
  void retain(const TransactionId& id, std::vector<std::string> contradicting, Time now);

  // Whether the commit of this id has ended, and is kept.
  bool has_ended(const TransactionId& id) const;

  // The stores at which an operator had aborted it: heuristic-mixed.
  std::vector<std::string> contradicting(const TransactionId& id) const;

  // It has ended at least so long ago: so long ago the last of its word has. REQUIRES: has_ended(id).
  Duration age(const TransactionId& id, Time now) const;

  // An id that has no record and is not known otherwise may have committed long ago.
  bool may_be_forgotten(const TransactionId& id) const;

  // Deletes what has been kept long enough; the record of it, if there was anything.
  std::optional<ForgottenRecord> forget(Time now);

  // When forget() is due next.
  std::optional<Time> next_deadline() const;

 private:
  struct Word {
    IdWord ids{};
    Time until;  // of the last of them
  };

  const Duration retention_;
  const Duration interval_;
  std::optional<TransactionId> forgotten_through_;
  std::map<TransactionId, Word> words_;
  std::map<TransactionId, std::vector<std::string>> mixed_;
  std::set<TransactionId> ending_;  // with an end record that is not durable yet
  Time not_before_;                 // when forget() may run again
};

}  // namespace assent::coordinator
