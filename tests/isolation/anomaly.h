// What a history can show that no strictly serializable system does.
//
// Names of Adya (Weak Consistency, MIT 1999). A dependency leads from a transaction to one that must come later:
//
//     ww   both appended to a list, in this order
//     wr   the second read what the first appended
//     rw   the first read the list before the second appended
//     rt   the first had ended before the second began (real time)
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tests/isolation/history.h"

namespace assent::isolation {

enum class Anomaly {
  kG0,                 // dirty write: a cycle of ww
  kG1a,                // aborted read: what an aborted transaction appended was read
  kG1b,                // intermediate read: of two appends of one transaction to one list only the first was read
  kG1c,                // circular information flow: a cycle of ww and wr
  kGSingle,            // a cycle with exactly one rw: read skew, lost update
  kG2,                 // a cycle with several rw: write skew
  kRealTime,           // a cycle that needs rt: serializable, but not in the order in which things happened
  kLostAppend,         // a committed append is not in a list that was read later
  kDuplicate,          // an element is twice in a list
  kIncompatibleOrder,  // two reads of a list, and neither is a beginning of the other
  kFromNowhere,        // nobody appended the element
  kInternal,           // a transaction did not see exactly what it had appended itself
};

// `G-single`, `aborted read (G1a)`, …
std::string_view to_string(Anomaly anomaly);

enum class Dependency { kWriteWrite, kWriteRead, kReadWrite, kRealTime };

std::string_view to_string(Dependency dependency);

struct CycleEdge {
  std::size_t from = 0;  // index of a transaction in the history
  Dependency dependency = Dependency::kWriteWrite;
  ListId list{};  // not of real time
  std::size_t to = 0;
};

struct Finding {
  Anomaly anomaly = Anomaly::kG0;
  std::string text;              // a sentence, with the names of the transactions
  std::vector<CycleEdge> cycle;  // of the anomalies that are cycles: the shortest of its kind
};

}  // namespace assent::isolation
