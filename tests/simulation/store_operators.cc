// What operators do to a store, and what is done to its file.
#include <algorithm>

#include "tests/simulation/cluster.h"
#include "tests/simulation/disk_faults.h"
#include "tests/simulation/store_node.h"

namespace assent::simulation {

using namespace participant;

bool StoreNode::start_a_copy() {
  // One that the log of every coordinator can tell from the store, after a restart too.
  const auto is_told_apart = [this](const OldCopy& old) {
    return std::all_of(cluster_.coordinators.begin(), cluster_.coordinators.end(), [&](const auto& coordinator) {
      const auto opened_at = static_cast<std::uint64_t>(old.position) + 1;
      return opened_at < static_cast<std::uint64_t>(cluster_.checker.acknowledged(coordinator->log(), name_));
    });
  };
  auto& world = cluster_.world;
  if (old_copies_.empty() || cluster_.serves_a_copy() || !world.strikes(Incident::kOldCopy)) return false;
  const auto& old = old_copies_[world.below(old_copies_.size())];
  if (!is_told_apart(old)) return false;
  world.count("old copies served");
  world.say(name_, " is replaced by an old copy");
  copy_ = std::make_unique<StoreDisk>(old.files);
  return open(*copy_);
}

void StoreNode::refuse_a_second(StoreDisk& disk) {
  if (!cluster_.world.chance(0.1)) return;
  const auto second = disk.open();
  if (second || second.error().kind != ErrorKind::kConflict) throw Violation(name_ + " is served twice");
  cluster_.world.count("second processes on a store refused");
}

// Whoever resolves by hand has found out how it ended, or guesses.
void StoreNode::resolve_in_doubt() {
  if (!core_ || is_copy() || is_lost_) return;
  auto& world = cluster_.world;
  for (const auto& [id, row] : disk_.read().rows) {
    if (row.state != RowState::kPrepared) continue;
    auto decision = cluster_.checker.known_decision(name_, row);
    if (world.strikes(Incident::kGuess)) {
      decision = world.chance(0.5) ? Decision::kCommit : Decision::kAbort;
      cluster_.checker.is_guessed(name_, row);
    }
    if (!decision) continue;
    world.count("resolved by an operator");
    world.say("an operator resolves ", describe(id), " at ", name_, ": ", to_string(*decision));
    ask(ResolveRequested{{}, id, *decision, "the operator has looked it up"}, [](const Effect&) {});
  }
}

void StoreNode::change_schema() {
  if (!core_ || is_copy() || is_lost_) return;
  auto& world = cluster_.world;
  const auto number = std::to_string(++schema_changes_);
  const auto text = world.chance(0.5) ? "CREATE INDEX by_balance" + number + " ON accounts(balance)"
                                      : "ALTER TABLE accounts ADD COLUMN note" + number + " INTEGER DEFAULT 7";
  world.say("an operator changes the schema of ", name_, ": ", text);
  ask(SchemaChangeRequested{{}, std::make_shared<const std::string>(text)}, [&world](const Effect& answer) {
    world.count(std::holds_alternative<SchemaAnswered>(answer) ? "schemas changed" : "schema changes refused");
  });
}

// Something else needs all of its room for a while, or all but what is kept in reserve.
void StoreNode::fill_disk(Duration length) {
  cluster_.world.say(name_, ": the disk is full");
  disk_.set_short_of_space(true);
  disk_.disk().set_full(cluster_.world.chance(0.5));
  cluster_.world.after(length, [this] {
    disk_.set_short_of_space(false);
    disk_.disk().set_full(false);
  });
}

void StoreNode::drain() {
  if (!core_) return;
  cluster_.world.say(name_, " is to finish");
  tell(DrainRequested{});
  later(cluster_.world.long_while(), [this] { crash(); });
}

// What it has by now on its disk, which works again, is what it will have.
void StoreNode::lose() {
  auto& world = cluster_.world;
  world.count("stores lost for good");
  world.say(name_, " is lost");
  withdraw();
  copy_.reset();
  is_lost_ = true;
  disk_.disk().set_full(false);
  disk_.disk().set_broken(Broken::kNot);
  make_usable(world, disk_.disk());
  const auto last = disk_.open().value();
  cluster_.checker.journaled(name_, disk_.read());
  cluster_.checker.is_lost(name_);
  disk_.stop_reading();
  turn_up_later();
}

void StoreNode::withdraw() {
  die({});
}

void StoreNode::turn_up_later() {
  cluster_.world.after(cluster_.world.between(1ms, 500ms), [this] { turn_up(); });
}

// Every coordinator can tell that it has been left out. (One whose log has not been restored since would go on with it,
// and so would one of which it has never heard.)
void StoreNode::turn_up() {
  auto& world = cluster_.world;
  if (world.faults[Incident::kLostStore] == 0) return;
  const bool is_told_by_all =
      std::all_of(cluster_.coordinators.begin(), cluster_.coordinators.end(), [&](const auto& coordinator) {
        return !coordinator->has_heard(name_) &&
               cluster_.checker.durably_seen(name_, coordinator->log()).epoch != Epoch{};
      });
  if (!is_told_by_all || cluster_.serves_a_copy()) return turn_up_later();
  world.count("lost stores that turned up again");
  world.say(name_, " turns up again");
  if (open(disk_)) later(world.between(1ms, 1500ms), [this] { withdraw(); });
}

}  // namespace assent::simulation
