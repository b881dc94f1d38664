#include "coordinator/log/restoration.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace assent::coordinator {
namespace {

using Testimonies = std::map<std::string, Testimony>;

constexpr const char* kTwoLogs =
    ": two coordinators have gone on from one copy; compare what the stores hold, and resolve by hand";

// So many that no two restorations go on alike, and so few that ids stay readable.
constexpr std::uint64_t kMoreUnheardEpochs = 1'000'000;

// Of every commit that the log or a store knows.
struct Commits {
  std::map<TransactionId, Position> positions;
  std::map<Position, TransactionId> ids;
};

std::optional<Error> find_impostor(const LogState& old, const Testimonies& testimonies) {
  for (const auto& [name, testimony] : testimonies) {
    const auto known = old.stores.find(name);
    if (known == old.stores.end()) continue;
    const StoreRecord& record = known->second;
    if (testimony.identity != record.identity) {
      return Error{ErrorKind::kConflict, "store `" + name + "` has identity " + to_string(record.identity) + ", and " +
                                             to_string(testimony.identity) + " is served under its name at " +
                                             testimony.address + ": bring back the store's own file"};
    }
    if (testimony.position < record.position) {
      return Error{ErrorKind::kConflict, "store `" + name + "` is at position " + to_string(testimony.position) +
                                             ", and the log has seen it at " + to_string(record.position) +
                                             ": its file is an old copy too; bring back the newest file"};
    }
  }
  return std::nullopt;
}

// Every store is told the same names of a transaction's stores.
std::optional<Error> find_double(const Testimonies& testimonies) {
  std::map<TransactionId, std::pair<std::string, std::vector<std::string>>> first;
  for (const auto& [name, testimony] : testimonies) {
    for (const auto& branch : testimony.branches) {
      const auto& [other, stores] = first.try_emplace(branch.id, name, branch.stores).first->second;
      if (stores == branch.stores) continue;
      return Error{ErrorKind::kConflict, "stores `" + other + "` and `" + name + "` know different transactions as " +
                                             to_string(branch.id) + kTwoLogs};
    }
  }
  return std::nullopt;
}

// Of a commit that has not ended, every store that is named holds the branch, and none has been told that it may forget
// it. Else it has ended since; or it has been aborted: the copy is of a line that the log has left, when it was lost
// and restored before. Either way only what the stores have heard may stand: another store may still be prepared, and
// must abort then.
void drop_given_up(LogState& old, const Testimonies& testimonies) {
  const auto holds = [&](const CommittedBranch& named) {
    const auto testimony = testimonies.find(named.store);
    if (testimony == testimonies.end()) return true;  // it is not known to have given it up
    const auto& branches = testimony->second.branches;
    return std::any_of(branches.begin(), branches.end(),
                       [&](const auto& branch) { return branch.branch == named.branch; });
  };
  const auto is_released = [&](Position commit) {
    return std::any_of(testimonies.begin(), testimonies.end(),
                       [&](const auto& testimony) { return testimony.second.released.contains(commit); });
  };
  std::erase_if(old.commits, [&](const auto& entry) {
    const CommitRecord& record = entry.second;
    return is_released(record.commit) || !std::all_of(record.branches.begin(), record.branches.end(), holds);
  });
}

// Of a commit that has ended the copy knows the id, and no position. But it holds every record up to its last one: what
// has ended stands there, and so does all that was not forgotten. (Where each of these stands is not known: of two
// lines only those are told apart here that differ in which ids have committed.)
std::optional<Error> find_contradiction(const LogState& old, const Testimonies& testimonies) {
  for (const auto& [name, testimony] : testimonies) {
    for (const auto& branch : testimony.branches) {
      if (branch.commit == Position{} || old.commits.contains(branch.commit)) continue;
      const bool may_have_ended = old.has_ended(branch.id) || branch.id <= old.forgotten_through;
      const bool agrees = branch.commit <= old.last ? may_have_ended : !old.has_ended(branch.id);
      if (agrees) continue;
      return Error{ErrorKind::kConflict, "store `" + name + "` has heard of the commit of " + to_string(branch.id) +
                                             " at position " + to_string(branch.commit) +
                                             ", and the log knows otherwise" + kTwoLogs};
    }
  }
  return std::nullopt;
}

Result<Commits> gather_commits(const LogState& old, const Testimonies& testimonies) {
  Commits commits;
  for (const auto& [position, commit] : old.commits) {
    commits.positions.emplace(commit.id, position);
    commits.ids.emplace(position, commit.id);
  }
  for (const auto& [name, testimony] : testimonies) {
    for (const auto& branch : testimony.branches) {
      if (branch.commit == Position{}) continue;
      const Position position = commits.positions.emplace(branch.id, branch.commit).first->second;
      const TransactionId id = commits.ids.emplace(branch.commit, branch.id).first->second;
      if (position == branch.commit && id == branch.id) continue;
      return Error{ErrorKind::kConflict,
                   "store `" + name + "` has heard of the commit of " + to_string(branch.id) + " at position " +
                       to_string(branch.commit) +
                       (position != branch.commit ? ", and it is known elsewhere at position " + to_string(position)
                                                  : ", which is known elsewhere as the commit of " + to_string(id)) +
                       kTwoLogs};
    }
  }
  return commits;
}

// Those of which the log has no record, with the branches that must commit. A store that has been told that the commit
// has ended holds at most a stray copy of its branch.
std::map<Position, CommitRecord> find_lost(const LogState& old, const Testimonies& testimonies,
                                           const Commits& commits) {
  std::map<Position, CommitRecord> lost;
  for (const auto& [name, testimony] : testimonies) {
    for (const auto& branch : testimony.branches) {
      const auto commit = commits.positions.find(branch.id);
      if (commit == commits.positions.end() || old.commits.contains(commit->second) || old.has_ended(branch.id) ||
          testimony.released.contains(commit->second)) {
        continue;
      }
      CommitRecord& record = lost[commit->second];
      record.commit = commit->second;
      record.id = branch.id;
      record.branches.push_back({name, testimony.identity, branch.branch});
    }
  }
  return lost;
}

bool lists(const CommitRecord& record, const std::string& store, const BranchNumber& branch) {
  return std::any_of(record.branches.begin(), record.branches.end(),
                     [&](const auto& each) { return each.store == store && each.branch == branch; });
}

std::vector<PresumedBranch> find_presumed(const LogState& state, const Testimonies& testimonies,
                                          const Commits& commits) {
  std::vector<PresumedBranch> presumed;
  for (const auto& [name, testimony] : testimonies) {
    for (const auto& branch : testimony.branches) {
      if (branch.commit != Position{}) continue;
      const auto known = commits.positions.find(branch.id);
      const auto commit = known == commits.positions.end() ? state.commits.end() : state.commits.find(known->second);
      if (commit != state.commits.end() && lists(commit->second, name, branch.branch)) continue;
      const bool is_elsewhere = known != commits.positions.end() || state.has_ended(branch.id);
      presumed.push_back({branch.id, name, branch.state, is_elsewhere});
    }
  }
  return presumed;
}

Position next_position(const LogState& old, const Testimonies& testimonies, const Commits& commits) {
  Position last = old.last;
  if (!commits.ids.empty()) last = std::max(last, commits.ids.rbegin()->first);
  for (const auto& [name, testimony] : testimonies) last = std::max(last, testimony.seen);
  return Position{static_cast<std::uint64_t>(last) + 1 + kUnheardPositions};
}

}  // namespace

