#include "tests/bench/measure/forced_file.h"

#include <span>
#include <vector>

namespace assent::bench {

namespace {

constexpr std::uint64_t kFileBytes = 16U << 20U;

}  // namespace

ForcedFile::ForcedFile(const std::filesystem::path& path)
    : file_(coordinator::open_log_directory(path.parent_path()).value()->create(path.filename()).value()) {
  file_->write(0, std::vector<std::byte>(kFileBytes)).value();
  force();
}

void ForcedFile::append(std::string_view record) {
  if (offset_ + record.size() > kFileBytes) offset_ = 0;
  file_->write(offset_, std::as_bytes(std::span(record))).value();
  offset_ += record.size();
}

void ForcedFile::force() {
  file_->sync().value();
}

}  // namespace assent::bench
