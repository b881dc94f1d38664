// LockTable: who holds which lock of a store, and who waits for whom.
//
// NAMES come in three sizes, and a lock is taken from the largest to the smallest:
//
//     store                  ("", "")        schema changes; everything else only intends below it
//       └─ table             ("t", "")       statements that cannot say which rows they saw
//            └─ key          ("t", "k")      one row, or one entry of a UNIQUE index
//
// MODES. Whoever locks a name states the intention on every larger name first; the table adds that by itself. Two
// modes of different owners are compatible (+) or conflict (-), after Gray and others, 1976:
//
//             IS   IX   S    X        IS  some keys below are, or will be, shared
//       IS    +    +    +    -        IX  some keys below are, or will be, exclusive
//       IX    +    +    -    -        S   all below is shared
//       S     +    -    +    -        X   all below is exclusive
//       X     -    -    -    -
//
// An owner that asks for several modes of one name holds all of them (S and IX together are what others call SIX).
//
// A REQUEST names everything that a run of statements saw or changed. It is granted whole or waits whole; while it
// waits, its owner keeps what it held before and gets none of the rest. It is blocked by
//
//       conflicting holders, and
//       OLDER requests that wait for a conflicting lock; never by younger ones.
//
// So a young request cannot overtake an old one and starve it, and an old request never stands in line behind a young
// one that itself waits for a third (a queue in order of arrival deadlocks there).
//
// WOUND-WAIT (Rosenkrantz, Stearns, Lewis, 1978). Owners are priorities; the smaller is older. A request that is
// blocked wounds every conflicting holder that is younger and still active: the caller must end those branches, that
// is release() them, before it asks for anything else. It waits behind older holders, and behind younger ones that are
// prepared, for a prepared branch may not be ended here: the caller asks their coordinators to.
//
//   L1  Two owners never hold conflicting modes of one name.
//   L2  Strict two-phase: a lock is given back by release() alone, which gives back all locks of its owner.
//   L3  No request waits behind a younger active owner: such a holder was wounded when the request began to wait, and
//       cannot have come to hold the lock since, because an older waiter blocks it.
//   L4  So all waiting leads to older owners or ends at a prepared one, which waits for nothing here: within a store
//       there is no deadlock. Across stores the prepared ones are wounded through their coordinators.
//   L5  A waiting request is granted in the same call that takes away the last of what blocked it.
//
// To find the requests of L5 without looking at all of them, each is parked at one name that blocks it: it cannot
// become grantable before something changes there, and is then granted or parked anew.
//
// Reads no clock: how long one may wait is the caller's business.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "assent/transaction_id.h"
#include "participant/core/locks.h"

namespace assent::participant {

// A set of LockModes, one bit each.
using LockModes = std::uint8_t;

// The modes that no other owner may hold together with any of `modes`.
LockModes conflicting_modes(LockModes modes);

// What of `wanted` is not contained in `held`: X contains everything, S and IX contain IS.
LockModes missing_modes(LockModes held, LockModes wanted);

// `exclusive`, `shared, intend exclusive`, …
std::string to_string_modes(LockModes modes);

class LockTable {
 public:
  struct Answer {
    bool granted = false;
    // Younger active holders: release() each of them now, in this order. The youngest is first, for it may wait for
    // the others, and would be granted a lock in vain if they went before it.
    std::vector<Priority> wounded;
    std::vector<Priority> behind;  // all other conflicting holders, the oldest first
  };

  // Asks for all of `wanted` at once. What the owner holds already is no part of the question.
  // REQUIRES: the owner neither waits nor is prepared.
  Answer request(const Priority& owner, const Locks& wanted);

  // Takes the locks of a branch that was prepared before a restart; false if somebody else holds one of them.
  [[nodiscard]] bool restore(const Priority& owner, const Locks& held);

  // From now on the owner cannot be wounded here. REQUIRES: it does not wait.
  void set_prepared(const Priority& owner);

  // Gives back all that the owner holds, and ends its waiting. Returns the owners whose waiting requests were granted
  // by that, oldest first.
  [[nodiscard]] std::vector<Priority> release(const Priority& owner);

  // What the owner holds, without intentions: restore() takes it back.
  Locks held_by(const Priority& owner) const;

  // The memory that they take here, intentions included, or a little more; their bytes in held_by() are fewer.
  std::uint64_t held_bytes(const Priority& owner) const;

  // Whose requests the owner's locks block, oldest first.
  std::vector<Priority> waiting_behind(const Priority& owner) const;

  struct Line {
    LockName name;
    LockModes modes = 0;
    Priority owner;
    bool granted = true;
  };
  // By name, holders before waiters; at most `limit`.
  std::vector<Line> lines(std::size_t limit) const;

  std::size_t held_count() const { return held_count_; }  // pairs of a name and an owner, intentions included
  std::size_t waiting_count() const { return waiting_count_; }

 private:
  static constexpr std::size_t kModes = 4;

  // The owners in one role at one name, with a count for each mode: most requests meet no conflict, and see it there.
  struct Owners {
    std::map<Priority, LockModes> modes;
    std::array<std::size_t, kModes> count{};

    LockModes of(const Priority& owner) const;
    void add(const Priority& owner, LockModes more);
    void remove(const Priority& owner);
    bool any_other_has(LockModes any, const Priority& owner) const;
  };

  struct Entry {
    Owners holders;
    Owners waiters;
    std::set<Priority> parked;
  };

  // A name whose texts live elsewhere: to look for one costs no memory.
  struct NameView {
    std::string_view table;
    std::string_view key;

    friend auto operator<=>(const NameView&, const NameView&) = default;
  };
  struct ByName {
    using is_transparent = void;
    static NameView view(const LockName& name) { return {name.table, name.key}; }
    static NameView view(const NameView& name) { return name; }
    bool operator()(const auto& one, const auto& other) const { return view(one) < view(other); }
  };
  using Entries = std::map<LockName, Entry, ByName>;
  using Place = Entries::iterator;

  struct Wish {
    Place place;
    LockModes modes = 0;
  };

  struct Party {
    bool prepared = false;
    std::vector<Place> held;
    std::uint64_t held_bytes = 0;
    std::vector<Wish> waits_for;  // empty: it does not wait
    Place parked_at;              // if it waits
  };

  std::vector<Wish> missing(const Priority& owner, const Locks& wanted);
  const Wish* find_block(const Priority& owner, const std::vector<Wish>& wishes) const;
  static bool is_blocked(const Priority& owner, const Entry& entry, LockModes wanted);
  void take(const Priority& owner, Party& party, const std::vector<Wish>& wishes);
  void erase_if_unused(Place place);

  Entries entries_;
  std::map<Priority, Party> parties_;
  std::size_t held_count_ = 0;
  std::size_t waiting_count_ = 0;
};

}  // namespace assent::participant
