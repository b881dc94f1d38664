// FaultyMemory: lets the N-th allocation that SQLite asks for fail.
#pragma once

#include "tests/unit/participant/store/nth_fault.h"

namespace assent::participant {

class FaultyMemory {
 public:
  FaultyMemory();
  ~FaultyMemory() { fault().heal(); }
  FaultyMemory(const FaultyMemory&) = delete;
  FaultyMemory& operator=(const FaultyMemory&) = delete;

  NthFault& fault();
};

}  // namespace assent::participant
