#include "coordinator/core/records.h"

#include <algorithm>
#include <utility>

namespace assent::coordinator {
namespace {

// One overload per kind of record: changes the state, or returns why the record contradicts it and changes nothing.

std::optional<std::string> add(LogState& state, const EpochRecord& record) {
  if (!state.starts.empty() && record.log != state.log) {
    return "epoch " + to_string(record.epoch) + " is of log " + to_string(record.log) + ", this is log " +
           to_string(state.log);
  }
  if (record.epoch <= state.epoch()) {
    return "epoch " + to_string(record.epoch) + " does not raise epoch " + to_string(state.epoch());
  }
  if (!state.starts.empty() && record.start <= state.starts.rbegin()->second.position) {
    return "epoch " + to_string(record.epoch) + " starts at position " + to_string(record.start) +
           ", not behind the start of epoch " + to_string(state.epoch());
  }
  state.log = record.log;
  state.starts.emplace(record.epoch, Start{record.nonce, record.start});
  return std::nullopt;
}

std::optional<std::string> add(LogState& state, const CommitRecord& record) {
  if (record.id.log != state.log || record.id.epoch > state.epoch()) {
    return "commit " + to_string(record.commit) + " is of transaction " + to_string(record.id) +
           ", which no start of log " + to_string(state.log) + " up to epoch " + to_string(state.epoch()) +
           " can have begun";
  }
  if (state.has_ended(record.id)) {
    return "commit " + to_string(record.commit) + " is of transaction " + to_string(record.id) +
           ", which has committed before";
  }
  // That it is there twice and has not ended is not looked for: a number is used once (K2).
  if (!state.commits.try_emplace(record.commit, record).second) {
    return "commit " + to_string(record.commit) + " is recorded twice";
  }
  return std::nullopt;
}

// A store that was replaced by another one of its name keeps nothing of what the old one acknowledged with.
void raise_position(LogState& state, const CommittedBranch& branch, StorePosition position) {
  const auto store = state.stores.find(branch.store);
  if (store != state.stores.end() && store->second.identity == branch.identity) {
    store->second.position = std::max(store->second.position, position);
  }
}

std::optional<std::string> add(LogState& state, const EndRecord& record) {
  const auto commit = state.commits.find(record.commit);
  if (commit == state.commits.end()) {
    return "commit " + to_string(record.commit) + " ends without a record of it, or has ended before";
  }
  const CommitRecord& ending = commit->second;
  const auto& branches = ending.branches;
  std::vector<std::pair<const CommittedBranch*, StorePosition>> acknowledged;
  std::vector<std::string> contradicting;
  for (const auto& store : record.stores) {
    const auto branch =
        std::find_if(branches.begin(), branches.end(), [&](const auto& each) { return each.store == store.store; });
    if (branch == branches.end()) {
      return "commit " + to_string(record.commit) + " ends with store `" + store.store + "`, which has no branch of it";
    }
    acknowledged.emplace_back(&*branch, store.position);
    if (store.contradicts) contradicting.push_back(store.store);
  }
  for (const auto& [branch, position] : acknowledged) {
    raise_position(state, *branch, position);
  }
  state.ended[word_of(ending.id)] |= bit_of(ending.id);
  if (!contradicting.empty()) state.mixed.insert_or_assign(ending.id, std::move(contradicting));
  state.commits.erase(commit);
  return std::nullopt;
}

std::optional<std::string> add(LogState& state, const EndedRecord& record) {
  if (record.first.log != state.log || record.first.epoch > state.epoch() || record.first != word_of(record.first) ||
      record.ids == 0) {
    return "the commits that have ended from " + to_string(record.first) + " on are not of a start of log " +
           to_string(state.log) + ", or none";
  }
  if (!state.ended.emplace(record.first, record.ids).second) {
    return "the commits that have ended from " + to_string(record.first) + " on are recorded twice";
  }
  return std::nullopt;
}

std::optional<std::string> add(LogState& state, const MixedRecord& record) {
  if (record.stores.empty() || !state.has_ended(record.id)) {
    return "commit " + to_string(record.id) + " was contradicted by nobody, or has not ended";
  }
  if (!state.mixed.emplace(record.id, record.stores).second) {
    return "commit " + to_string(record.id) + " is recorded twice as contradicted";
  }
  return std::nullopt;
}

std::optional<std::string> add(LogState& state, const ForgottenRecord& record) {
  if (record.through.log != state.log) {
    return "forgotten through " + to_string(record.through) + " is of another log than " + to_string(state.log);
  }
  const auto word = state.ended.erase(state.ended.begin(), state.ended.lower_bound(word_of(record.through)));
  if (word != state.ended.end() && word->first == word_of(record.through)) {
    word->second &= ~bits_through(record.through);
    if (word->second == 0) state.ended.erase(word);
  }
  state.mixed.erase(state.mixed.begin(), state.mixed.upper_bound(record.through));
  // A late end below what was forgotten is deleted by a record that repeats, or stays below, what was reached.
  state.forgotten_through = std::max(state.forgotten_through.value_or(record.through), record.through);
  return std::nullopt;
}

std::optional<std::string> add(LogState& state, const StoreRecord& record) {
  auto& store = state.stores[record.store];
  const StorePosition acknowledged = store.identity == record.identity ? store.position : StorePosition{};
  store = record;
  store.position = std::max(record.position, acknowledged);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> LogState::apply(Position position, const LogRecord& record) {
  if (static_cast<std::uint64_t>(position) != static_cast<std::uint64_t>(last) + 1) {
    return "the record at position " + to_string(position) + " does not follow position " + to_string(last);
  }
  const auto* commit = std::get_if<CommitRecord>(&record);
  if (commit != nullptr && commit->commit != position) {
    return "the commit at position " + to_string(position) + " calls itself " + to_string(commit->commit);
  }
  const auto* epoch = std::get_if<EpochRecord>(&record);
  if (epoch != nullptr && epoch->start != position) {
    return "the epoch that starts at position " + to_string(position) + " says " + to_string(epoch->start);
  }
  if (std::holds_alternative<EndedRecord>(record) || std::holds_alternative<MixedRecord>(record)) {
    return "the record at position " + to_string(position) + " is one of a snapshot";
  }
  auto refused = restore(record);
  if (!refused) {
    last = position;
  }
  return refused;
}

bool LogState::has_ended(const TransactionId& id) const {
  const auto word = ended.find(word_of(id));
  return word != ended.end() && (word->second & bit_of(id)) != 0;
}

std::uint64_t LogState::ended_count() const {
  std::uint64_t count = 0;
  for (const auto& [first, ids] : ended) count += static_cast<std::uint64_t>(std::popcount(ids));
  return count;
}

std::vector<LogRecord> LogState::snapshot() const {
  std::vector<LogRecord> records;
  visit_snapshot([&records](const auto& record) { records.emplace_back(record); });
  return records;
}

std::optional<std::string> LogState::restore(const LogRecord& record) {
  return std::visit([this](const auto& each) { return add(*this, each); }, record);
}

}  // namespace assent::coordinator
