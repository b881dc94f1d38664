#include "tests/crash/raw_calls.h"

#include "thrift/rpc/convert.h"
#include "thrift/rpc/methods.h"

namespace assent::tests {

wire::Statement add_to_account(std::int64_t account, std::int64_t amount) {
  return rpc::to_wire(Statement{
      "UPDATE accounts SET balance = balance + ?2 WHERE id = ?1", {Value(account), Value(amount)}, std::nullopt});
}

wire::Lease lease(Cluster& cluster) {
  wire::LeaseRequest request;
  request.count = 1;
  return cluster.call(Process::kCoordinator, rpc::methods::kLease, request);
}

wire::ExecuteRequest first_statement(const wire::Lease& lease, Process store, std::int64_t amount) {
  wire::ExecuteRequest request;
  request.store = Cluster::name(store);
  request.id = lease.first;
  request.begin_stamp = lease.begin_stamp;
  request.statement = add_to_account(2, amount);
  request.timeout_ms = 2000;
  return request;
}

wire::TouchedBranch touched(const wire::ExecuteRequest& request, const wire::ExecuteAnswer& answer) {
  wire::TouchedBranch branch;
  branch.store = request.store;
  branch.branch = answer.branch;
  branch.statement_count = 1;
  return branch;
}

wire::PrepareRequest prepare(Cluster& cluster, Process store, const wire::TransactionId& id,
                             const wire::BranchNumber& branch) {
  wire::PrepareRequest request;
  request.coordinator = cluster.view();
  request.store = Cluster::name(store);
  request.id = id;
  request.branch = branch;
  request.statement_count = 1;
  request.stores = {request.store};
  request.opening = cluster.store_status(store).opening;
  return request;
}

wire::Acknowledgement decide(Cluster& cluster, const wire::BranchStatus& branch, wire::DecisionKind::type kind) {
  wire::DecideRequest request;
  request.store = "a";
  request.coordinator = cluster.view();
  request.opening = cluster.store_status(Process::kStoreA).opening;
  request.decisions.emplace_back();
  request.decisions[0].id = branch.id;
  request.decisions[0].__set_branch(branch.branch);
  request.decisions[0].kind = kind;
  request.decisions[0].commit_position = request.coordinator.durable_position + 1;
  return cluster.call(Process::kStoreA, rpc::methods::kDecide, request).acknowledgements.at(0);
}

}  // namespace assent::tests
