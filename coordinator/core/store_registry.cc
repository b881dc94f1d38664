#include "coordinator/core/store_registry.h"

#include <algorithm>

#include "coordinator/core/invariant.h"

namespace assent::coordinator {

namespace {

constexpr std::size_t kMostStores = 65536;

std::string in_hex(StoreIdentity identity) {
  return to_hex(static_cast<std::uint64_t>(identity));
}

std::string in_digits(StorePosition position) {
  return std::to_string(static_cast<std::uint64_t>(position));
}

}  // namespace

StoreRegistry::StoreRegistry(const std::map<std::string, StoreRecord>& recovered, Duration quiet) : quiet_(quiet) {
  for (const auto& [name, record] : recovered) {
    Entry entry;
    entry.record = record;
    entry.settled = record.position;
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
    if (entry != nullptr) {
      entry->refused = answer.refused;
      entry->refused_address = event.address;
    }
    return answer;
  }
  const bool is_new = !entries_.contains(event.store);
  Entry& entry = entries_[event.store];
  const bool returns = !entry.last_seen || now - *entry.last_seen >= quiet_ || !entry.refused.empty() ||
                       entry.start_number != event.start_number;
  const bool moved = entry.record.address != event.address;
  names_.emplace(event.identity, event.store);
  entry.record = {event.store, event.identity, event.address,
                  std::max({entry.record.position, event.position, entry.early})};
  entry.early = {};
  entry.early_start = 0;
  entry.settled = entry.record.position;
  entry.start_number = event.start_number;
  entry.last_seen = now;
  entry.refused.clear();
  entry.refused_address.clear();
  answer.must_record = is_new || moved;
  answer.must_resend = returns || moved;
  return answer;
}

std::string StoreRegistry::refusal(const StoreRegistered& event) const {
  if (event.store.empty() || event.address.empty() || event.identity == StoreIdentity{}) {
    return "a registration needs the store's name, its identity and its participant's address";
  }
  const auto name = names_.find(event.identity);
  if (name != names_.end() && name->second != event.store) {
    return "the store with identity " + in_hex(event.identity) + " is known as `" + name->second + "`: register `" +
           event.store + "` under that name";
  }
  const auto found = entries_.find(event.store);
  if (found == entries_.end()) {
    if (entries_.size() < kMostStores) return {};
    return "this coordinator already knows " + std::to_string(kMostStores) + " stores, the most it can";
  }
  const Entry& entry = found->second;
  if (entry.record.identity != event.identity) {
    return "store `" + event.store + "` has identity " + in_hex(entry.record.identity) + ", and " +
           in_hex(event.identity) +
           " registered under its name: bring back the store's own file, or give this one "
           "another name";
  }
  // Acknowledgements sent after this registration may have overtaken it. So a sign of life is held against the one
  // before it. A store that was opened anew is held against all that its earlier
  // openings acknowledged; what this one acknowledged may be ahead of its first registration too.
  const bool opened_anew = entry.start_number != 0 && entry.start_number != event.start_number;
  StorePosition least = opened_anew ? entry.record.position : entry.settled;
  if (event.start_number > entry.early_start) least = std::max(least, entry.early);
  if (event.position < least) {
    return "store `" + event.store + "` is at position " + in_digits(event.position) +
           ", and has acknowledged position " + in_digits(least) +
           ": its file was restored from an old copy, and commits of it are lost; bring back the newest "
           "file";
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

void StoreRegistry::acknowledged(const std::string& store, StorePosition position, std::uint64_t start_number) {
  const auto found = entries_.find(store);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  if (entry.start_number != 0 && start_number > entry.start_number) {
    entry.early_start = std::max(entry.early_start, start_number);
    entry.early = std::max(entry.early, position);
  } else {
    entry.record.position = std::max(entry.record.position, position);
  }
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
  if (entry == nullptr || entry->record.address == entry->refused_address) return std::nullopt;
  return entry->record.address;
}

}  // namespace assent::coordinator
