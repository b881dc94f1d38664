#include "tests/process/counts.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "thrift/daemon/caller.h"

namespace assent {

namespace {

constexpr auto kPatience = std::chrono::seconds(60);

// What daemons say to each other, and clients to them, whether there are transactions or not, and what tests ask. Ids
// are leased, and stores are located, once for many transactions.
constexpr std::array<std::string_view, 8> kBackground{
    "hello", "lease", "locate", "register_stores", "inquire", "wound", "coordinator_status", "participant_status"};

bool is_background(const std::string& method) {
  return std::find(kBackground.begin(), kBackground.end(), method) != kBackground.end();
}

template <typename Method>
typename Method::Answer ask(const std::string& address, const Method& method) {
  daemon::Caller caller(rpc::parse_address(address).value(), "cost test");
  return caller.call(method, {}, kPatience).value();
}

// Returns whether all of them are answered.
bool add(const wire::ConnectionCounters& counters, Tally& tally) {
  bool is_answered = true;
  for (const auto& method : counters.methods) {
    if (is_background(method.method)) continue;
    tally[method.method] += method.requests + method.answers;
    is_answered = is_answered && method.requests == method.answers;
  }
  return is_answered;
}

Tally difference(const Tally& before, const Tally& now) {
  Tally tally;
  for (const auto& [name, count] : now) {
    const auto found = before.find(name);
    const auto more = count - (found == before.end() ? 0 : found->second);
    if (more != 0) tally[name] = more;
  }
  return tally;
}

}  // namespace

Counts read_counts(const std::string& coordinator, const std::vector<std::string>& participants) {
  Counts counts;
  const auto status = ask(coordinator, rpc::methods::kCoordinatorStatus);
  counts.is_quiet = status.active == 0 && status.committing == 0;
  counts.is_quiet = add(status.counters.callers, counts.messages) && counts.is_quiet;
  counts.is_quiet = add(status.counters.stores, counts.with_stores) && counts.is_quiet;
  for (const auto& [purpose, count] : status.counters.log.forces) counts.forces["log " + purpose] = count;
  counts.syncs["log"] = status.counters.log.syncs;
  for (const auto& participant : participants) {
    const auto served = ask(participant, rpc::methods::kParticipantStatus);
    counts.is_quiet = add(served.counters.callers, counts.messages) && counts.is_quiet;
    add(served.counters.callers, counts.with_coordinator);
    for (const auto& store : served.stores) {
      for (const auto& [purpose, count] : store.counters.forces) counts.forces[store.store + " " + purpose] = count;
      counts.syncs[store.store] = store.counters.syncs;
    }
  }
  counts.with_coordinator.erase("execute");  // clients say that
  return counts;
}

Counts since(const Counts& before, const Counts& now) {
  Counts counts;
  counts.messages = difference(before.messages, now.messages);
  counts.forces = difference(before.forces, now.forces);
  counts.syncs = difference(before.syncs, now.syncs);
  return counts;
}

std::int64_t sum(const Tally& tally) {
  std::int64_t total = 0;
  for (const auto& [name, count] : tally) total += count;
  return total;
}

}  // namespace assent
