#include "participant/store/file_access.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "assent/result.h"

namespace assent::participant {

namespace {

constexpr mode_t kPermissions = 07777;

[[noreturn]] void fail(const std::string& file, const std::string& what, const std::string& remedy) {
  throw ResultError({ErrorKind::kIo, file + ": cannot be given " + what + ": " +
                                         std::generic_category().message(errno) + "; " + remedy});
}

void give_access_to_one(const std::string& file, const FileAccess& access) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    if (errno == ENOENT) return;
    fail(file, "its access", "the participant must be able to look at it");
  }
  // The group first: a change of it takes some bits of the mode away.
  if (access.group && status.st_gid != *access.group &&
      ::chown(file.c_str(), static_cast<uid_t>(-1), *access.group) != 0) {
    fail(file, "the group of --store-group",
         "the participant's user must own the file and be a member of that group, or leave the flag out");
  }
  if (access.mode && (status.st_mode & kPermissions) != *access.mode && ::chmod(file.c_str(), *access.mode) != 0) {
    fail(file, "the mode of --store-mode", "the participant's user must own the file, or leave the flag out");
  }
}

}  // namespace

void give_access(const std::string& store_path, const FileAccess& access) {
  if (!access.mode && !access.group) return;
  for (const char* suffix : {"", "-wal", "-shm"}) {
    give_access_to_one(store_path + suffix, access);
  }
}

}  // namespace assent::participant
