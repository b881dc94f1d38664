#include "coordinator/ctl/counters_tables.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>

namespace assent::ctl {

namespace {

std::string text(std::int64_t number) {
  return std::to_string(number);
}

}  // namespace

std::int64_t at_most(const wire::Distribution& distribution, std::int64_t percent) {
  std::int64_t seen = 0;
  std::int64_t limit = 0;  // of the values that have no more bits than those that were seen
  for (const auto count : distribution.by_bits) {
    seen += count;
    if (seen * 100 >= distribution.count * percent) break;
    limit = limit > std::numeric_limits<std::int64_t>::max() / 2 ? limit : 2 * limit + 1;
  }
  return std::min(limit, distribution.max);
}

void CountersTables::add(const std::string& address, const wire::CoordinatorStatus& status) {
  const auto& counters = status.counters;
  add(address, "callers", counters.callers);
  add(address, "stores", counters.stores);
  add(address, counters.log);
  add_aborts(address, status.aborted_by_reason);
  add(address, "events of a turn", counters.turn_events);
  add(address, "wait for a turn, µs", counters.turn_wait_us);
  processor_.add({address, "network", text(counters.network_cpu_us)});
  processor_.add({address, "log", text(counters.log.cpu_us)});
}

void CountersTables::add(const std::string& address, const wire::ParticipantStatus& status) {
  add(address, "callers", status.counters.callers);
  add(address, "coordinators", status.counters.coordinators);
  processor_.add({address, "network", text(status.counters.network_cpu_us)});
  for (const auto& store : status.stores) {
    if (store.offline.empty()) add(store.store, store.counters);
  }
}

void CountersTables::add(const std::string& store, const wire::StoreCounters& counters) {
  branches_.add({store, text(counters.prepared), text(counters.committed), text(counters.aborted),
                 text(counters.wounded), text(counters.lock_waits)});
  add_aborts(store, counters.aborted_by_reason);
  for (const auto& [purpose, count] : counters.forces) forces_.add({store, purpose, text(count)});
  disks_.add({store, text(counters.syncs), text(counters.written_bytes)});
  add(store, "items of a batch", counters.batch_items);
  add(store, "wait for a batch, µs", counters.batch_wait_us);
  add(store, "run of statements, µs", counters.run_us);
  add(store, "wait for locks, µs", counters.lock_wait_us);
  add(store, "operations of a journal transaction", counters.journal_operations);
  add(store, "journal transaction, µs", counters.journal_us);
  processor_.add({store, "store", text(counters.cpu_us)});
}

void CountersTables::add(const std::string& address, const wire::LogCounters& counters) {
  for (const auto& [purpose, count] : counters.forces) forces_.add({address, purpose, text(count)});
  disks_.add({address, text(counters.syncs), text(counters.written_bytes)});
  add(address, "records of a block", counters.records);
  add(address, "bytes of a block", counters.block_bytes);
  add(address, "wait for a force, µs", counters.wait_us);
  add(address, "force of a block, µs", counters.force_us);
}

void CountersTables::add(const std::string& of, const std::string& with, const wire::ConnectionCounters& counters) {
  for (const auto& method : counters.methods) {
    messages_.add({of, with, method.method, text(method.requests), text(method.request_bytes), text(method.answers),
                   text(method.answer_bytes)});
  }
  connections_.add({of, with, text(counters.connections), text(counters.reads), text(counters.bytes_in),
                    text(counters.writes), text(counters.bytes_out)});
}

void CountersTables::add_aborts(const std::string& of, const std::map<std::string, std::int64_t>& by_reason) {
  for (const auto& [reason, count] : by_reason) aborts_.add({of, reason, text(count)});
}

void CountersTables::add(const std::string& of, const std::string& what, const wire::Distribution& distribution) {
  if (distribution.count == 0) return;
  distributions_.add({of, what, text(distribution.count), text(distribution.sum / distribution.count),
                      text(at_most(distribution, 50)), text(at_most(distribution, 99)), text(distribution.max)});
}

std::string CountersTables::to_string() const {
  std::string text;
  for (const auto& [headline, table] :
       {std::pair("messages", &messages_), std::pair("connections", &connections_),
        std::pair("forced writes", &forces_), std::pair("disks", &disks_), std::pair("branches", &branches_),
        std::pair("aborts", &aborts_), std::pair("sizes and times", &distributions_),
        std::pair("processor", &processor_)}) {
    if (table->empty()) continue;
    text += (text.empty() ? "" : "\n") + std::string(headline) + "\n\n" + table->to_string();
  }
  return text;
}

}  // namespace assent::ctl
