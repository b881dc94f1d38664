#include "participant/core/lock_table.h"

#include <algorithm>
#include <utility>

#include "participant/core/invariant.h"

namespace assent::participant {

namespace {

constexpr LockModes bit(LockMode mode) {
  return static_cast<LockModes>(mode);
}

constexpr LockModes kIntendShared = bit(LockMode::kIntendShared);
constexpr LockModes kIntendExclusive = bit(LockMode::kIntendExclusive);
constexpr LockModes kShared = bit(LockMode::kShared);
constexpr LockModes kExclusive = bit(LockMode::kExclusive);
constexpr LockModes kAll = kIntendShared | kIntendExclusive | kShared | kExclusive;

// Besides its name: an entry with one holder, in their maps, and the holder's place of it.
constexpr std::uint64_t kBytesOfALock = 400;

constexpr std::array kEach{kIntendShared, kIntendExclusive, kShared, kExclusive};

LockModes intention(LockMode mode) {
  return (bit(mode) & (kShared | kIntendShared)) != 0 ? kIntendShared : kIntendExclusive;
}

}  // namespace

LockModes conflicting_modes(LockModes modes) {
  unsigned conflicting = 0;
  if ((modes & kIntendShared) != 0) conflicting |= kExclusive;
  if ((modes & kIntendExclusive) != 0) conflicting |= kShared | kExclusive;
  if ((modes & kShared) != 0) conflicting |= kIntendExclusive | kExclusive;
  if ((modes & kExclusive) != 0) conflicting |= kAll;
  return static_cast<LockModes>(conflicting);
}

LockModes missing_modes(LockModes held, LockModes wanted) {
  unsigned contained = held;
  if ((held & (kShared | kIntendExclusive)) != 0) contained |= kIntendShared;
  if ((held & kExclusive) != 0) contained |= kAll;
  return static_cast<LockModes>(wanted & ~contained);
}

std::string to_string_modes(LockModes modes) {
  std::string text;
  const auto say = [&](LockModes mode, const char* word) {
    if ((modes & mode) == 0) return;
    if (!text.empty()) text += ", ";
    text += word;
  };
  say(kExclusive, "exclusive");
  say(kShared, "shared");
  say(kIntendExclusive, "intend exclusive");
  say(kIntendShared, "intend shared");
  return text;
}

// ---- the owners at one name ----

LockModes LockTable::Owners::of(const Priority& owner) const {
  const auto found = modes.find(owner);
  return found == modes.end() ? LockModes{0} : found->second;
}

void LockTable::Owners::add(const Priority& owner, LockModes more) {
  LockModes& held = modes[owner];
  for (std::size_t i = 0; i < kModes; ++i) {
    if ((more & ~held & kEach[i]) != 0) ++count[i];
  }
  held = static_cast<LockModes>(held | more);
}

void LockTable::Owners::remove(const Priority& owner) {
  const auto found = modes.find(owner);
  for (std::size_t i = 0; i < kModes; ++i) {
    if ((found->second & kEach[i]) != 0) --count[i];
  }
  modes.erase(found);
}

bool LockTable::Owners::any_other_has(LockModes any, const Priority& owner) const {
  if (modes.empty()) return false;
  const LockModes own = of(owner);
  for (std::size_t i = 0; i < kModes; ++i) {
    if ((any & kEach[i]) != 0 && count[i] > ((own & kEach[i]) != 0 ? 1U : 0U)) return true;
  }
  return false;
}

// ---- requests ----

LockTable::Answer LockTable::request(const Priority& owner, const Locks& wanted) {
  const auto party = parties_.try_emplace(owner).first;
  invariant(!party->second.prepared, "L2: a prepared branch asks for no more locks");
  invariant(party->second.waits_for.empty(), "L5: one request of an owner waits at a time");

  std::vector<Wish> wishes = missing(owner, wanted);
  const Wish* block = find_block(owner, wishes);
  if (block == nullptr) {
    take(owner, party->second, wishes);
    if (party->second.held.empty()) parties_.erase(party);
    return {.granted = true, .wounded = {}, .behind = {}};
  }

  std::set<Priority> wounded;
  std::set<Priority> behind;
  for (const Wish& wish : wishes) {
    const LockModes conflicts = conflicting_modes(wish.modes);
    const Owners& holders = wish.place->second.holders;
    if (!holders.any_other_has(conflicts, owner)) continue;
    for (const auto& [holder, modes] : holders.modes) {
      if (holder == owner || (modes & conflicts) == 0) continue;
      const bool yields = owner < holder && !parties_.at(holder).prepared;
      (yields ? wounded : behind).insert(holder);
    }
  }

  for (const Wish& wish : wishes) wish.place->second.waiters.add(owner, wish.modes);
  party->second.parked_at = block->place;
  block->place->second.parked.insert(owner);
  party->second.waits_for = std::move(wishes);
  ++waiting_count_;
  return {.granted = false, .wounded = {wounded.rbegin(), wounded.rend()}, .behind = {behind.begin(), behind.end()}};
}

// What the owner has to take to hold all of `wanted`, each name once, larger names first.
std::vector<LockTable::Wish> LockTable::missing(const Priority& owner, const Locks& wanted) {
  std::vector<std::pair<NameView, LockModes>> needed;
  constexpr std::size_t kNamesOfALock = 3;
  needed.reserve(wanted.size() * kNamesOfALock);
  for (const Lock& lock : wanted) {
    const NameView name = ByName::view(lock.name);
    needed.emplace_back(name, bit(lock.mode));
    if (!name.key.empty()) needed.emplace_back(NameView{name.table, {}}, intention(lock.mode));
    if (!name.table.empty()) needed.emplace_back(NameView{}, intention(lock.mode));
  }
  std::sort(needed.begin(), needed.end());
  std::vector<Wish> wishes;
  for (auto need = needed.begin(); need != needed.end();) {
    const NameView name = need->first;
    LockModes modes = 0;
    for (; need != needed.end() && need->first == name; ++need) modes = static_cast<LockModes>(modes | need->second);
    Place place = entries_.lower_bound(name);
    if (place == entries_.end() || ByName::view(place->first) != name) {
      place = entries_.try_emplace(place, LockName{std::string(name.table), std::string(name.key)});
    }
    const LockModes rest = missing_modes(place->second.holders.of(owner), modes);
    if (rest != 0) wishes.push_back({place, rest});
  }
  return wishes;
}

const LockTable::Wish* LockTable::find_block(const Priority& owner, const std::vector<Wish>& wishes) const {
  const auto block = std::find_if(wishes.begin(), wishes.end(), [&owner](const Wish& wish) {
    return is_blocked(owner, wish.place->second, wish.modes);
  });
  return block == wishes.end() ? nullptr : &*block;
}

bool LockTable::is_blocked(const Priority& owner, const Entry& entry, LockModes wanted) {
  const LockModes conflicts = conflicting_modes(wanted);
  if (entry.holders.any_other_has(conflicts, owner)) return true;
  if (!entry.waiters.any_other_has(conflicts, owner)) return false;
  const auto& waiters = entry.waiters.modes;
  return std::any_of(waiters.begin(), waiters.lower_bound(owner),
                     [conflicts](const auto& older) { return (older.second & conflicts) != 0; });
}

void LockTable::take(const Priority& owner, Party& party, const std::vector<Wish>& wishes) {
  for (const Wish& wish : wishes) {
    Owners& holders = wish.place->second.holders;
    invariant(!holders.any_other_has(conflicting_modes(wish.modes), owner),
              "L1: two owners never hold conflicting modes of one name");
    if (holders.of(owner) == 0) {
      party.held.push_back(wish.place);
      party.held_bytes += kBytesOfALock + wish.place->first.table.size() + wish.place->first.key.size();
      ++held_count_;
    }
    holders.add(owner, wish.modes);
  }
}

bool LockTable::restore(const Priority& owner, const Locks& held) {
  const std::vector<Wish> wishes = missing(owner, held);
  if (find_block(owner, wishes) != nullptr) return false;
  Party& party = parties_[owner];
  party.prepared = true;
  take(owner, party, wishes);
  return true;
}

void LockTable::set_prepared(const Priority& owner) {
  Party& party = parties_[owner];
  invariant(party.waits_for.empty(), "L4: a prepared branch waits for nothing");
  party.prepared = true;
}

std::vector<Priority> LockTable::release(const Priority& owner) {
  const auto leaving = parties_.find(owner);
  if (leaving == parties_.end()) return {};
  const Party party = std::move(leaving->second);
  parties_.erase(leaving);

  std::vector<Place> left = party.held;
  for (const Wish& wish : party.waits_for) {
    if (wish.place->second.holders.of(owner) == 0) left.push_back(wish.place);  // else an upgrade: it is in `held`
  }
  std::set<Priority> candidates;
  for (const Place& place : left) candidates.insert(place->second.parked.begin(), place->second.parked.end());
  candidates.erase(owner);

  for (const Place& place : party.held) place->second.holders.remove(owner);
  for (const Wish& wish : party.waits_for) wish.place->second.waiters.remove(owner);
  if (!party.waits_for.empty()) {
    party.parked_at->second.parked.erase(owner);
    --waiting_count_;
  }
  held_count_ -= party.held.size();

  std::vector<Priority> granted;
  for (const Priority& candidate : candidates) {
    Party& waiter = parties_.at(candidate);
    waiter.parked_at->second.parked.erase(candidate);
    if (const Wish* block = find_block(candidate, waiter.waits_for)) {
      waiter.parked_at = block->place;
      block->place->second.parked.insert(candidate);
      continue;
    }
    const std::vector<Wish> wishes = std::move(waiter.waits_for);
    waiter.waits_for.clear();
    for (const Wish& wish : wishes) wish.place->second.waiters.remove(candidate);
    take(candidate, waiter, wishes);
    --waiting_count_;
    granted.push_back(candidate);
  }

  for (const Place& place : left) erase_if_unused(place);
  return granted;
}

void LockTable::erase_if_unused(Place place) {
  const Entry& entry = place->second;
  if (entry.holders.modes.empty() && entry.waiters.modes.empty()) entries_.erase(place);
}

// ---- questions ----

Locks LockTable::held_by(const Priority& owner) const {
  Locks locks;
  const auto party = parties_.find(owner);
  if (party == parties_.end()) return locks;
  for (const Place& place : party->second.held) {
    const LockModes modes = place->second.holders.of(owner);
    if ((modes & kShared) != 0) locks.push_back({place->first, LockMode::kShared});
    if ((modes & kExclusive) != 0) locks.push_back({place->first, LockMode::kExclusive});
  }
  return locks;
}

std::uint64_t LockTable::held_bytes(const Priority& owner) const {
  const auto party = parties_.find(owner);
  return party == parties_.end() ? 0 : party->second.held_bytes;
}

std::vector<Priority> LockTable::waiting_behind(const Priority& owner) const {
  std::set<Priority> waiting;
  const auto party = parties_.find(owner);
  if (party == parties_.end()) return {};
  for (const Place& place : party->second.held) {
    const Entry& entry = place->second;
    const LockModes conflicts = conflicting_modes(entry.holders.of(owner));
    if (!entry.waiters.any_other_has(conflicts, owner)) continue;
    for (const auto& [waiter, modes] : entry.waiters.modes) {
      if (waiter != owner && (modes & conflicts) != 0) waiting.insert(waiter);
    }
  }
  return {waiting.begin(), waiting.end()};
}

std::vector<LockTable::Line> LockTable::lines(std::size_t limit) const {
  std::vector<Line> lines;
  for (const auto& [name, entry] : entries_) {
    for (const auto& [owner, modes] : entry.holders.modes) {
      if (lines.size() == limit) return lines;
      lines.push_back({name, modes, owner, true});
    }
    for (const auto& [owner, modes] : entry.waiters.modes) {
      if (lines.size() == limit) return lines;
      lines.push_back({name, modes, owner, false});
    }
  }
  return lines;
}

}  // namespace assent::participant
