#include "tests/bench/measure/resident_memory.h"

#include <fstream>
#include <sstream>
#include <string>

namespace assent::bench {

// proc(5): a line of `status` is `VmRSS:     123 kB`.
std::uint64_t resident_bytes(pid_t process) {
  constexpr std::uint64_t kKibibyte = 1024;
  std::ifstream status("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (!line.starts_with("VmRSS:")) continue;
    std::istringstream fields(line.substr(line.find(':') + 1));
    std::uint64_t kibibytes = 0;
    fields >> kibibytes;
    return kibibytes * kKibibyte;
  }
  return 0;
}

}  // namespace assent::bench
