// What befalls the disks of a world, drawn from its seed.
#pragma once

#include <cstdint>

#include "tests/simulation/disk.h"
#include "tests/simulation/world.h"

namespace assent::simulation {

// One of so many operations from now fails, in any way.
void fail_soon(World& world, Disk& disk, std::uint64_t operations, bool for_good);
// Nothing fails any more, but for what is broken or full.
void end_failing(World& world, Disk& disk);
// Behind one of so many operations from now the process is gone: nobody is left to perform the others.
void die_soon(World& world, Disk& disk, std::uint64_t operations);
// It fails at some or all that it is told, for a while. REQUIRES: it lives as long as the world.
void break_for_a_while(World& world, Disk& disk);
// The power fails, and the disk keeps what it likes. REQUIRES: nobody uses it.
void lose_power(World& world, Disk& disk);
// Whoever opens what is on a disk makes it work again, if it has shut down. REQUIRES: nobody uses it.
void make_usable(World& world, Disk& disk);

}  // namespace assent::simulation
