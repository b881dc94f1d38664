#include "tests/isolation/schedules.h"

namespace assent::isolation {

namespace {

constexpr Possible kNever{false, false};
constexpr Possible kAlways{true, true};
// What one store shows it shows whole; another store may not have heard of it yet.
constexpr Possible kAcrossStores{false, true};

}  // namespace

const std::vector<AnomalyRow> kAnomalyTable = {
    {"G0", kNever, kNever},          // dirty write
    {"dirty_read", kNever, kNever},  // of what may still be aborted, or change
    {"G1a", kNever, kNever},         // aborted read
    {"G1b", kNever, kNever},         // intermediate read
    {"G1c", kNever, kNever},         // circular information flow
    {"OTV", kNever, kAcrossStores},  // observed transaction vanishes
    {"PMP", kNever, kAlways},        // predicate-many-preceders
    {"P4", kNever, kAlways},         // lost update
    {"G_single", kNever, kAlways},   // read skew
    {"G2_item", kNever, kAlways},    // write skew
    {"G2", kNever, kAlways},         // phantom, anti-dependency cycle
    {"fractured_reads", kNever, kAlways},
};

}  // namespace assent::isolation
