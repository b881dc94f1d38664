#include "tests/simulation/log_restoration.h"

#include <algorithm>
#include <utility>

#include "tests/simulation/call.h"
#include "tests/simulation/cluster.h"
#include "tests/simulation/disk_faults.h"

namespace assent::simulation {

using namespace coordinator;

namespace {

// So few that stores answer in several pieces.
constexpr std::size_t kBranchesAtOnce = 3;
constexpr Duration kPatience = 400ms;
constexpr std::uint64_t kSegmentBytes = 1024;
// More than it has, as a rule: then nothing fails.
constexpr std::uint64_t kOperations = 20;

}  // namespace

LogRestoration::LogRestoration(Cluster& cluster, std::string operator_name, LogDisk& disk, std::set<std::string> stores,
                               std::function<void()> done)
    : cluster_(cluster),
      name_(std::move(operator_name)),
      disk_(disk),
      stores_(std::move(stores)),
      done_(std::move(done)) {
  begin();
}

void LogRestoration::later(Duration delay, std::function<void()> action) {
  cluster_.world.after(delay, [this, alive = std::weak_ptr(alive_), attempt = attempt_, action = std::move(action)] {
    if (!alive.expired() && attempt == attempt_) action();
  });
}

void LogRestoration::begin() {
  ++attempt_;
  found_.clear();
  testimonies_.clear();
  complete_.clear();
  make_usable(cluster_.world, disk_);
  directory_ = disk_.directory();
  auto claimed = claim_log(*directory_, /*create=*/false);
  if (!claimed) throw Violation("the copy of a log cannot be read: " + claimed.error().message);
  claimed_ = std::move(*claimed);
  // Also above what he has asked before: a question may still be on its way.
  highest_ = std::max(start_.epoch, claimed_.state.epoch());
  for (const auto& [name, store] : claimed_.state.stores) stores_.insert(name);
  cluster_.world.say(name_, " asks ", stores_.size(), " stores");
  for (const auto& store : stores_) find(store);
  // Whoever has not answered by then may be down.
  later(kPatience, [this] {
    directory_.reset();
    cluster_.world.count("restorations begun again");
    begin();
  });
}

// Which opening is served, and the highest epoch that it has seen.
void LogRestoration::find(const std::string& store) {
  auto& world = cluster_.world;
  auto& node = *cluster_.stores.at(store);
  const auto answered = [this, store, attempt = attempt_](Opening opening, Epoch seen) {
    if (attempt != attempt_ || !found_.try_emplace(store, opening).second) return;
    highest_ = std::max(highest_, seen);
    if (found_.size() == stores_.size()) ask_all();
  };
  const auto reply = [this, &world, &node, answered, alive = std::weak_ptr(alive_)] {
    if (alive.expired() || !node.is_up()) return;
    const auto seen = node.core().seen(claimed_.state.log).epoch;
    world.send(
        node.name(), name_, [] { return "StatusAnswered"; },
        [answered, alive, opening = node.opening(), seen] {
          if (!alive.expired()) answered(opening, seen);
        });
  };
  world.send(
      name_, store, [] { return "StatusRequested"; }, reply);
}

void LogRestoration::ask_all() {
  start_ = {claimed_.state.log, restored_epoch(highest_), Nonce{cluster_.world.below(~0ULL)}, {}};
  for (const auto& store : stores_) ask(store, std::nullopt);
}

void LogRestoration::ask(const std::string& store, std::optional<TransactionId> after) {
  const participant::TestimonyRequested question{{}, found_.at(store), {start_, {}, {}}, after, kBranchesAtOnce};
  const auto heard = [this, store, attempt = attempt_,
                      alive = std::weak_ptr(alive_)](const participant::Effect& effect) {
    const auto* given = std::get_if<participant::TestimonyGiven>(&effect);
    if (!alive.expired() && attempt == attempt_ && given != nullptr) hear(store, given->testimony);
  };
  call(cluster_.world, name_, *cluster_.stores.at(store), question, heard);
}

// An answer may come twice, also one of an earlier piece.
void LogRestoration::hear(const std::string& store, const participant::Testimony& testimony) {
  if (complete_.contains(store)) return;
  auto& all = testimonies_[store];
  for (const auto& branch : testimony.branches) {
    if (!all.branches.empty() && branch.id <= all.branches.back().id) return;
    all.branches.push_back({branch.id, branch.branch, std::string(branch.state), branch.commit, branch.stores});
  }
  all.identity = testimony.identity;
  all.address = store;
  all.position = testimony.position;
  all.seen = testimony.seen;
  all.released = testimony.released;
  if (testimony.more) return ask(store, all.branches.back().id);
  complete_.insert(store);
  if (complete_.size() == stores_.size()) restore();
}

void LogRestoration::restore() {
  auto& world = cluster_.world;
  const auto restored = restore_log(claimed_.state, testimonies_, {}, start_.epoch, start_.nonce);
  if (!restored) {
    const bool meets_a_copy = std::any_of(cluster_.stores.begin(), cluster_.stores.end(),
                                          [](const auto& store) { return store.second->is_copy(); });
    if (restored.error().kind == ErrorKind::kConflict && meets_a_copy) {
      world.count("restorations that met an old copy of a store");
      directory_.reset();
      return later(world.between(1ms, 100ms), [this] { begin(); });
    }
    if (restored.error().kind != ErrorKind::kNotFound) throw Violation("R10: " + restored.error().message);
    // It names a store that he has not asked.
    world.count("restorations that lacked a store");
    world.say(name_, " hears that ", restored.error().message);
    for (const auto& [name, store] : cluster_.stores) {
      if (restored.error().message.find('`' + name + '`') != std::string::npos) stores_.insert(name);
    }
    directory_.reset();
    return begin();
  }
  const bool may_fail = world.strikes(Incident::kDiskError);
  if (may_fail) fail_soon(world, disk_, kOperations, false);
  const auto replaced = replace_log(*directory_, claimed_, restored->state, kSegmentBytes);
  end_failing(world, disk_);
  directory_.reset();
  if (!replaced) {
    if (!may_fail && replaced.error().kind != ErrorKind::kUnavailable) throw Violation(replaced.error().message);
    world.count("restorations that could not write");
    return later(world.between(1ms, 100ms), [this] { begin(); });
  }
  world.say(name_, " has restored the log, with ", restored->found.size(), " commits that were lost");
  if (!restored->found.empty()) world.count("restorations that found commits again");
  cluster_.checker.restored(restored->state, stores_);
  ++attempt_;
  done_();
}

}  // namespace assent::simulation
