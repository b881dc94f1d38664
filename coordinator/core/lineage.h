// Lineage: the starts of this decision log, and how its own line is told from another log's, or from a line that
// parted from it when a log was copied.
//
//   N1  There is a present start: its epoch and nonce were durable before this object was made.
//   N2  The starts before a restoration are not known here, so that a store that was not asked by it is told from those
//       that were; but their ids are this log's.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "assent/coordinator_view.h"
#include "assent/transaction_id.h"
#include "coordinator/core/records.h"

namespace assent::coordinator {

class Lineage {
 public:
  // `starts` are all since the log was created or restored; the last one is the present epoch.
  Lineage(LogIdentity log, std::map<Epoch, Start> starts);

  LogIdentity log() const { return log_; }
  Epoch epoch() const { return starts_.rbegin()->first; }
  Nonce nonce() const { return starts_.rbegin()->second.nonce; }

  // There was none before it, and no restoration.
  bool is_first() const { return starts_.size() == 1; }

  // It is from an epoch of this log that has come.
  bool owns(const TransactionId& id) const;

  // Why a store that has seen `seen` of this log cannot have seen it from this line, whose log is durable through
  // `durable`; nothing if it can.
  std::optional<std::string> conflict(const CoordinatorLine& seen, Position durable) const;

 private:
  const LogIdentity log_;
  const std::map<Epoch, Start> starts_;
};

}  // namespace assent::coordinator
