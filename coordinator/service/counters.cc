#include "coordinator/service/counters.h"

#include <algorithm>
#include <string>
#include <variant>

#include "thrift/rpc/convert.h"

namespace assent::coordinator {

std::string_view to_string(ForcedFor purpose) {
  switch (purpose) {
    case ForcedFor::kCommit: return "commit";
    case ForcedFor::kStore: return "store";
    case ForcedFor::kEnd: return "end";
  }
  return "invalid";
}

ForcedFor purpose_of(std::span<const LogRecord> records) {
  const auto holds = [records](auto is_one) { return std::any_of(records.begin(), records.end(), is_one); };
  if (holds([](const LogRecord& record) { return std::holds_alternative<CommitRecord>(record); })) {
    return ForcedFor::kCommit;
  }
  return holds([](const LogRecord& record) { return std::holds_alternative<StoreRecord>(record); }) ? ForcedFor::kStore
                                                                                                    : ForcedFor::kEnd;
}

wire::LogCounters to_wire(const LogCounters& counters, const LogStatus& status) {
  wire::LogCounters message;
  for (const auto& [purpose, count] : counters.forces) {
    message.forces[std::string(to_string(purpose))] = rpc::bits(count);
  }
  message.syncs = rpc::bits(status.syncs);
  message.written_bytes = rpc::bits(status.written_bytes);
  message.records = to_wire(counters.records);
  message.block_bytes = to_wire(counters.bytes);
  message.wait_us = to_wire(counters.wait);
  message.force_us = to_wire(counters.force);
  message.cpu_us = daemon::to_microseconds(counters.cpu);
  return message;
}

}  // namespace assent::coordinator
