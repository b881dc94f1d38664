// What a history of list appends shows that no strictly serializable system does; nothing, if all is well.
//
// Sound: what it finds, happened. It sees real time as dependencies, so a history may also fail for being serializable
// in another order than the one in which things happened. Pure; about linear in what was read.
#pragma once

#include <string>
#include <vector>

#include "tests/isolation/anomaly.h"
#include "tests/isolation/history.h"

namespace assent::isolation {

// REQUIRES: every transaction is serializable (mixed_levels.h makes them so). Throws std::invalid_argument if an
// element was appended to a list twice.
std::vector<Finding> check(const History& history);

// A line for each finding, and what the transactions of each cycle did.
std::string report(const std::vector<Finding>& findings, const History& history);

}  // namespace assent::isolation
