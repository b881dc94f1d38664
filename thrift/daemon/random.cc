#include "thrift/daemon/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>

namespace assent::daemon {

std::uint64_t random_number() {
  std::uint64_t number = 0;
  while (number == 0) {
    // Up to 256 bytes are never cut short (getrandom(2)).
    if (getrandom(&number, sizeof number, 0) == sizeof number) continue;
    if (errno != EINTR) std::abort();
    number = 0;
  }
  return number;
}

}  // namespace assent::daemon
