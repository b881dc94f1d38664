// The anomalies of the literature as schedules, and which of them each level lets happen.
//
// Berenson and others, A Critique of ANSI SQL Isolation Levels, 1995 (P4, A5A read skew, A5B write skew); Adya, Weak
// Consistency, 1999 (G0 to G2, PMP, OTV); Bailis and others, Scalable Atomic Visibility with RAMP Transactions, 2014
// (fractured reads); the schedules begin as those of Kleppmann's Hermitage.
#pragma once

#include <string>
#include <vector>

#include "tests/isolation/schedule.h"

namespace assent::isolation {

// Whether an anomaly is possible: with all its rows in one store, and with rows in several.
struct Possible {
  bool on_one_store = false;
  bool across_stores = false;
};

struct AnomalyRow {
  std::string anomaly;  // G0, G1a, …
  std::string name;     // as users read it
  Possible serializable;
  Possible read_committed;
};

// Each cell is asserted: what is possible happens in a schedule, what is not is tried in one and happens in none. Users
// find the same table in sdk/README.md.
extern const std::vector<AnomalyRow> kAnomalyTable;

struct NamedSchedule {
  std::string anomaly;
  std::string name;  // what happens in this one
  Schedule steps;
  bool happens = false;  // the anomaly; else it is tried
};

// Of x and y in one store, and in two; everybody at this level.
extern const std::vector<NamedSchedule> kSerializableSchedules;
extern const std::vector<NamedSchedule> kReadCommittedSchedules;

// Of x and y in two stores, where a commit (or an abort) is delivered to one and held at the other.
extern const std::vector<NamedSchedule> kSerializableHeldSchedules;
extern const std::vector<NamedSchedule> kReadCommittedHeldSchedules;

}  // namespace assent::isolation
