// Processor time of processes, as the kernel counts it.
#pragma once

#include <sys/types.h>

#include "tests/bench/measure/latencies.h"

namespace assent::bench {

// User and system time of the process and of all that descend from it since they began, in steps of the kernel's clock
// (10 ms). Zero if there is no such process.
Microseconds processor_time(pid_t process);

}  // namespace assent::bench
