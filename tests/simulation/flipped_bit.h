// A bit of a decision log, or of a store's files, flips on its disk: does a start tell?
#pragma once

#include <optional>

#include "tests/simulation/log_disk.h"
#include "tests/simulation/store_disk.h"
#include "tests/simulation/world.h"

namespace assent::simulation {

// On a copy of the disk, which nobody goes on with. Whoever opens it must be told the file, or must read what was
// written; the last block alone cannot be told from one that a crash has torn. Throws a Violation otherwise.
void flip_a_bit(World& world, const coordinator::LogDisk& disk);

// Of a file of a store that is open: what its next opening tells is counted, for SQLite cannot tell everything. It is
// told by the name of the file, or the store opens with the same content, with less, or with something else, which
// nobody can tell from what was written. If it has less, these are the files: an old copy, as its position says.
std::optional<OldCopy> flip_a_bit(World& world, StoreDisk& disk);

}  // namespace assent::simulation
