// What may go wrong, or happen at all, and how often: each is one decision that a run can be told to leave out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "assent/time.h"

namespace assent::simulation {

enum class Incident : std::uint8_t {
  kLoss,          // of one message
  kRepetition,    // of one message: it arrives twice
  kDelay,         // of one message, one forced write or one run of statements: it takes up to `longest`
  kCrash,         // before, or after, a process performs any one effect
  kDiskCrash,     // a process dies in a forced write
  kPowerLoss,     // with a process, or while it does not open
  kDiskError,     // in one run, journal transaction or opening: an operation on the disk fails, once or for good
  kFullDisk,      // every 100 ms: a disk is full for up to `longest`
  kPartition,     // every 100 ms: a link carries nothing for up to `longest`
  kOneWay,        // … nothing in one direction
  kClog,          // … a link keeps what it carries for up to `longest`, and then delivers all of it
  kPause,         // every 100 ms: a process stands still for up to twice `longest`
  kClockJump,     // every 100 ms: a process's clock leaps ahead by up to four times `longest`
  kStandstill,    // every 100 ms, in few worlds: as one of the last two, for longer than any lease and transaction
  kBlackout,      // every 100 ms: the power fails for all processes at once
  kFlippedBit,    // on a copy of the disk, when a coordinator or a store starts: it must be told
  kOldCopy,       // a store that died comes back as an old copy of its file
  kOldLog,        // every 100 ms: an old copy of a coordinator's log is served beside it, for up to twice `longest`
  kReplacement,   // every 100 ms, of a coordinator that stands still: another process is started on its disk
  kLostLog,       // a coordinator that died has lost its log, of which old copies are left
  kLostStore,     // … and a store is lost with it, for good
  kResolution,    // every 100 ms: an operator who knows the outcome resolves what is in doubt at a store
  kGuess,         // of such an operator: he does not know
  kSchemaChange,  // every 100 ms: an operator changes the schema of a store
  kDrain,         // every 100 ms: a process is told to finish, and restarted after a while
  kClientDeath,   // of a client, once in a transaction
  kTransaction,   // a client begins one
};
inline constexpr std::size_t kIncidents = 27;

inline constexpr std::array<std::string_view, kIncidents> kIncidentNames = {
    "loss",       "repetition",  "delay",         "crash",   "disk-crash",   "power-loss", "disk-error",
    "full-disk",  "partition",   "one-way",       "clog",    "pause",        "clock-jump", "standstill",
    "blackout",   "flipped-bit", "old-copy",      "old-log", "replacement",  "lost-log",   "lost-store",
    "resolution", "guess",       "schema-change", "drain",   "client-death", "transaction"};

// How probable each is, and how long things take that take long.
struct Faults {
  std::array<double, kIncidents> rates{};
  Duration longest{};

  double& operator[](Incident incident) { return rates.at(static_cast<std::size_t>(incident)); }
  double operator[](Incident incident) const { return rates.at(static_cast<std::size_t>(incident)); }
};

}  // namespace assent::simulation
