// StoreRegistry: the stores this coordinator knows, where they listen, and what proves that one is not itself.
//
// A store is known by its name and keeps its random identity for ever; its address may change. A copy of its file has
// the same name and the same identity, and may listen at the same address: what tells it from the store is its
// *opening*, drawn at random each time a store is opened. So every message to a store names the opening that is meant,
// and each opening must be accepted once. Its journal's position and its start number only grow, and so prove which
// opening goes on from what the log remembers. (An opening raises the start number alone: a copy that is opened again
// and again does not come nearer to what the store had acknowledged.)
//
//   G1  A name never changes its identity, and an identity never its name: what another store owes or holds is not
//       taken for this one's.
//   G2  What is sent to a store is meant for one opening: the one that was accepted last since this start of the
//       coordinator. Before there is one, nothing is sent.
//   G3  An opening is accepted if its position is not below the one that is remembered of the store, and its start
//       number is above that of the opening in force. One that is refused changes nothing for that one.
//   G4  Within one opening positions prove nothing: signs of life and acknowledgements overtake each other.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "assent/time.h"
#include "coordinator/core/events.h"
#include "coordinator/core/records.h"
#include "coordinator/core/refused_openings.h"
#include "coordinator/core/settings.h"

namespace assent::coordinator {

class StoreRegistry {
 public:
  // The opening that was accepted last since this start.
  struct InForce {
    Opening opening{};
    std::uint64_t start_number = 0;
    Time accepted;     // when it registered first
    Time last_seen;    // when it registered last
    Opening before{};  // the one that it took the place of; 0: none since this start
  };

  struct Entry {
    // Of the log, and what has been acknowledged since.
    StoreRecord record;
    Position recorded{};            // where the log has it, or will have it; 0: since before this start
    std::uint64_t owed = 0;         // commits that it has not acknowledged
    std::uint64_t owed_before = 0;  // of these, decided by earlier starts

    // Of this start.
    std::optional<InForce> in_force;  // nothing: it has not registered yet
  };

  struct Refusal {
    std::string reason;
    std::string alarm;  // what people must be told; empty: they know, or it is nothing to them
  };

  struct Acceptance {
    bool must_record = false;  // it is new to the log
    bool must_resend = false;  // it may have missed what was sent, or not sent, before
  };

  StoreRegistry(const std::map<std::string, StoreRecord>& recovered, const Settings& settings);

  // Why the store cannot be what it says; nothing if it may be accepted.
  std::optional<Refusal> refuse(const StoreRegistered& event, Time now);

  // REQUIRES: refuse() had nothing against it.
  Acceptance accept(const StoreRegistered& event, Time now);

  // The log has, or will have, the store's record at this position.
  void recorded_at(const std::string& store, Position position) { entries_.at(store).recorded = position; }

  // An opening that was accepted acknowledged with this journal position.
  void acknowledged(const std::string& store, StorePosition position);

  enum class DecidedBy : std::uint8_t { kThisStart, kEarlierStart };

  // The store owes one more acknowledgement, or one less. REQUIRES: find(store): its record precedes the commit.
  void owe(const std::string& store, DecidedBy start);
  void repay(const std::string& store, DecidedBy start);

  const Entry* find(const std::string& store) const;

  // Where messages to the store go; nothing while no opening of it is in force.
  std::optional<std::string> address(const std::string& store) const;

  // The opening that messages to the store are meant for. REQUIRES: address(store).
  Opening opening(const std::string& store) const;

  // Whether this opening is the one in force.
  bool is_accepted(const std::string& store, Opening opening) const;

  const std::map<std::string, Entry>& entries() const { return entries_; }
  const RefusedOpenings& refused() const { return refused_; }

 private:
  // It was sent before the opening in force registered, and overtaken by it.
  bool is_late(const StoreRegistered& event, Time now) const;

  // Why the store cannot be what it says; else empty.
  std::string contradiction(const StoreRegistered& event) const;
  static std::string contradiction(const Entry& entry, const StoreRegistered& event);

  const Duration quiet_;  // unheard of for so long, a store's next registration counts as a return
  const std::uint32_t most_;
  std::map<std::string, Entry> entries_;
  std::map<StoreIdentity, std::string> names_;
  RefusedOpenings refused_;
};

}  // namespace assent::coordinator
