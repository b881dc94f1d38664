// Memory of processes, as the kernel counts it.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace assent::bench {

// Bytes of the process that are in memory now. Zero if there is no such process.
std::uint64_t resident_bytes(pid_t process);

}  // namespace assent::bench
