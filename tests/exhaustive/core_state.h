// state_of(): all of a core's state, as bytes: two cores with the same bytes do the same from now on.
#pragma once

#include <string>

#include "coordinator/core/coordinator.h"
#include "participant/core/branch_table.h"

namespace assent::exhaustive {

void encode_core(std::string& bytes, const coordinator::Coordinator& core);
void encode_core(std::string& bytes, const participant::BranchTable& core);

}  // namespace assent::exhaustive
