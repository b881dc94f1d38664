// What a channel or a server has done since it was made: for metrics, and for tests of what leaves together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "operators_types.h"

namespace assent::rpc {

// The calls of one method as messages: frames, with their lengths.
struct MethodCounters {
  std::uint64_t requests = 0;
  std::uint64_t request_bytes = 0;
  std::uint64_t answers = 0;  // also faults and exceptions
  std::uint64_t answer_bytes = 0;

  void request(std::size_t frame_bytes) {
    ++requests;
    request_bytes += frame_bytes;
  }
  void answer(std::size_t frame_bytes) {
    ++answers;
    answer_bytes += frame_bytes;
  }
};

struct Counters {
  std::uint64_t connections = 0;  // made or accepted
  std::uint64_t reads = 0;        // system calls that brought bytes
  std::uint64_t writes = 0;       // system calls that took bytes
  std::uint64_t frames_in = 0;
  std::uint64_t frames_out = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t bad_frames = 0;  // each closed its connection
  // Of servers:
  std::uint64_t refused_connections = 0;  // closed at once: there were too many
  std::uint64_t evicted_connections = 0;  // closed for one that came later: no other had been idle for longer
  std::uint64_t slow_peers = 0;           // closed: slow to read, to end a frame or to say hello, or idle too long

  // By name: of a channel what was called, of a server what it has. An entry stays where it is.
  std::map<std::string, MethodCounters, std::less<>> methods;
};

// Without methods that no message was about.
wire::ConnectionCounters to_wire(const Counters& counters);

}  // namespace assent::rpc
