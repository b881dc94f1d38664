#include "tests/crash/log_files.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace assent::tests {

std::filesystem::path newest_segment(const std::filesystem::path& log) {
  std::filesystem::path newest;
  for (const auto& entry : std::filesystem::directory_iterator(log)) {
    const auto name = entry.path().filename().string();
    if (name.rfind("segment-0", 0) == 0 && (newest.empty() || name > newest.filename().string())) newest = entry.path();
  }
  return newest;
}

void tear_last_block(const std::filesystem::path& log) {
  constexpr std::ptrdiff_t kLostBytes = 8;
  const auto segment = newest_segment(log);
  std::fstream file(segment, std::ios::binary | std::ios::in | std::ios::out);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  // Behind the last block there are zeros up to the end of the file.
  const auto last = std::find_if(bytes.rbegin(), bytes.rend(), [](char byte) { return byte != 0; });
  file.clear();
  file.seekp(std::distance(last, bytes.rend()) - kLostBytes);
  file.write(std::string(kLostBytes, '\0').data(), kLostBytes);
}

}  // namespace assent::tests
