#include "coordinator/core/store_registry.h"

#include <algorithm>

#include "coordinator/core/invariant.h"

namespace assent::coordinator {

namespace {

bool is_malformed(const StoreRegistered& event) {
  return event.store.empty() || event.address.empty() || event.identity == StoreIdentity{} || event.start_number == 0 ||
         event.opening == Opening{};
}

std::string two_copies(const StoreRegistered& event, std::uint64_t start_number) {
  return "store `" + event.store + "` was opened " + std::to_string(event.start_number) +
         " times, and an opening has registered that was number " + std::to_string(start_number) +
         ": two copies of its file are served; stop the one that is not the store";
}

}  // namespace

StoreRegistry::StoreRegistry(const std::map<std::string, StoreRecord>& recovered, const Settings& settings)
    : quiet_(settings.resend_ceiling),
      most_(settings.stores),
      refused_(settings.refusal_kept, settings.refused_stores) {
  for (const auto& [name, record] : recovered) {
    Entry entry;
    entry.record = record;
    entries_.emplace(name, std::move(entry));
    names_.emplace(record.identity, name);
  }
}

std::optional<StoreRegistry::Refusal> StoreRegistry::refuse(const StoreRegistered& event, Time now) {
  if (is_malformed(event)) {
    return Refusal{
        "a registration needs the store's name, its identity, its start number, its opening and its "
        "participant's address",
        {}};
  }
  if (is_late(event, now)) {
    return Refusal{"this registration of store `" + event.store + "` is late: the store has been opened again since",
                   {}};
  }
  const std::string reason = contradiction(event);
  if (reason.empty()) return std::nullopt;
  if (!refused_.refused(event, reason, now)) return Refusal{reason, {}};
  if (!refused_.is_full()) return Refusal{reason, reason};
  return Refusal{reason, reason + "; so many openings are refused now that no more of them are listed or told of"};
}

// One that goes on registering is no late message: two copies of the store's file are served.
bool StoreRegistry::is_late(const StoreRegistered& event, Time now) const {
  const Entry* const entry = find(event.store);
  return entry != nullptr && entry->in_force && entry->in_force->before == event.opening &&
         entry->record.identity == event.identity && now - entry->in_force->accepted < quiet_;
}

std::string StoreRegistry::contradiction(const StoreRegistered& event) const {
  const auto name = names_.find(event.identity);
  if (name != names_.end() && name->second != event.store) {
    return "the store with identity " + to_string(event.identity) + " is known as `" + name->second + "`: register `" +
           event.store + "` under that name";
  }
  const auto found = entries_.find(event.store);
  if (found == entries_.end()) {
    if (entries_.size() < most_) return {};
    return "this coordinator already knows " + std::to_string(most_) + " stores, the most it may (--stores)";
  }
  const Entry& entry = found->second;
  if (entry.record.identity != event.identity) {
    return "store `" + event.store + "` has identity " + to_string(entry.record.identity) + ", and " +
           to_string(event.identity) +
           " registered under its name: bring back the store's own file, or give this one "
           "another name";
  }
  return contradiction(entry, event);
}

std::string StoreRegistry::contradiction(const Entry& entry, const StoreRegistered& event) {
  const auto& in_force = entry.in_force;
  if (in_force && in_force->opening == event.opening) return {};  // G4
  if (in_force && in_force->before == event.opening) return two_copies(event, in_force->start_number);
  const StorePosition known = entry.record.position;
  if (event.position < known) {
    return "store `" + event.store + "` is at position " + to_string(event.position) + ", and must be at " +
           to_string(known) +
           " or above after what it has acknowledged: its file was restored from an old copy, and commits of it are "
           "lost; bring back the newest file";
  }
  if (in_force && event.start_number <= in_force->start_number) return two_copies(event, in_force->start_number);
  return {};
}

StoreRegistry::Acceptance StoreRegistry::accept(const StoreRegistered& event, Time now) {
  const bool is_new = !entries_.contains(event.store);
  Entry& entry = entries_[event.store];
  const bool is_opened = !is_accepted(event.store, event.opening);
  const bool returns = is_opened || now - entry.in_force->last_seen >= quiet_;
  const bool moved = entry.record.address != event.address;
  names_.emplace(event.identity, event.store);
  entry.record = {event.store, event.identity, event.address, std::max(entry.record.position, event.position)};
  if (is_opened) {
    const Opening before = entry.in_force ? entry.in_force->opening : Opening{};
    entry.in_force = InForce{event.opening, event.start_number, now, now, before};
  }
  entry.in_force->last_seen = now;
  refused_.accepted(event);
  return {is_new || moved, returns || moved};
}

void StoreRegistry::acknowledged(const std::string& store, StorePosition position) {
  const auto found = entries_.find(store);
  if (found == entries_.end()) return;
  StorePosition& known = found->second.record.position;
  known = std::max(known, position);
}

void StoreRegistry::owe(const std::string& store, DecidedBy start) {
  const auto found = entries_.find(store);
  invariant(found != entries_.end(), "G1: a store owes an acknowledgement before it is known");
  ++found->second.owed;
  if (start == DecidedBy::kEarlierStart) ++found->second.owed_before;
}

void StoreRegistry::repay(const std::string& store, DecidedBy start) {
  const auto found = entries_.find(store);
  invariant(found != entries_.end() && found->second.owed > 0, "I5: a store acknowledges more commits than it owes");
  --found->second.owed;
  if (start == DecidedBy::kEarlierStart) --found->second.owed_before;
}

const StoreRegistry::Entry* StoreRegistry::find(const std::string& store) const {
  const auto found = entries_.find(store);
  return found == entries_.end() ? nullptr : &found->second;
}

std::optional<std::string> StoreRegistry::address(const std::string& store) const {
  const Entry* const entry = find(store);
  if (entry == nullptr || !entry->in_force) return std::nullopt;
  return entry->record.address;
}

Opening StoreRegistry::opening(const std::string& store) const {
  const Entry* const entry = find(store);
  invariant(entry != nullptr && entry->in_force, "G2: a message is sent before an opening is accepted");
  return entry->in_force->opening;
}

bool StoreRegistry::is_accepted(const std::string& store, Opening opening) const {
  const Entry* const entry = find(store);
  return entry != nullptr && entry->in_force && entry->in_force->opening == opening;
}

}  // namespace assent::coordinator
