// What a coordinator's answer about a transaction says.
#pragma once

#include <optional>

#include "assent/transaction_id.h"
#include "assent/transaction_outcome.h"
#include "thrift/rpc/methods.h"

namespace assent::sdk {

// The end of transaction `id`, without results; nothing if it is in progress, or if the answer makes no sense: then
// nothing is known.
std::optional<Outcome> read_outcome(const TransactionId& id, const wire::Outcome& answer);

}  // namespace assent::sdk
