#include "tests/simulation/log_restoration.h"

#include <utility>

#include "coordinator/log/segment_reader.h"
#include "tests/simulation/call.h"
#include "tests/simulation/cluster.h"
#include "tests/simulation/disk_faults.h"

namespace assent::simulation {

using namespace coordinator;

namespace {

// So few that stores answer in several pieces.
constexpr std::size_t kBranchesAtOnce = 3;
constexpr Duration kPatience = 400ms;
// More than it has, as a rule: then nothing fails.
constexpr std::uint64_t kOperations = 20;

Testimony read(const participant::Testimony& given) {
  Testimony testimony{given.identity, {}, given.position, given.seen, given.released, {}};
  for (const auto& branch : given.branches) {
    testimony.branches.push_back({branch.id, branch.branch, std::string(branch.state), branch.commit, branch.stores});
  }
  return testimony;
}

}  // namespace

LogRestoration::LogRestoration(Cluster& cluster, std::string operator_name, LogDisk& disk,
                               const std::vector<std::string>& stores, std::set<std::string> without, Done done)
    : cluster_(cluster),
      name_(std::move(operator_name)),
      disk_(disk),
      without_(std::move(without)),
      done_(std::move(done)) {
  for (const auto& store : stores) named_[store] = store;
  begin();
}

void LogRestoration::begin() {
  auto& world = cluster_.world;
  meets_a_copy_ = false;
  make_usable(world, disk_);
  directory_.reset();
  directory_ = disk_.directory();
  auto claimed = claim_log(*directory_, /*create=*/false);
  if (!claimed) throw Violation("the copy of a log cannot be read: " + claimed.error().message);
  claimed_ = std::move(*claimed);
  if (claimed_.segment < tried_segment_) found_ = claimed_.state;
  attempt_ = std::make_shared<RestorationProtocol>(claimed_.state, named_, without_, Nonce{world.below(~0ULL)},
                                                   attempt_ ? attempt_->epoch() : Epoch{});
  world.say(name_, " asks ", attempt_->witnesses().size(), " stores");
  for (const auto& [store, witness] : attempt_->witnesses()) find(store);
  // Whoever has not answered by then may be down.
  world.after(kPatience, in_this_attempt([this] {
                cluster_.world.count("restorations begun again");
                give_up();
                begin();
              }));
}

// Whoever is lost will never answer.
void LogRestoration::give_up() {
  for (const auto& [store, witness] : attempt_->witnesses()) {
    if (witness.has_testified || !cluster_.stores.at(store)->is_lost()) continue;
    cluster_.world.count("stores given up");
    cluster_.world.say(name_, " goes on without ", store);
    without_.insert(store);
  }
}

// Which opening is served, and the highest epoch that it has seen.
void LogRestoration::find(const std::string& store) {
  auto& world = cluster_.world;
  auto& node = *cluster_.stores.at(store);
  const auto hear = [this, store](Opening opening, Epoch seen) {
    if (!attempt_->found(store, opening, seen)) return;
    for (const auto& [each, witness] : attempt_->witnesses()) ask(each);
  };
  const auto answer = [this, &world, &node, heard = in_this_attempt(hear)] {
    if (!node.is_up()) return;
    meets_a_copy_ = meets_a_copy_ || node.is_copy();
    world.send(
        node.name(), name_, [] { return "StatusAnswered"; },
        [heard, opening = node.opening(), seen = node.core().seen(claimed_.state.log).epoch] { heard(opening, seen); });
  };
  world.send(
      name_, store, [] { return "StatusRequested"; }, in_this_attempt(answer));
}

void LogRestoration::ask(const std::string& store) {
  const auto question = attempt_->question(store);
  if (!question) return;
  const auto hear = [this, question = *question](const participant::Effect& answer) {
    const auto* given = std::get_if<participant::TestimonyGiven>(&answer);
    if (given == nullptr || !attempt_->answered(question, read(given->testimony), given->testimony.more)) return;
    ask(question.store);
    if (attempt_->is_complete()) restore();
  };
  call(cluster_.world, name_, *cluster_.stores.at(store),
       participant::TestimonyRequested{
           {}, question->opening, {question->start, {}, {}}, question->after, kBranchesAtOnce},
       in_this_attempt(hear));
}

void LogRestoration::restore() {
  auto& world = cluster_.world;
  if (const auto missing = attempt_->missing()) {
    world.count("restorations that lacked a store");
    world.say(name_, " has not asked ", missing->store, ", ", missing->why);
    named_[missing->store] = missing->store;
    return begin();
  }
  const auto restored = attempt_->restore();
  if (!restored) {
    if (restored.error().kind != ErrorKind::kConflict || !meets_a_copy_) {
      throw Violation("R10: " + restored.error().message);
    }
    world.count("restorations that met an old copy of a store");
    return world.after(world.between(1ms, 100ms), in_this_attempt([this] { begin(); }));
  }
  if (!write(restored->state)) {
    if (world.strikes(Incident::kPowerLoss)) lose_power(world, disk_);
    return world.after(world.between(1ms, 100ms), in_this_attempt([this] { begin(); }));
  }
  if (world.strikes(Incident::kPowerLoss)) lose_power(world, disk_);
  world.say(name_, " has restored the log, with ", restored->found.size(), " commits that were lost");
  if (!restored->found.empty()) world.count("restorations that found commits again");
  const auto ended = std::exchange(attempt_, nullptr);
  std::set<std::string> stores;
  for (const auto& [store, witness] : ended->witnesses()) stores.insert(store);
  done_(found_, restored->state, stores);
}

// False if the disk fails, or the process dies: then the log is the old one or the new one, and nobody knows.
bool LogRestoration::write(const LogState& state) {
  auto& world = cluster_.world;
  const bool has_errors = world.strikes(Incident::kDiskError);
  const bool dies = world.strikes(Incident::kDiskCrash);
  if (has_errors) fail_soon(world, disk_, kOperations, false);
  if (dies) die_soon(world, disk_, kOperations);
  tried_segment_ = claimed_.segment + 1;
  const auto replaced = replace_log(*directory_, claimed_, state, kSegmentBytes);
  const bool is_dead = dies && disk_.has_failed();
  end_failing(world, disk_);
  if (is_dead) {
    world.count("restorations that died");
  } else if (!replaced) {
    if (!has_errors && replaced.error().kind != ErrorKind::kUnavailable) throw Violation(replaced.error().message);
    world.count("restorations that could not write");
  } else if (!disk_.is_durable(segment_name(tried_segment_))) {
    throw Violation("R3: the log that " + name_ + " has restored is not forced");
  }
  return replaced && !is_dead;
}

}  // namespace assent::simulation
