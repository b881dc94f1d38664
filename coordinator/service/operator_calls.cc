// What operators ask of a coordinator: it only looks.
#include <utility>

#include "coordinator/service/coordinator_service.h"
#include "coordinator/service/wire.h"
#include "thrift/daemon/clock.h"
#include "thrift/rpc/convert.h"

namespace assent::coordinator {

namespace methods = rpc::methods;

void CoordinatorService::serve_operators() {
  server_.on(methods::kCoordinatorStatus,
             [this](wire::Empty&&, rpc::Responder<wire::CoordinatorStatus> respond) { respond(status()); });
  server_.on(methods::kStores, [this](wire::Empty&&, rpc::Responder<wire::StoreStatuses> respond) {
    wire::StoreStatuses statuses;
    for (const auto& store : driver_->core().stores(daemon::now())) statuses.stores.push_back(to_wire(store));
    respond(statuses);
  });
  server_.on(methods::kTransactions, [this](wire::Empty&&, rpc::Responder<wire::TransactionStatuses> respond) {
    auto summaries = driver_->core().transactions(settings_.listed + 1, daemon::now());
    wire::TransactionStatuses statuses;
    statuses.more = summaries.size() > settings_.listed;
    if (statuses.more) summaries.pop_back();
    for (const auto& summary : summaries) statuses.transactions.push_back(to_wire(summary));
    respond(statuses);
  });
  server_.on(methods::kShow, [this](wire::ShowRequest&& request, rpc::Responder<wire::TransactionStatus> respond) {
    const auto id = rpc::from_wire(request.id);
    const auto summary = driver_->core().transaction(id, daemon::now());
    if (summary) return respond(to_wire(*summary));
    respond.fault(
        wire::FaultCode::NOT_FOUND,
        "transaction " + to_string(id) +
            (driver_->core().is_proven()
                 ? " is not known here: it has not begun, was aborted, or ended longer ago than outcomes are kept"
                 : " is not in this decision log, which no store has shown to be the newest yet: start the "
                   "participants"));
  });
}

wire::CoordinatorStatus CoordinatorService::status() const {
  const auto& core = driver_->core();
  const auto line = core.view().line;
  const auto log = driver_->log_status();
  const auto& counters = core.counters();
  wire::CoordinatorStatus status;
  status.log = static_cast<std::int64_t>(line.log);
  status.epoch = static_cast<std::int64_t>(line.epoch);
  status.durable_position = static_cast<std::int64_t>(line.durable);
  status.log_bytes = static_cast<std::int64_t>(log.bytes);
  status.active = static_cast<std::int32_t>(core.active());
  status.committing = static_cast<std::int32_t>(core.committing());
  status.committed = static_cast<std::int64_t>(counters.committed);
  status.aborted = static_cast<std::int64_t>(counters.aborted);
  status.forces = static_cast<std::int64_t>(log.forces);
  for (const auto& [reason, count] : counters.aborted_by_reason) {
    status.aborted_by_reason[std::string(to_string(reason))] = static_cast<std::int64_t>(count);
  }
  status.uptime_ms = rpc::to_milliseconds(daemon::now() - started_);
  status.draining = core.draining();
  status.unended_records = static_cast<std::int64_t>(core.unended_records());
  status.program = settings_.program;
  status.insecure = settings_.insecure;
  status.alarms = static_cast<std::int64_t>(counters.alarms);
  status.log_out_of_space = log.out_of_space;
  status.proven = core.is_proven();
  status.counters = counted();
  return status;
}

wire::CoordinatorCounters CoordinatorService::counted() const {
  wire::CoordinatorCounters counters;
  counters.callers = to_wire(server_.counters());
  counters.stores = to_wire(driver_->link_counters());
  counters.log = to_wire(driver_->log_counters(), driver_->log_status());
  counters.turn_events = to_wire(driver_->turn_counters().events);
  counters.turn_wait_us = to_wire(driver_->turn_counters().wait);
  counters.network_cpu_us = daemon::to_microseconds(daemon::thread_cpu_time());
  return counters;
}

}  // namespace assent::coordinator
