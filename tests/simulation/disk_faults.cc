#include "tests/simulation/disk_faults.h"

#include <array>

namespace assent::simulation {

namespace {

std::uint32_t draw_seed(World& world) {
  return static_cast<std::uint32_t>(world.below(1ULL << 32U));
}

}  // namespace

void fail_soon(World& world, Disk& disk, std::uint64_t operations, bool for_good) {
  disk.seed(draw_seed(world));
  const auto fault =
      std::array{Fault::kNothingDone, Fault::kDone, Fault::kNoSpace, Fault::kForgotten, Fault::kShutDown}.at(
          world.below(5));
  disk.fail(1 + world.below(operations), fault, for_good);
}

void end_failing(World& world, Disk& disk) {
  if (disk.has_failed(Fault::kNoSpace)) world.count("single writes that found no room");
  if (disk.has_failed(Fault::kForgotten)) world.count("forces that failed and forgot");
  disk.fail(0, Fault::kNothingDone);
}

void die_soon(World& world, Disk& disk, std::uint64_t operations) {
  const auto fault = world.chance(0.5) ? Fault::kDone : Fault::kNothingDone;
  disk.fail(1 + world.below(operations), fault, true);
}

void break_for_a_while(World& world, Disk& disk) {
  world.count("disks that were broken");
  disk.set_broken(std::array{Broken::kSyncs, Broken::kChanges, Broken::kAll}.at(world.below(3)));
  world.after(world.long_while(), [&disk] { disk.set_broken(Broken::kNot); });
}

void lose_power(World& world, Disk& disk) {
  if (disk.has_forgotten()) world.count("power failures of disks that had forgotten");
  disk.crash({.data = std::array{KeptData::kAll, KeptData::kNone, KeptData::kSome}.at(world.below(3)),
              .sector_bytes = world.chance(0.5) ? 512U : 4096U,
              .seed = draw_seed(world),
              .directory_operations = world.below(disk.unsynced_directory_operations() + 1)});
}

void make_usable(World& world, Disk& disk) {
  if (!disk.is_shut_down()) return;
  world.count("disks that had shut down");
  lose_power(world, disk);
}

}  // namespace assent::simulation
