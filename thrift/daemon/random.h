// The only place where Assent draws random numbers: identities of logs and stores, nonces, and the jitter of retries.
#pragma once

#include <cstdint>

namespace assent::daemon {

// From the operating system's generator, never 0 (which stands for none). Any thread. Aborts the process if the system
// has no random numbers, which Linux does not let happen after boot: identities that repeat would mix up transactions.
std::uint64_t random_number();

}  // namespace assent::daemon
