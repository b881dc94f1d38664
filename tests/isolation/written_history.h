// Histories as text, for tests: a line for each transaction.
//
//     T1 0-10: x+1 y=1,2 x=      T1 began at 0 and ended at 10; it appended 1 to x, read 1 and 2 in y, and found x
//     empty T2 0-10 aborted: x+2 T3 5-? unknown: y+3
#pragma once

#include <string>

#include "tests/isolation/history.h"

namespace assent::isolation {

// Throws std::invalid_argument if it cannot be read.
History written_history(const std::string& text);

}  // namespace assent::isolation
