// A batch, sent to the coordinator as one transaction.
#pragma once

#include <memory>

#include "assent/batch.h"
#include "assent/isolation_level.h"
#include "assent/transaction_outcome.h"
#include "sdk/src/completion.h"
#include "sdk/src/session.h"

namespace assent::sdk {

// Runs the batch, and again after a known abort that is worth another run, each time under an id of its own and with
// the first begin stamp. Ends with the outcome of the run that has committed, or with Aborted, OutcomeUnknown,
// InvalidArgument; Unavailable or Overloaded if it was not taken in.
void submit(const std::shared_ptr<Session>& session, Batch batch, Return when, IsolationLevel level,
            Completion<Outcome> done);

}  // namespace assent::sdk
