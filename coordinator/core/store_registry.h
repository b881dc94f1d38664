// StoreRegistry: the stores this coordinator knows, where they listen, and what proves that one is not itself.
//
// A store is known by its name and keeps its random identity for ever; its address may change. Its journal's position
// only grows, so a store that registers below a position it once acknowledged with was restored from an old copy.
//
//   G1  A name never changes its identity, and an identity never its name: what another store owes or holds is not
//       taken for this one's.
//   G2  An address that a refused store registered from gets no messages until the store is accepted again.
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
    StorePosition settled{};         // a registration below this proves an old copy: see registered()
    std::uint64_t start_number = 0;  // as it last registered in this epoch; 0: it did not, or did not say
    std::uint64_t early_start = 0;   // of an opening that acknowledged before it registered; 0: none
    StorePosition early{};           // the highest position that it acknowledged with
    std::optional<Time> last_seen;   // in this epoch
    std::string refused;             // why its last registration was refused; empty: it was not
    std::string refused_address;     // where that came from
  };

  struct Registration {
    std::string refused;         // why; empty: accepted
    bool is_new_reason = false;  // refused, and not for the same reason as the time before
    bool must_record = false;    // accepted, and new to the log
    bool must_resend = false;    // accepted, and it may have missed what was sent to it
  };

  // `quiet` is how long a store must have been unheard of for its next registration to count as a return.
  StoreRegistry(const std::map<std::string, StoreRecord>& recovered, Duration quiet);

  Registration registered(const StoreRegistered& event, Time now);

  // The log has, or will have, the store's record at this position.
  void recorded_at(const std::string& store, Position position) { entries_.at(store).recorded = position; }

  // The store acknowledged with this journal position, in this opening; 0: not told.
  void acknowledged(const std::string& store, StorePosition position, std::uint64_t start_number = 0);

  // The store owes one more acknowledgement, or one less.
  void owe(const std::string& store);
  void repay(const std::string& store);
  std::uint64_t owed(const std::string& store) const;

  const Entry* find(const std::string& store) const;

  // Where messages to the store go; nothing if it is unknown, or is another store now.
  std::optional<std::string> address(const std::string& store) const;

  const std::map<std::string, Entry>& entries() const { return entries_; }

 private:
  // Why the store cannot be what it says, or nothing.
  std::string refusal(const StoreRegistered& event) const;

  // The known store that the registration is about: of its name, else of its identity.
  Entry* known(const StoreRegistered& event);

  const Duration quiet_;
  std::map<std::string, Entry> entries_;
  std::map<StoreIdentity, std::string> names_;
  std::map<std::string, std::uint64_t> owed_;  // commits that each store has not acknowledged
};

}  // namespace assent::coordinator