Epoch restored_epoch(Epoch seen, Nonce nonce) {
  return Epoch{static_cast<std::uint64_t>(seen) + 1 + kUnheardEpochs +
               static_cast<std::uint64_t>(nonce) % kMoreUnheardEpochs};
}

std::optional<MissingStore> find_missing(const LogState& old, const Testimonies& testimonies,
                                         const std::set<std::string>& without) {
  const auto is_missing = [&](const std::string& store) {
    return !testimonies.contains(store) && !without.contains(store);
  };
  for (const auto& [name, record] : old.stores) {
    if (is_missing(name)) return MissingStore{name, "which the log knows"};
  }
  for (const auto& [name, testimony] : testimonies) {
    for (const auto& branch : testimony.branches) {
      for (const auto& store : branch.stores) {
        if (is_missing(store)) return MissingStore{store, "which has a part in " + to_string(branch.id)};
      }
    }
  }
  return std::nullopt;
}

Result<Restoration> restore_log(LogState old, const Testimonies& testimonies, const std::set<std::string>& without,
                                Epoch epoch, Nonce nonce) {
  if (const auto missing = find_missing(old, testimonies, without)) {
    return Error{ErrorKind::kNotFound,
                 "store `" + missing->store + "`, " + missing->why + ", has not been asked: say where it is (--store " +
                     missing->store + "=HOST:PORT), or, if it is lost for good, go on --without " + missing->store};
  }
  if (auto impostor = find_impostor(old, testimonies)) return *impostor;
  if (auto doubled = find_double(testimonies)) return *doubled;
  if (auto contradiction = find_contradiction(old, testimonies)) return *contradiction;
  if (const auto contradicted = gather_commits(old, testimonies); !contradicted) return contradicted.error();
  drop_given_up(old, testimonies);
  const auto commits = gather_commits(old, testimonies);
  if (!commits) return commits.error();
  const auto lost = find_lost(old, testimonies, *commits);

  Restoration restored{.state = std::move(old), .found = {}, .presumed = {}};
  LogState& state = restored.state;
  state.last = next_position(state, testimonies, *commits);
  if (auto refused = state.restore(EpochRecord{state.last, state.log, epoch, nonce})) {
    return Error{ErrorKind::kConflict, *refused};
  }
  state.starts = {{epoch, Start{nonce, state.last}}};  // A4
  // A3. Ended commits that the copy has are kept for as long as any others, and are answered *committed* until then.
  state.forgotten_through = TransactionId{.log = state.log,
                                          .epoch = Epoch{static_cast<std::uint64_t>(epoch) - 1},
                                          .number = std::numeric_limits<std::uint64_t>::max()};
  for (const auto& [name, testimony] : testimonies) {
    state.stores[name] = {name, testimony.identity, testimony.address, testimony.position};
  }
  for (const auto& [position, record] : lost) {
    if (auto refused = state.restore(record)) return Error{ErrorKind::kConflict, *refused};
    restored.found.push_back(record);
  }
  restored.presumed = find_presumed(state, testimonies, *commits);
  return restored;
}

}  // namespace assent::coordinator
