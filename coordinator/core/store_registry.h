// StoreRegistry: the stores this coordinator knows, where they listen, and what proves that one is not itself.
//
// A store is known by its name and keeps its random identity for ever; its address may change. A copy of its file has
// the same name and the same identity, and may listen at the same address: what tells it from the store is its
// *opening*, drawn at random each time a store is opened. So every message to a store names the opening that is meant,
// and each opening must be accepted once. Its journal's position and its start number only grow, and so prove which
// opening goes on from what the log remembers.
//
//   G1  A name never changes its identity, and an identity never its name: what another store owes or holds is not
//       taken for this one's.
//   G2  What is sent to a store is meant for one opening: the one that was accepted last since this start of the
//       coordinator. Before there is one, nothing is sent.
//   G3  An opening is accepted if its position is not below the one that is remembered of the store, and its position
//       and its start number are above those of the opening in force. One that is refused changes nothing for that one.
//   G4  Within one opening positions prove nothing: signs of life and acknowledgements overtake each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "assent/time.h"
#include "coordinator/core/events.h"
#include "coordinator/core/records.h"

namespace assent::coordinator {

class StoreRegistry {
 public:
  struct Entry {
    StoreRecord record;
    Position recorded{};             // where the log has it, or will have it; 0: since before this start
    Opening opening{};               // the one in force, accepted since this start; 0: none yet
    std::uint64_t start_number = 0;  // of that opening; 0: none yet
    std::optional<Time> last_seen;   // when that opening registered last
    std::string refused;             // why the last registration under this name was refused; empty: it was not
  };

  struct Registration {
    std::string refused;         // why; empty: accepted
    bool is_new_reason = false;  // refused, and not for the same reason as the time before
    bool must_record = false;    // accepted, and new to the log
    bool must_resend = false;    // accepted, and it may have missed what was sent, or not sent, before
  };

  // `quiet` is how long a store must have been unheard of for its next registration to count as a return.
  StoreRegistry(const std::map<std::string, StoreRecord>& recovered, Duration quiet);

  Registration registered(const StoreRegistered& event, Time now);

  // The log has, or will have, the store's record at this position.
  void recorded_at(const std::string& store, Position position) { entries_.at(store).recorded = position; }

  // An opening that was accepted acknowledged with this journal position.
  void acknowledged(const std::string& store, StorePosition position);

  // The store owes one more acknowledgement, or one less.
  void owe(const std::string& store);
  void repay(const std::string& store);
  std::uint64_t owed(const std::string& store) const;

  const Entry* find(const std::string& store) const;

  // Where messages to the store go; nothing while no opening of it is in force.
  std::optional<std::string> address(const std::string& store) const;

  // The opening that messages to the store are meant for. REQUIRES: address(store).
  Opening opening(const std::string& store) const;

  // Whether this opening is the one in force.
  bool is_accepted(const std::string& store, Opening opening) const;

  const std::map<std::string, Entry>& entries() const { return entries_; }

 private:
  // Why the store cannot be what it says, or nothing.
  std::string refusal(const StoreRegistered& event) const;
  std::string refusal_of_opening(const Entry& entry, const StoreRegistered& event) const;

  // The known store that the registration is about: of its name, else of its identity.
  Entry* known(const StoreRegistered& event);

  const Duration quiet_;
  std::map<std::string, Entry> entries_;
  std::map<StoreIdentity, std::string> names_;
  std::map<std::string, std::uint64_t> owed_;  // commits that each store has not acknowledged
};

}  // namespace assent::coordinator
