#include "thrift/rpc/counters.h"

namespace assent::rpc {

namespace {

std::int64_t signed_of(std::uint64_t number) {
  return static_cast<std::int64_t>(number);
}

}  // namespace

wire::ConnectionCounters to_wire(const Counters& counters) {
  wire::ConnectionCounters message;
  message.connections = signed_of(counters.connections);
  message.reads = signed_of(counters.reads);
  message.writes = signed_of(counters.writes);
  message.bytes_in = signed_of(counters.bytes_in);
  message.bytes_out = signed_of(counters.bytes_out);
  message.bad_frames = signed_of(counters.bad_frames);
  message.slow_peers = signed_of(counters.slow_peers);
  message.refused_connections = signed_of(counters.refused_connections);
  message.evicted_connections = signed_of(counters.evicted_connections);
  for (const auto& [name, method] : counters.methods) {
    if (method.requests == 0 && method.answers == 0) continue;
    auto& one = message.methods.emplace_back();
    one.method = name;
    one.requests = signed_of(method.requests);
    one.request_bytes = signed_of(method.request_bytes);
    one.answers = signed_of(method.answers);
    one.answer_bytes = signed_of(method.answer_bytes);
  }
  return message;
}

}  // namespace assent::rpc
