#include "tests/bench/measure/processor_time.h"

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace assent::bench {

namespace {

namespace fs = std::filesystem;

// proc(5): utime, stime, and those of children that have ended, are fields 14 to 17; the name, field 2, may hold blanks
// and ends with the last parenthesis.
std::uint64_t ticks(const fs::path& folder) {
  std::ostringstream read;
  read << std::ifstream(folder / "stat").rdbuf();
  const auto text = read.str();
  const auto name_end = text.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(text.substr(name_end + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  std::uint64_t sum = 0;
  for (int field = 14; field < 18; ++field) {
    std::uint64_t ticks = 0;
    fields >> ticks;
    sum += ticks;
  }
  return sum;
}

std::uint64_t ticks_with_descendants(pid_t process) {
  const fs::path folder = fs::path("/proc") / std::to_string(process);
  std::uint64_t sum = ticks(folder);
  std::error_code gone;
  for (fs::directory_iterator thread(folder / "task", gone), end; !gone && thread != end; thread.increment(gone)) {
    std::ifstream children(thread->path() / "children");
    for (pid_t child = 0; children >> child;) sum += ticks_with_descendants(child);
  }
  return sum;
}

}  // namespace

Microseconds processor_time(pid_t process) {
  const auto per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  return std::chrono::duration<double>(static_cast<double>(ticks_with_descendants(process)) / per_second);
}

}  // namespace assent::bench
