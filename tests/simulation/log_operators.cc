// What becomes of a coordinator's log behind its back: old copies of it are served beside it, another process takes it
// over, and it is lost and restored.
#include <algorithm>
#include <utility>

#include "coordinator/log/claimed_log.h"
#include "tests/simulation/cluster.h"
#include "tests/simulation/coordinator_node.h"
#include "tests/simulation/disk_faults.h"

namespace assent::simulation {

using namespace coordinator;

namespace {

constexpr std::size_t kCopies = 20;

// As whoever opens it finds it.
LogState state_of(LogDisk copy) {
  const auto directory = copy.directory();
  const auto claimed = claim_log(*directory, /*create=*/false);
  if (!claimed) throw Violation("a copy of a log cannot be read: " + claimed.error().message);
  return claimed->state;
}

}  // namespace

CoordinatorNode& Cluster::reached(const CoordinatorNode& coordinator) {
  for (const auto& copy : log_copies) {
    if (copy->is_served() && copy->log() == coordinator.log() && world.chance(0.5)) return *copy;
  }
  return *coordinator_of(coordinator.log());
}

CoordinatorNode* Cluster::coordinator_of(LogIdentity log) const {
  const auto found = std::find_if(coordinators.begin(), coordinators.end(),
                                  [log](const auto& coordinator) { return coordinator->log() == log; });
  return found == coordinators.end() ? nullptr : found->get();
}

bool Cluster::serves_a_copy() const {
  return std::any_of(log_copies.begin(), log_copies.end(), [](const auto& copy) { return copy->is_served(); }) ||
         std::any_of(coordinators.begin(), coordinators.end(), [](const auto& each) { return each->is_restored(); }) ||
         std::any_of(stores.begin(), stores.end(), [](const auto& store) {
           return store.second->is_copy() || (store.second->is_lost() && store.second->is_up());
         });
}

// Each coordinator has another one that can show that its log is the newest, and that is asked when it is lost again.
// (If nobody is left who knows of the last restoration, clients hold ids of which the next one knows nothing.)
void Cluster::lose_a_store() {
  const auto names = store_names();
  const auto& lost = names[world.below(names.size())];
  const bool is_spared = std::all_of(coordinators.begin(), coordinators.end(), [&](const auto& coordinator) {
    if (coordinator->is_up() && !coordinator->core().is_proven()) return false;
    return std::any_of(names.begin(), names.end(), [&](const auto& name) {
      return name != lost && coordinator->has_heard(name) &&
             checker.durably_seen(name, coordinator->log()).epoch != Epoch{};
    });
  });
  if (is_spared) stores.at(lost)->lose();
}

void CoordinatorNode::keep_a_copy() {
  if (is_up() && old_logs_.size() < kCopies) keep();
}

void CoordinatorNode::keep() {
  make_usable(cluster_.world, disk_);
  old_logs_.push_back(disk_);
  old_logs_.back().repair();
}

// Each store has heard of more than the copy will hold, and remembers it in a crash. (A store that has not, takes the
// copy for the log.)
bool CoordinatorNode::is_told_by_all(const LogDisk& copy) const {
  const auto state = state_of(copy);
  const auto stores = cluster_.store_names();
  return std::all_of(stores.begin(), stores.end(), [&](const auto& store) {
    const auto seen = cluster_.checker.durably_seen(store, log_identity_);
    return seen.epoch > state.epoch() || (seen.epoch == state.epoch() && seen.durable > state.last);
  });
}

void CoordinatorNode::serve_an_old_copy() {
  auto& world = cluster_.world;
  if (old_logs_.empty() || cluster_.serves_a_copy()) return;
  const auto& copy = old_logs_[world.below(old_logs_.size())];
  if (!is_told_by_all(copy)) return;
  world.count("old copies of logs served");
  world.say("an old copy of the log of ", name_, " is served");
  cluster_.log_copies.push_back(std::make_unique<CoordinatorNode>(cluster_, *this, copy));
  auto& node = *cluster_.log_copies.back();
  node.start();
  world.after(world.long_while(2), [&node] { node.withdraw(); });
}

// It knows nothing of what has happened since, and must know that it may not. What it answers is checked as any answer.
void CoordinatorNode::check_copy(const Effect& effect) const {
  const auto* const outcome = std::get_if<OutcomeAnswered>(&effect);
  const auto* const inquiry = std::get_if<InquiryAnswered>(&effect);
  const auto* const registration = std::get_if<RegistrationAnswered>(&effect);
  const bool is_wrong =
      std::holds_alternative<LeaseGranted>(effect) || std::holds_alternative<SendDecision>(effect) ||
      std::holds_alternative<SendPrepare>(effect) || std::holds_alternative<SendExecuteAndPrepare>(effect) ||
      (outcome != nullptr && outcome->kind == OutcomeKind::kAborted) ||
      (inquiry != nullptr && (inquiry->result == InquiryResult::kCommit || inquiry->result == InquiryResult::kAbort)) ||
      (registration != nullptr && registration->refused.empty());
  if (is_wrong) throw Violation("R9: an old copy of the log takes part: " + describe(effect));
}

void CoordinatorNode::withdraw() {
  is_served_ = false;
  crash();
}

CoordinatorNode::CoordinatorNode(CoordinatorNode& replaced)
    : cluster_(replaced.cluster_),
      name_(std::exchange(replaced.name_, replaced.name_ + "-replaced")),
      log_identity_(replaced.log_identity_),
      clock_(cluster_.world),
      disk_(replaced.disk_),
      starts_(replaced.starts_),
      in_doubt_(std::move(replaced.in_doubt_)),
      witnesses_(replaced.witnesses_),
      old_logs_(std::move(replaced.old_logs_)) {
  disk_.repair();
}

// What was not forced goes with the machine, or not, as in a power failure.
void CoordinatorNode::replace() {
  auto& world = cluster_.world;
  const bool is_possible = core_ && clock_.is_paused() && !cluster_.serves_a_copy();
  if (!is_possible || !world.strikes(Incident::kReplacement)) return;
  world.count("coordinators replaced");
  world.say(name_, " is replaced");
  if (!in_flight_.empty()) {
    world.count("coordinators replaced while they forced");
    die_within_append();
  }
  is_replaced_ = true;
  auto& all = cluster_.coordinators;
  const auto place = std::find_if(all.begin(), all.end(), [this](const auto& each) { return each.get() == this; });
  cluster_.log_copies.push_back(std::exchange(*place, std::make_unique<CoordinatorNode>(*this)));
  (*place)->lose_power();
  (*place)->start_soon();
}

bool CoordinatorNode::loses_its_log() {
  auto& world = cluster_.world;
  if (is_copy() || old_logs_.empty() || cluster_.serves_a_copy() || !world.strikes(Incident::kLostLog)) return false;
  world.count("logs lost");
  world.say("the log of ", name_, " is lost");
  const auto copy = old_logs_[world.below(old_logs_.size())];
  keep();  // it may turn up again, with what it was forcing
  cluster_.checker.opened(state_of(old_logs_.back()), in_doubt_);
  disk_ = copy;
  in_doubt_.clear();
  if (world.strikes(Incident::kLostStore)) cluster_.lose_a_store();
  std::vector<std::string> asked;
  for (const auto& name : cluster_.store_names()) {
    const bool is_remembered = witnesses_.contains(name);
    if (asked.empty() || is_remembered || world.chance(0.7)) asked.push_back(name);
  }
  restore_log(asked, /*is_lost=*/true);
  return true;
}

void CoordinatorNode::restore_log(const std::vector<std::string>& stores, bool is_lost) {
  restoration_.reset();  // and its claim on the disk
  std::set<std::string> without;
  for (const auto& [name, store] : cluster_.stores) {
    if (store->is_lost() && !has_heard(name)) without.insert(name);
  }
  const auto done = [this, is_lost](const LogState& found, const LogState& restored,
                                    const std::set<std::string>& testified) {
    cluster_.world.count("logs restored");
    if (!is_lost) settle_in_doubt(found);
    cluster_.checker.restored(restored, testified);
    witnesses_ = testified;
    // Whatever still calls it is at its end.
    cluster_.world.after(1ms, [this] {
      restoration_.reset();
      start();
    });
  };
  restoration_ = std::make_unique<LogRestoration>(cluster_, "operator", disk_, stores, std::move(without), done);
}

// A store that was not asked has seen what the restored log does not know. One that was given up may know of commits
// that were aborted meanwhile, for lack of it: it is withdrawn again, and all goes on without it.
void CoordinatorNode::is_contradicted(StoreNode& store) {
  cluster_.world.count("restored logs that a store contradicted");
  crash();
  if (store.is_lost()) {
    cluster_.world.count("restored logs that a lost store contradicted");
    return store.withdraw();
  }
  if (restoration_) return;  // it has lost its log besides
  restore_log(cluster_.store_names(), /*is_lost=*/false);
}

}  // namespace assent::simulation
