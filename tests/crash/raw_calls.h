// What a client or a coordinator says, made by hand, for tests of what none of ours would say.
#pragma once

#include <cstdint>

#include "tests/crash/cluster.h"

namespace assent::tests {

wire::Statement add_to_account(std::int64_t account, std::int64_t amount);

// An id for one transaction.
wire::Lease lease(Cluster& cluster);

wire::ExecuteRequest first_statement(const wire::Lease& lease, Process store, std::int64_t amount);

// The branch that began with this statement, for a commit.
wire::TouchedBranch touched(const wire::ExecuteRequest& request, const wire::ExecuteAnswer& answer);

// Asks a store for its vote on a branch of one statement, as the coordinator would that has accepted its opening.
wire::PrepareRequest prepare(Cluster& cluster, Process store, const wire::TransactionId& id,
                             const wire::BranchNumber& branch);

// The only acknowledgement of a decision about one branch of store a.
wire::Acknowledgement decide(Cluster& cluster, const wire::BranchStatus& branch, wire::DecisionKind::type kind);

}  // namespace assent::tests
