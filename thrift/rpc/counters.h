// What a channel or a server has done since it was made: for metrics, and for tests of what leaves together.
#pragma once

#include <cstdint>

namespace assent::rpc {

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
};

}  // namespace assent::rpc
