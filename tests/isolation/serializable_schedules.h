// The anomalies of the literature as schedules, at the level `serializable`: none happens.
//
// Berenson and others, A Critique of ANSI SQL Isolation Levels, 1995 (P4, A5A read skew, A5B write skew); Adya, Weak
// Consistency, 1999 (G0 to G2, PMP, OTV); Bailis and others, Scalable Atomic Visibility with RAMP Transactions, 2014
// (fractured reads); the schedules begin as those of Kleppmann's Hermitage.
#pragma once

#include <vector>

#include "tests/isolation/schedule.h"

namespace assent::isolation {

struct NamedSchedule {
  std::string anomaly;  // G0, G1a, …
  std::string name;     // what happens in this one
  Schedule steps;
};

// Each anomaly of the list; every set of schedules has at least one for each.
extern const std::vector<std::string> kScheduledAnomalies;

// Of x and y in one store, or in two.
extern const std::vector<NamedSchedule> kSerializableSchedules;

// Of x and y in two stores, where a commit (or an abort) is delivered to one and held at the other.
extern const std::vector<NamedSchedule> kSerializableHeldSchedules;

}  // namespace assent::isolation
