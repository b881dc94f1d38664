// encode_core(): all of a core's state, as bytes: two cores with the same bytes do the same from now on.
// left_in(): what a core still holds of what was under way.
#pragma once

#include <string>

#include "coordinator/core/coordinator.h"
#include "participant/core/branch_table.h"

namespace assent::exhaustive {

void encode_core(std::string& bytes, const coordinator::Coordinator& core);
void encode_core(std::string& bytes, const participant::BranchTable& core);

// The names of the members that are empty when nothing is under way, and are not; empty: nothing is left. What is kept
// rightly (outcomes for their retention, leases, remembered ends) is none of them.
std::string left_in(const coordinator::Coordinator& core);
std::string left_in(const participant::BranchTable& core);

}  // namespace assent::exhaustive
