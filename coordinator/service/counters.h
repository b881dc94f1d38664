// What the threads of a coordinator count, and how operators read it.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string_view>

#include "assent/time.h"
#include "coordinator/core/records.h"
#include "coordinator/log/decision_log.h"
#include "operators_types.h"
#include "thrift/daemon/distribution.h"

namespace assent::coordinator {

// Events that the core took in one turn.
struct TurnCounters {
  daemon::Distribution events;
  daemon::Distribution wait;  // from when the first of them came
};

// What a block of the log is forced for: the first of these that it holds a record of.
enum class ForcedFor : std::uint8_t {
  kCommit,  // a decision: clients and stores wait for it
  kStore,   // a registration: its participant waits
  kEnd,     // what waited in vain for a force to ride on: ends, and what is forgotten
};

std::string_view to_string(ForcedFor purpose);
ForcedFor purpose_of(std::span<const LogRecord> records);

// Blocks of the log.
struct LogCounters {
  std::map<ForcedFor, std::uint64_t> forces;
  daemon::Distribution records;
  daemon::Distribution bytes;
  daemon::Distribution wait;   // from when the force was asked for until the thread began with it
  daemon::Distribution force;  // the writing, and the force
  Duration cpu{};              // of the log's thread
};

wire::LogCounters to_wire(const LogCounters& counters, const LogStatus& status);

}  // namespace assent::coordinator
