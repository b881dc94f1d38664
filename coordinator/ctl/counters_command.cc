// What daemons have done in numbers.
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "coordinator/ctl/commands.h"
#include "coordinator/ctl/counters_tables.h"
#include "thrift/rpc/methods.h"

namespace assent::ctl {

namespace methods = rpc::methods;

namespace {

Json to_json(const std::map<std::string, std::int64_t>& counts) {
  Json::Object object;
  for (const auto& [name, count] : counts) object.emplace_back(name, count);
  return object;
}

Json to_json(const wire::Distribution& distribution) {
  return Json::Object{{"count", distribution.count},
                      {"sum", distribution.sum},
                      {"max", distribution.max},
                      {"by_bits", Json::Array(distribution.by_bits.begin(), distribution.by_bits.end())}};
}

Json to_json(const wire::ConnectionCounters& counters) {
  Json::Object by_method;
  for (const auto& method : counters.methods) {
    by_method.emplace_back(method.method, Json::Object{{"requests", method.requests},
                                                       {"request_bytes", method.request_bytes},
                                                       {"answers", method.answers},
                                                       {"answer_bytes", method.answer_bytes}});
  }
  return Json::Object{{"connections", counters.connections},
                      {"reads", counters.reads},
                      {"writes", counters.writes},
                      {"bytes_in", counters.bytes_in},
                      {"bytes_out", counters.bytes_out},
                      {"methods", std::move(by_method)},
                      {"bad_frames", counters.bad_frames},
                      {"slow_peers", counters.slow_peers},
                      {"refused_connections", counters.refused_connections},
                      {"evicted_connections", counters.evicted_connections}};
}

Json to_json(const wire::LogCounters& counters) {
  return Json::Object{{"forces", to_json(counters.forces)},           {"syncs", counters.syncs},
                      {"written_bytes", counters.written_bytes},      {"records", to_json(counters.records)},
                      {"block_bytes", to_json(counters.block_bytes)}, {"wait_us", to_json(counters.wait_us)},
                      {"force_us", to_json(counters.force_us)},       {"cpu_us", counters.cpu_us}};
}

Json to_json(const std::string& address, const wire::CoordinatorStatus& status) {
  const auto& counters = status.counters;
  return Json::Object{{"address", address},
                      {"committed", status.committed},
                      {"aborted", status.aborted},
                      {"aborted_by_reason", to_json(status.aborted_by_reason)},
                      {"callers", to_json(counters.callers)},
                      {"stores", to_json(counters.stores)},
                      {"log", to_json(counters.log)},
                      {"turn_events", to_json(counters.turn_events)},
                      {"turn_wait_us", to_json(counters.turn_wait_us)},
                      {"network_cpu_us", counters.network_cpu_us}};
}

Json to_json(const std::string& store, const wire::StoreCounters& counters) {
  return Json::Object{{"store", store},
                      {"prepared", counters.prepared},
                      {"committed", counters.committed},
                      {"aborted", counters.aborted},
                      {"aborted_by_reason", to_json(counters.aborted_by_reason)},
                      {"wounded", counters.wounded},
                      {"forces", to_json(counters.forces)},
                      {"syncs", counters.syncs},
                      {"writes", counters.writes},
                      {"written_bytes", counters.written_bytes},
                      {"reads", counters.reads},
                      {"journal_operations", to_json(counters.journal_operations)},
                      {"journal_us", to_json(counters.journal_us)},
                      {"batch_items", to_json(counters.batch_items)},
                      {"batch_wait_us", to_json(counters.batch_wait_us)},
                      {"run_us", to_json(counters.run_us)},
                      {"lock_waits", counters.lock_waits},
                      {"lock_wait_us", to_json(counters.lock_wait_us)},
                      {"cpu_us", counters.cpu_us}};
}

Json to_json(const std::string& address, const wire::ParticipantStatus& status) {
  Json::Array stores;
  for (const auto& store : status.stores) {
    if (store.offline.empty()) stores.push_back(to_json(store.store, store.counters));
  }
  return Json::Object{{"address", address},
                      {"callers", to_json(status.counters.callers)},
                      {"coordinators", to_json(status.counters.coordinators)},
                      {"network_cpu_us", status.counters.network_cpu_us},
                      {"stores", std::move(stores)}};
}

// Of every store that is not refused.
Result<std::set<std::string>> addresses_of_participants(Console& console) {
  const auto statuses = console.call(console.coordinator(), methods::kStores, {});
  if (!statuses) return statuses.error();
  std::set<std::string> addresses;
  for (const auto& store : statuses->stores) {
    if (store.refused.empty()) addresses.insert(store.address);
  }
  return addresses;
}

}  // namespace

Result<Report> counters(Console& console) {
  Json::Object json;
  CountersTables tables;
  std::set<std::string> participants{console.participant()};
  if (console.participant().empty()) {
    const auto status = console.call(console.coordinator(), methods::kCoordinatorStatus, {});
    if (!status) return status.error();
    json.emplace_back("coordinator", to_json(console.coordinator(), *status));
    tables.add(console.coordinator(), *status);
    auto found = addresses_of_participants(console);
    if (!found) return found.error();
    participants = std::move(*found);
  }
  Json::Array answers;
  std::optional<Error> problem;
  for (const auto& address : participants) {
    const auto status = console.call(address, methods::kParticipantStatus, {});
    if (!status) {
      problem = status.error();
      continue;
    }
    answers.push_back(to_json(address, *status));
    tables.add(address, *status);
  }
  json.emplace_back("participants", std::move(answers));
  return Report{std::move(json), tables.to_string(), std::move(problem)};
}

}  // namespace assent::ctl
