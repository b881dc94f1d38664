#include "tests/isolation/schedules.h"

namespace assent::isolation {

namespace {

constexpr Possible kNever{false, false};
constexpr Possible kAlways{true, true};
// What one store shows it shows whole; another store may not have heard of it yet.
constexpr Possible kAcrossStores{false, true};

}  // namespace

const std::vector<AnomalyRow> kAnomalyTable = {
    {"G0", "dirty write (G0)", kNever, kNever},
    {"dirty_read", "dirty read", kNever, kNever},
    {"G1a", "aborted read (G1a)", kNever, kNever},
    {"G1b", "intermediate read (G1b)", kNever, kNever},
    {"G1c", "circular information flow (G1c)", kNever, kNever},
    {"OTV", "observed transaction vanishes (OTV)", kNever, kAcrossStores},
    {"PMP", "predicate-many-preceders (PMP)", kNever, kAlways},
    {"P4", "lost update (P4)", kNever, kAlways},
    {"G_single", "read skew (G-single)", kNever, kAlways},
    {"G2_item", "write skew (G2-item)", kNever, kAlways},
    {"G2", "phantom (G2)", kNever, kAlways},
    {"fractured_reads", "fractured reads", kNever, kAlways},
};

}  // namespace assent::isolation
