#include "tests/simulation/log_disk.h"

#include <limits>
#include <utility>

namespace assent::coordinator {
namespace {

using simulation::Disk;

Result<void> result_of(std::optional<Fault> fault, const std::string& action, const std::string& name) {
  if (!fault) return {};
  return Error{fault == Fault::kNoSpace ? ErrorKind::kUnavailable : ErrorKind::kIo, "cannot " + action + " " + name};
}

// Of what needs no room.
std::optional<Fault> as_io(std::optional<Fault> fault) {
  return fault ? std::optional(Fault::kNothingDone) : std::nullopt;
}

class LogDiskFile final : public LogFile {
 public:
  LogDiskFile(Disk& disk, std::string name) : disk_(disk), file_(disk.file(name)), name_(std::move(name)) {}

  Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes) override {
    return result_of(disk_.write(file_, offset, bytes), "write", name_);
  }

  Result<void> sync() override { return result_of(as_io(disk_.sync(file_)), "sync", name_); }

 private:
  Disk& disk_;
  const Disk::File file_;
  const std::string name_;
};

}  // namespace

class LogDiskDirectory final : public LogDirectory {
 public:
  explicit LogDiskDirectory(LogDisk& disk) : disk_(disk) {}
  ~LogDiskDirectory() override {
    if (locked_) {
      disk_.locked_ = false;
    }
  }

  std::string path(const std::string& name) const override { return "disk/" + name; }

  Result<std::vector<std::string>> list() const override {
    const auto listed = result_of(disk_.look(), "list", "disk");
    return listed ? Result<std::vector<std::string>>(disk_.names()) : listed.error();
  }

  Result<std::vector<std::byte>> read(const std::string& name) const override {
    const auto read = result_of(disk_.look(), "read", name);
    return read ? Result<std::vector<std::byte>>(disk_.bytes(name)) : read.error();
  }

  Result<std::unique_ptr<LogFile>> create(const std::string& name) override {
    if (const auto created = result_of(disk_.create(name), "create", name); !created) return created.error();
    return std::make_unique<LogDiskFile>(disk_, name);
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    return result_of(as_io(disk_.rename(from, to)), "rename", from);
  }

  Result<void> remove(const std::string& name) override {
    if (!disk_.contains(name)) return Error{ErrorKind::kNotFound, "cannot remove " + name};
    return result_of(as_io(disk_.remove(name)), "remove", name);
  }

  Result<void> sync() override { return result_of(as_io(disk_.sync()), "sync", "disk"); }

  Result<std::uint64_t> free_bytes() const override {
    const auto looked = result_of(disk_.look(), "look for space in", "disk");
    if (!looked) return looked.error();
    return disk_.is_full() ? 0 : std::numeric_limits<std::uint64_t>::max();
  }

  Result<void> lock() override {
    if (const auto looked = result_of(disk_.look(), "lock", "disk"); !looked) return looked.error();
    if (disk_.locked_) return Error{ErrorKind::kConflict, "the disk is locked"};
    disk_.locked_ = true;
    locked_ = true;
    return {};
  }

  Result<bool> is_locked() const override { return disk_.locked_; }

 private:
  LogDisk& disk_;
  bool locked_ = false;
};

std::unique_ptr<LogDirectory> LogDisk::directory() {
  return std::make_unique<LogDiskDirectory>(*this);
}

}  // namespace assent::coordinator
