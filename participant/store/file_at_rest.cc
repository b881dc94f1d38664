#include "participant/store/file_at_rest.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <ctime>
#include <system_error>

#include "assent/result.h"

namespace assent::participant {

std::string to_string(const FileAtRest& rest) {
  return std::to_string(rest.bytes) + " " + std::to_string(rest.seconds) + " " + std::to_string(rest.nanoseconds);
}

std::optional<FileAtRest> parse_file_at_rest(std::string_view text) {
  FileAtRest rest;
  const char* const end = text.data() + text.size();
  auto parsed = std::from_chars(text.data(), end, rest.bytes);
  for (std::int64_t* number : {&rest.seconds, &rest.nanoseconds}) {
    if (parsed.ec != std::errc() || parsed.ptr == end || *parsed.ptr != ' ') return std::nullopt;
    parsed = std::from_chars(parsed.ptr + 1, end, *number);
  }
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return rest;
}

FileAtRest look_at_file(const std::string& store_path) {
  struct stat status {};
  if (::stat(store_path.c_str(), &status) != 0) {
    throw ResultError({ErrorKind::kIo, store_path + ": cannot be looked at: " + std::generic_category().message(errno) +
                                           "; let the participant read its folder"});
  }
  return {.bytes = static_cast<std::uint64_t>(status.st_size),
          .seconds = status.st_mtim.tv_sec,
          .nanoseconds = status.st_mtim.tv_nsec};
}

bool has_log(const std::string& store_path) {
  struct stat status {};
  return ::stat((store_path + "-wal").c_str(), &status) == 0 && status.st_size > 0;
}

void set_time_of_file(const std::string& store_path) {
  std::array<timespec, 2> times{};  // of the last access, of the last change
  times[0].tv_nsec = UTIME_OMIT;
  ::clock_gettime(CLOCK_REALTIME, &times[1]);
  ::utimensat(AT_FDCWD, store_path.c_str(), times.data(), 0);
}

bool force_file(const std::string& store_path) {
  const int descriptor = ::open(store_path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool forced = ::fsync(descriptor) == 0;
  ::close(descriptor);
  return forced;
}

}  // namespace assent::participant
