// A bit of a decision log flips on its disk: does a start tell?
#pragma once

#include "tests/simulation/log_disk.h"
#include "tests/simulation/world.h"

namespace assent::simulation {

// On a copy of the disk, which nobody goes on with. Whoever opens it must be told the file, or must read what was
// written; the last block alone cannot be told from one that a crash has torn. Throws a Violation otherwise.
void flip_a_bit(World& world, const coordinator::LogDisk& disk);

}  // namespace assent::simulation
