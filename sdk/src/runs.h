// An interactive transaction that is run until it has committed, by callers that do not wait.
#pragma once

#include <functional>
#include <memory>

#include "assent/isolation_level.h"
#include "assent/transaction_outcome.h"
#include "sdk/src/active_transaction.h"
#include "sdk/src/completion.h"
#include "sdk/src/session.h"

namespace assent::sdk {

// One run: what it does with the transaction, and then, from inside, the end of that, which is followed by the commit,
// if it has not committed itself, or, after a failure, by the abort.
using RunFunction = std::function<void(const std::shared_ptr<ActiveTransaction>&, Completion<void>)>;

// As Client::run() does: again after a known abort that is worth another run, each time with a transaction of its own
// and the first begin stamp.
void run_until_committed(const std::shared_ptr<Session>& session, RunFunction function, Return when,
                         IsolationLevel level, Completion<Outcome> done);

}  // namespace assent::sdk
