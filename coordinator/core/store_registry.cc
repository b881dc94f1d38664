#include "coordinator/core/store_registry.h"

#include <algorithm>

#include "coordinator/core/invariant.h"

namespace assent::coordinator {

namespace {

constexpr std::size_t kMostStores = 65536;

}  // namespace

StoreRegistry::StoreRegistry(const std::map<std::string, StoreRecord>& recovered, Duration quiet) : quiet_(quiet) {
  for (const auto& [name, record] : recovered) {
    Entry entry;
    entry.record = record;
    entries_.emplace(name, std::move(entry));
    names_.emplace(record.identity, name);
  }
}

StoreRegistry::Registration StoreRegistry::registered(const StoreRegistered& event, Time now) {
  Registration answer;
  answer.refused = refusal(event);
  if (!answer.refused.empty()) {
    Entry* const entry = known(event);
    answer.is_new_reason = entry == nullptr || entry->refused != answer.refused;
    if (entry != nullptr) entry->refused = answer.refused;
    return answer;
  }
  const bool is_new = !entries_.contains(event.store);
  Entry& entry = entries_[event.store];
  const bool returns = entry.opening != event.opening || now - *entry.last_seen >= quiet_;
  const bool moved = entry.record.address != event.address;
  names_.emplace(event.identity, event.store);
  entry.record = {event.store, event.identity, event.address, std::max(entry.record.position, event.position)};
  entry.opening = event.opening;
  entry.start_number = event.start_number;
  entry.last_seen = now;
  entry.refused.clear();
  answer.must_record = is_new || moved;
  answer.must_resend = returns || moved;
  return answer;
}

std::string StoreRegistry::refusal(const StoreRegistered& event) const {
  if (event.store.empty() || event.address.empty() || event.identity == StoreIdentity{} || event.start_number == 0 ||
      event.opening == Opening{}) {
    return "a registration needs the store's name, its identity, its start number, its opening and its participant's "
           "address";
  }
  const auto name = names_.find(event.identity);
  if (name != names_.end() && name->second != event.store) {
    return "the store with identity " + to_string(event.identity) + " is known as `" + name->second + "`: register `" +
           event.store + "` under that name";
  }
  const auto found = entries_.find(event.store);
  if (found == entries_.end()) {
    if (entries_.size() < kMostStores) return {};
    return "this coordinator already knows " + std::to_string(kMostStores) + " stores, the most it can";
  }
  const Entry& entry = found->second;
  if (entry.record.identity != event.identity) {
    return "store `" + event.store + "` has identity " + to_string(entry.record.identity) + ", and " +
           to_string(event.identity) +
           " registered under its name: bring back the store's own file, or give this one "
           "another name";
  }
  return refusal_of_opening(entry, event);
}

std::string StoreRegistry::refusal_of_opening(const Entry& entry, const StoreRegistered& event) const {
  if (entry.opening == event.opening) return {};  // G4
  // Opening a store raises its position. (Since this start: the log may have the position from this very opening.)
  auto least = static_cast<std::uint64_t>(entry.record.position);
  if (entry.opening != Opening{}) ++least;
  if (static_cast<std::uint64_t>(event.position) < least) {
    return "store `" + event.store + "` is at position " + to_string(event.position) + ", and must be at " +
           std::to_string(least) +
           " or above after what it has acknowledged: its file was restored from an old copy, and commits of it are "
           "lost; bring back the newest file";
  }
  if (event.start_number <= entry.start_number) {
    return "store `" + event.store + "` was opened " + std::to_string(event.start_number) +
           " times, and an opening has registered that was number " + std::to_string(entry.start_number) +
           ": two copies of its file are served; stop the one that is not the store";
  }
  return {};
}

StoreRegistry::Entry* StoreRegistry::known(const StoreRegistered& event) {
  auto found = entries_.find(event.store);
  if (found == entries_.end()) {
    const auto name = names_.find(event.identity);
    if (name == names_.end()) return nullptr;
    found = entries_.find(name->second);
  }
  return &found->second;
}

void StoreRegistry::acknowledged(const std::string& store, StorePosition position) {
  const auto found = entries_.find(store);
  if (found == entries_.end()) return;
  StorePosition& known = found->second.record.position;
  known = std::max(known, position);
}

void StoreRegistry::owe(const std::string& store) {
  ++owed_[store];
}

void StoreRegistry::repay(const std::string& store) {
  invariant(owed(store) > 0, "I5: a store acknowledges more commits than it owes");
  --owed_[store];
}

std::uint64_t StoreRegistry::owed(const std::string& store) const {
  const auto found = owed_.find(store);
  return found == owed_.end() ? 0 : found->second;
}

const StoreRegistry::Entry* StoreRegistry::find(const std::string& store) const {
  const auto found = entries_.find(store);
  return found == entries_.end() ? nullptr : &found->second;
}

std::optional<std::string> StoreRegistry::address(const std::string& store) const {
  const Entry* const entry = find(store);
  if (entry == nullptr || entry->opening == Opening{}) return std::nullopt;
  return entry->record.address;
}

Opening StoreRegistry::opening(const std::string& store) const {
  const Entry* const entry = find(store);
  invariant(entry != nullptr && entry->opening != Opening{}, "G2: a message is sent before an opening is accepted");
  return entry->opening;
}

bool StoreRegistry::is_accepted(const std::string& store, Opening opening) const {
  const Entry* const entry = find(store);
  return opening != Opening{} && entry != nullptr && entry->opening == opening;
}

}  // namespace assent::coordinator
