// A batch, sent to the coordinator as one transaction.
#pragma once

#include <cstdint>

#include "assent/batch.h"
#include "assent/isolation_level.h"
#include "assent/transaction_outcome.h"
#include "sdk/src/lease_pool.h"
#include "sdk/src/session.h"

namespace assent::sdk {

// Sends the batch once, under this id, and returns if it has committed. Throws Aborted, OutcomeUnknown,
// InvalidArgument; Unavailable or Overloaded if it was not taken in. REQUIRES: the batch is not empty.
Outcome submit_once(Session& session, const Batch& batch, Return when, const LeasedId& leased,
                    std::uint64_t begin_stamp, IsolationLevel level);

}  // namespace assent::sdk
