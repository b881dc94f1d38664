// Histories in which some transactions are read-committed.
//
// Such a transaction writes as a serializable one does, and takes its place among the others by what it appended. Its
// reads do not: each of them saw some committed state of its store, and nothing more is promised, also not that this
// state was the newest. So each becomes a transaction of its own that reads one list and has no place in time. A list
// to which the transaction itself had appended is left out: what was read there was not all committed.
//
// Pure.
#pragma once

#include "tests/isolation/history.h"

namespace assent::isolation {

// The history that is to be checked instead: all its transactions are serializable.
History with_reads_apart(const History& history);

}  // namespace assent::isolation
