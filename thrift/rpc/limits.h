// Every limit of a connection, for both sides. Thrift's own defaults let ten bytes allocate a gigabyte.
#pragma once

#include <cstddef>
#include <cstdint>

#include "assent/time.h"

namespace assent::rpc {

struct Limits {
  std::uint32_t frame_bytes = 8U << 20U;   // a larger frame closes the connection
  std::uint32_t string_bytes = 8U << 20U;  // of one string or blob, never more than its frame holds
  // Of all lists and maps of one message together, and of each never more than bytes are left in the frame. An element
  // takes at least 1 byte on the wire and about 100 in memory. Strangers send requests; those who were asked, answers.
  std::uint32_t request_elements = 1U << 16U;
  std::uint32_t answer_elements = 1U << 20U;
  std::uint32_t recursion_depth = 16;
  std::size_t outstanding_calls = 4096;   // of one connection; a server stops reading, a channel refuses
  std::size_t output_bytes = 32U << 20U;  // queued for one connection; past it, a peer that does not read is closed
  std::size_t connections = 4096;         // of one server; past it, an idle one makes room
  Duration connect_timeout = std::chrono::seconds(2);
  Duration write_timeout = std::chrono::seconds(10);       // without any progress
  Duration read_timeout = std::chrono::seconds(10);        // of a frame that has begun, without any progress
  Duration frame_timeout = std::chrono::seconds(60);       // of a whole frame, from its first byte
  Duration idle_timeout = std::chrono::minutes(10);        // of a server's connection without outstanding calls
  Duration backoff_first = std::chrono::milliseconds(20);  // before a channel connects again; doubles
  Duration backoff_ceiling = std::chrono::seconds(1);
};

}  // namespace assent::rpc
