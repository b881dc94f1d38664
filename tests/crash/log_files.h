// The files of a decision log, as a disk may leave them. The coordinator must be down.
#pragma once

#include <filesystem>

namespace assent::tests {

// The segment that an opening would read.
std::filesystem::path newest_segment(const std::filesystem::path& log);

// As if the power had failed within the last write: its end never reached the disk.
void tear_last_block(const std::filesystem::path& log);

}  // namespace assent::tests
