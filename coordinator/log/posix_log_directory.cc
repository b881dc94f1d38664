#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "coordinator/log/log_directory.h"

namespace assent::coordinator {
namespace {

constexpr mode_t kPrivateDirectory = 0700;
constexpr mode_t kPrivateFile = 0600;
constexpr const char* kLockName = "lock";

std::string remedy(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT: return "; make space on that file system";
    case EFBIG: return "; raise the limit on the size of files (ulimit -f)";
    case EACCES:
    case EPERM: return "; let the coordinator's user read and write there";
    case EROFS: return "; put the decision log on a file system that can be written";
    case ENOTDIR: return "; name a directory";
    default: return "";
  }
}

Error failed(const std::string& action, const std::string& path, int error) {
  ErrorKind kind = ErrorKind::kIo;
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) {
    kind = ErrorKind::kUnavailable;
  } else if (error == ENOENT) {
    kind = ErrorKind::kNotFound;
  }
  return {kind, "cannot " + action + " " + path + ": " + std::system_category().message(error) + remedy(error)};
}

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }

 private:
  void reset() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }

  int fd_;
};

Result<Descriptor> open_directory(const std::string& path) {
  Descriptor fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open()) {
    auto error = failed("open directory", path, errno);
    if (error.kind == ErrorKind::kNotFound) {
      error.message += "; check the path";
    }
    return error;
  }
  return fd;
}

Result<void> sync_directory(const Descriptor& fd, const std::string& path) {
  if (::fsync(fd.get()) != 0) {
    return failed("sync directory", path, errno);
  }
  return {};
}

class PosixLogFile final : public LogFile {
 public:
  PosixLogFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const auto written = ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (written < 0 && errno == EINTR) {
        continue;
      }
      if (written < 0) {
        return failed("write", path_, errno);
      }
      offset += static_cast<std::uint64_t>(written);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
  }

  // Never tried again: after a failed sync the kernel may have dropped the pages and call the next one a success.
  Result<void> sync() override {
    if (::fdatasync(fd_.get()) != 0) {
      return failed("sync", path_, errno);
    }
    return {};
  }

 private:
  Descriptor fd_;
  std::string path_;
};

class PosixLogDirectory final : public LogDirectory {
 public:
  PosixLogDirectory(Descriptor fd, std::filesystem::path path) : fd_(std::move(fd)), path_(std::move(path)) {}

  std::string path(const std::string& name) const override { return (path_ / name).string(); }

  Result<std::vector<std::string>> list() const override {
    std::error_code error;
    std::vector<std::string> names;
    for (std::filesystem::directory_iterator entry(path_, error), end; !error && entry != end; entry.increment(error)) {
      names.push_back(entry->path().filename().string());
    }
    if (error) {
      return failed("list", path_.string(), error.value());
    }
    return names;
  }

  Result<std::vector<std::byte>> read(const std::string& name) const override {
    const Descriptor fd(::openat(fd_.get(), name.c_str(), O_RDONLY | O_CLOEXEC));
    struct stat status {};
    if (!fd.is_open() || ::fstat(fd.get(), &status) != 0) {
      return failed("open", path(name), errno);
    }
    std::vector<std::byte> bytes(static_cast<std::size_t>(status.st_size));
    std::size_t filled = 0;
    while (filled < bytes.size()) {
      const auto size = ::pread(fd.get(), bytes.data() + filled, bytes.size() - filled, static_cast<off_t>(filled));
      if (size < 0 && errno == EINTR) {
        continue;
      }
      if (size < 0) {
        return failed("read", path(name), errno);
      }
      if (size == 0) {
        bytes.resize(filled);
      }
      filled += static_cast<std::size_t>(size);
    }
    return bytes;
  }

  Result<std::unique_ptr<LogFile>> create(const std::string& name) override {
    Descriptor fd(::openat(fd_.get(), name.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, kPrivateFile));
    if (!fd.is_open()) {
      return failed("create", path(name), errno);
    }
    return std::make_unique<PosixLogFile>(std::move(fd), path(name));
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (::renameat(fd_.get(), from.c_str(), fd_.get(), to.c_str()) != 0) {
      return failed("rename " + path(from) + " to", path(to), errno);
    }
    return {};
  }

  Result<void> remove(const std::string& name) override {
    if (::unlinkat(fd_.get(), name.c_str(), 0) != 0) {
      return failed("remove", path(name), errno);
    }
    return {};
  }

  Result<void> sync() override { return sync_directory(fd_, path_.string()); }

  Result<std::uint64_t> free_bytes() const override {
    struct statvfs status {};
    if (::fstatvfs(fd_.get(), &status) != 0) {
      return failed("look for space in", path_.string(), errno);
    }
    return std::uint64_t{status.f_bavail} * status.f_frsize;
  }

  Result<void> lock() override {
    Descriptor fd(::openat(fd_.get(), kLockName, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, kPrivateFile));
    if (!fd.is_open()) {
      return failed("write", path(kLockName), errno);
    }
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EWOULDBLOCK) {
        return Error{ErrorKind::kConflict, path(kLockName) + " is held by another process: a coordinator runs on " +
                                               path_.string() + " already; stop it first, or name another directory"};
      }
      return failed("lock", path(kLockName), errno);
    }
    lock_ = std::move(fd);
    return {};
  }

  Result<bool> is_locked() const override {
    const Descriptor fd(::openat(fd_.get(), kLockName, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd.is_open()) {
      if (errno == ENOENT) {
        return false;
      }
      return failed("open", path(kLockName), errno);
    }
    if (::flock(fd.get(), LOCK_SH | LOCK_NB) == 0) {
      return false;
    }
    if (errno == EWOULDBLOCK) {
      return true;
    }
    return failed("lock", path(kLockName), errno);
  }

 private:
  Descriptor fd_;
  std::filesystem::path path_;
  Descriptor lock_;
};

// Makes what is missing of `path`, from the top, and forces each name into the directory that holds it.
Result<void> make_directories(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) {
    return {};
  }
  const auto parent = path.parent_path();
  if (!parent.empty() && parent != path) {
    if (auto made = make_directories(parent); !made) {
      return made;
    }
  }
  if (::mkdir(path.c_str(), kPrivateDirectory) != 0 && errno != EEXIST) {
    return failed("make directory", path.string(), errno);
  }
  const std::string holder = parent.empty() ? "." : parent.string();
  const auto fd = open_directory(holder);
  if (!fd) {
    return fd.error();
  }
  return sync_directory(*fd, holder);
}

}  // namespace

Result<std::unique_ptr<LogDirectory>> open_log_directory(const std::filesystem::path& path) {
  auto fd = open_directory(path.string());
  if (!fd) {
    return fd.error();
  }
  return std::make_unique<PosixLogDirectory>(std::move(*fd), path);
}

Result<std::unique_ptr<LogDirectory>> make_log_directory(const std::filesystem::path& path) {
  // A slash at the end would name the same directory twice.
  const auto directory = path.has_filename() ? path : path.parent_path();
  if (auto made = make_directories(directory); !made) {
    return made.error();
  }
  return open_log_directory(directory);
}

}  // namespace assent::coordinator
