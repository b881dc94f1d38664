// FileAtRest: how a store's file looked when it was closed, to be compared when it is opened again.
//
// SQLite tells a connection what others have committed while it is open, and nothing of the time before. So the store
// empties its log at a clean close, and remembers the size and the time of its file: whoever only reads changes
// neither. The time is set to the very nanosecond then, for the kernel's own clock ticks so slowly that a write right
// behind the close could leave the same time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace assent::participant {

struct FileAtRest {
  std::uint64_t bytes = 0;
  std::int64_t seconds = 0;  // of its last change
  std::int64_t nanoseconds = 0;

  friend bool operator==(const FileAtRest&, const FileAtRest&) = default;
};

// `12288 1769860800 123456789`, and back.
std::string to_string(const FileAtRest& rest);
std::optional<FileAtRest> parse_file_at_rest(std::string_view text);

// As it is now. Throws ResultError: kIo.
FileAtRest look_at_file(const std::string& store_path);

// There is something in its write-ahead log.
bool has_log(const std::string& store_path);

// Its last change is now. If that cannot be, its time stays.
void set_time_of_file(const std::string& store_path);

// Forces the file with its size and time. REQUIRES: no connection to it is open in this process, for the end of the
// descriptor would end SQLite's locks. False if it failed.
bool force_file(const std::string& store_path);

}  // namespace assent::participant
