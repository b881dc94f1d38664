#include "thrift/rpc/counters.h"

#include "thrift/rpc/convert.h"

namespace assent::rpc {

wire::ConnectionCounters to_wire(const Counters& counters) {
  wire::ConnectionCounters message;
  message.connections = bits(counters.connections);
  message.reads = bits(counters.reads);
  message.writes = bits(counters.writes);
  message.bytes_in = bits(counters.bytes_in);
  message.bytes_out = bits(counters.bytes_out);
  message.bad_frames = bits(counters.bad_frames);
  message.slow_peers = bits(counters.slow_peers);
  message.refused_connections = bits(counters.refused_connections);
  message.evicted_connections = bits(counters.evicted_connections);
  for (const auto& [name, method] : counters.methods) {
    if (method.requests == 0 && method.answers == 0) continue;
    auto& one = message.methods.emplace_back();
    one.method = name;
    one.requests = bits(method.requests);
    one.request_bytes = bits(method.request_bytes);
    one.answers = bits(method.answers);
    one.answer_bytes = bits(method.answer_bytes);
  }
  return message;
}

}  // namespace assent::rpc
