// What a coordinator does with its log: it forces what was appended, a block at a time, and claims space ahead; and
// what its disk makes of that.
#include <algorithm>

#include "coordinator/log/segment_reader.h"
#include "tests/simulation/cluster.h"
#include "tests/simulation/disk_faults.h"

namespace assent::simulation {

using namespace coordinator;

namespace {

// More than each has, as a rule: then nothing fails.
constexpr std::uint64_t kOperationsOfAnAppend = 3;
constexpr std::uint64_t kOperationsOfACheckpoint = 16;
constexpr std::uint64_t kOperationsOfAClaim = 4;

}  // namespace

bool CoordinatorNode::is_forced() {
  std::string newest;
  for (const auto& name : disk_.names()) {
    if (name != kNextSegmentName) newest = name;  // of so many digits that they are in order
  }
  return disk_.is_durable(newest);
}

// One block is forced at a time; what waits meanwhile is the next one.
void CoordinatorNode::force() {
  if (!wants_force_ || !in_flight_.empty()) return;
  wants_force_ = false;
  if (appended_.empty()) return;
  in_flight_.swap(appended_);
  later(cluster_.world.latency(200us, 2ms), [this] {
    if (cluster_.world.strikes(Incident::kDiskCrash)) return crash();
    write();
  });
}

void CoordinatorNode::write() {
  if (is_replaced_) {
    cluster_.world.count("replaced coordinators that could not force");
    return crash();
  }
  const Position durable{static_cast<std::uint64_t>(last_) - appended_.size()};
  const auto first = Position{static_cast<std::uint64_t>(durable) - in_flight_.size() + 1};
  const bool has_errors = cluster_.world.strikes(Incident::kDiskError);
  if (has_errors) fail_soon(cluster_.world, disk_, kOperationsOfAnAppend, false);
  const bool may_fail = has_errors || disk_.is_shut_down();
  const auto written = log_->append(first, in_flight_);
  end_failing(cluster_.world, disk_);
  if (!written) {
    if (written.error().kind != ErrorKind::kUnavailable) {
      if (!may_fail) throw Violation(name_ + ": " + written.error().message);
      cluster_.world.count("forces that failed");
      in_doubt_ = std::exchange(in_flight_, {});
      if (cluster_.world.chance(0.5)) break_for_a_while(cluster_.world, disk_);
      return crash();  // nobody knows what the disk has kept
    }
    cluster_.world.count("blocks that found no room");
    look_for_room();
    later(50ms, [this] { write(); });
    return;
  }
  if (!is_forced()) throw Violation("R3: " + name_ + " has not forced its block");
  cluster_.checker.logged(log_identity_, in_flight_);
  in_flight_.clear();
  const auto start = starts_;
  tell(DurableThrough{durable});
  if (!core_ || start != starts_) return;
  claim_ahead();
  if (!core_ || start != starts_) return;
  look_for_room();
  if (core_ && start == starts_) force();
}

// Nobody waits for it, and what fails is done again.
void CoordinatorNode::claim_ahead() {
  if (is_replaced_) return;
  auto& world = cluster_.world;
  const bool dies = world.strikes(Incident::kDiskCrash);
  const bool has_errors = world.strikes(Incident::kDiskError);
  if (has_errors) fail_soon(world, disk_, kOperationsOfAClaim, false);
  if (dies) die_soon(world, disk_, kOperationsOfAClaim);
  log_->claim_ahead();
  if (has_errors && disk_.has_failed()) world.count("claims ahead that failed");
  if (dies && disk_.has_failed()) {
    world.count("coordinator died: claiming ahead");
    return crash();
  }
  end_failing(cluster_.world, disk_);
}

void CoordinatorNode::look_for_room() {
  if (!core_) return;
  const auto reason = log_->status().out_of_space;
  if (!reason.empty() && !std::exchange(is_looking_for_room_, true)) {
    cluster_.world.count("logs that had no room ahead");
    later(100ms, [this] {
      is_looking_for_room_ = false;
      claim_ahead();
      look_for_room();
    });
  }
  if (std::exchange(out_of_space_, reason) != reason) tell(LogSpaceChanged{reason});
}

// The process is gone behind any operation of the append.
void CoordinatorNode::die_within_append() {
  die_soon(cluster_.world, disk_, cluster_.world.chance(0.5) ? kOperationsOfAnAppend : kOperationsOfACheckpoint);
  const auto first = Position{static_cast<std::uint64_t>(last_) - appended_.size() - in_flight_.size() + 1};
  const auto next_segment = [this] {
    return disk_.contains(kNextSegmentName) ? disk_.bytes(kNextSegmentName) : LogDisk::Bytes();
  };
  const auto before = next_segment();
  static_cast<void>(log_->append(first, in_flight_).has_value());
  if (next_segment() != before) cluster_.world.count("coordinator died: checkpoint");
  in_doubt_ = std::move(in_flight_);
}

void CoordinatorNode::lose_power() {
  auto& world = cluster_.world;
  world.count("power failures");
  if (std::exchange(found_unforced_, false)) world.count("power failures after a restart that kept what was unforced");
  simulation::lose_power(world, disk_);
}

}  // namespace assent::simulation
