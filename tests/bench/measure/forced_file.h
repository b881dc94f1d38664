// ForcedFile: records at the end of a file that is on the disk in full already, so that a force writes them and nothing
// else. What a coordinator pays at least for a decision.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "coordinator/log/log_directory.h"

namespace assent::bench {

class ForcedFile {
 public:
  // Makes the file. Throws ResultError, as the others do.
  explicit ForcedFile(const std::filesystem::path& path);

  // Behind the last record; at the beginning again when the file is full.
  void append(std::string_view record);

  // Everything that was appended is on the disk.
  void force();

 private:
  std::unique_ptr<coordinator::LogFile> file_;
  std::uint64_t offset_ = 0;
};

}  // namespace assent::bench
