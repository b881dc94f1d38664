#include "tests/simulation/log_disk.h"

#include <algorithm>
#include <random>

namespace assent::coordinator {
namespace {

constexpr std::size_t kSectorBytes = 512;

Error error(Fault fault, const std::string& action, const std::string& name) {
  return {fault == Fault::kNoSpace ? ErrorKind::kUnavailable : ErrorKind::kIo, "cannot " + action + " " + name};
}

}  // namespace

class LogDiskFile final : public LogFile {
 public:
  LogDiskFile(LogDisk& disk, std::size_t file, std::string name) : disk_(disk), file_(file), name_(std::move(name)) {}

  Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes) override {
    const auto fault = disk_.next_operation();
    if (disk_.full_ && offset + bytes.size() > disk_.files_[file_].bytes.size()) {
      return error(Fault::kNoSpace, "write", name_);
    }
    if (!fault) {
      disk_.write(file_, offset, bytes);
      return {};
    }
    if (fault != Fault::kNothingDone) {
      disk_.write(file_, offset, bytes.first(bytes.size() / 2));
    }
    return error(*fault, "write", name_);
  }

  Result<void> sync() override {
    const auto fault = disk_.next_operation();
    if (!fault || fault == Fault::kDone) {
      disk_.sync(file_);
    }
    return fault ? Result<void>(error(Fault::kNothingDone, "sync", name_)) : Result<void>();
  }

 private:
  LogDisk& disk_;
  std::size_t file_;
  std::string name_;
};

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
    if (const auto fault = disk_.next_operation()) {
      return error(Fault::kNothingDone, "list", "disk");
    }
    return disk_.names();
  }

  Result<std::vector<std::byte>> read(const std::string& name) const override {
    if (const auto fault = disk_.next_operation()) {
      return error(Fault::kNothingDone, "read", name);
    }
    return disk_.bytes(name);
  }

  Result<std::unique_ptr<LogFile>> create(const std::string& name) override {
    const auto fault = disk_.next_operation();
    if (!fault || fault == Fault::kDone) {
      disk_.files_.emplace_back();
      disk_.perform({"", name, disk_.files_.size() - 1});
    }
    if (fault) {
      return error(*fault, "create", name);
    }
    return std::make_unique<LogDiskFile>(disk_, disk_.files_.size() - 1, name);
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    return change({from, to, std::nullopt}, "rename");
  }

  Result<void> remove(const std::string& name) override {
    if (!disk_.names_.contains(name)) {
      return Error{ErrorKind::kNotFound, "cannot remove " + name};
    }
    return change({name, "", std::nullopt}, "remove");
  }

  Result<void> sync() override {
    const auto fault = disk_.next_operation();
    if (!fault || fault == Fault::kDone) {
      disk_.durable_names_ = disk_.names_;
      disk_.directory_operations_.clear();
    }
    return fault ? Result<void>(error(Fault::kNothingDone, "sync", "disk")) : Result<void>();
  }

  Result<std::uint64_t> free_bytes() const override {
    if (const auto fault = disk_.next_operation()) {
      return error(Fault::kNothingDone, "look for space in", "disk");
    }
    return disk_.full_ ? 0 : std::numeric_limits<std::uint64_t>::max();
  }

  Result<void> lock() override {
    if (const auto fault = disk_.next_operation()) {
      return error(Fault::kNothingDone, "lock", "disk");
    }
    if (disk_.locked_) {
      return Error{ErrorKind::kConflict, "the disk is locked"};
    }
    disk_.locked_ = true;
    locked_ = true;
    return {};
  }

  Result<bool> is_locked() const override { return disk_.locked_; }

 private:
  Result<void> change(LogDisk::DirectoryOperation operation, const std::string& action) {
    const auto name = operation.from;
    const auto fault = disk_.next_operation();
    if (!fault || fault == Fault::kDone) {
      disk_.perform(std::move(operation));
    }
    return fault ? Result<void>(error(Fault::kNothingDone, action, name)) : Result<void>();
  }

  LogDisk& disk_;
  bool locked_ = false;
};

std::unique_ptr<LogDirectory> LogDisk::directory() {
  return std::make_unique<LogDiskDirectory>(*this);
}

void LogDisk::fail(std::uint64_t number, Fault fault) {
  fail_in_ = number;
  fault_ = fault;
  has_failed_ = false;
}

std::optional<Fault> LogDisk::next_operation() {
  if (fail_in_ == 0 || --fail_in_ > 0) {
    return std::nullopt;
  }
  has_failed_ = true;
  return fault_;
}

void LogDisk::perform(Names& names, const DirectoryOperation& operation) {
  const auto file = operation.file ? *operation.file : names.at(operation.from);
  if (!operation.from.empty()) {
    names.erase(operation.from);
  }
  if (!operation.to.empty()) {
    names[operation.to] = file;
  }
}

void LogDisk::perform(DirectoryOperation operation) {
  perform(names_, operation);
  directory_operations_.push_back(std::move(operation));
}

void LogDisk::write(std::size_t file, std::uint64_t offset, std::span<const std::byte> bytes) {
  auto& [content, durable, unsynced] = files_[file];
  const auto begin = static_cast<std::size_t>(offset);
  content.resize(std::max(content.size(), begin + bytes.size()));
  std::copy(bytes.begin(), bytes.end(), content.begin() + static_cast<std::ptrdiff_t>(begin));
  for (std::size_t sector = begin / kSectorBytes; sector * kSectorBytes < begin + bytes.size(); ++sector) {
    unsynced.insert(sector);
  }
}

void LogDisk::sync(std::size_t file) {
  files_[file].durable = files_[file].bytes;
  files_[file].unsynced.clear();
}

void LogDisk::crash(const Kept& kept) {
  const auto count = std::min(kept.directory_operations, directory_operations_.size());
  for (std::size_t index = 0; index < count; ++index) {
    perform(durable_names_, directory_operations_[index]);
  }
  directory_operations_.clear();
  names_ = durable_names_;

  std::mt19937 random(kept.seed);
  for (auto& file : files_) {
    if (kept.data != KeptData::kAll) {
      const Bytes written = std::move(file.bytes);
      file.bytes = file.durable;
      std::map<std::size_t, bool> keeps;  // by the sector of kept.sector_bytes
      for (const auto sector : kept.data == KeptData::kSome ? file.unsynced : std::set<std::size_t>{}) {
        const auto begin = sector * kSectorBytes;
        const auto end = std::min(begin + kSectorBytes, written.size());
        if (keeps.try_emplace(begin / kept.sector_bytes, random() % 2 == 0).first->second) {
          file.bytes.resize(std::max(file.bytes.size(), end));
          std::copy(written.begin() + static_cast<std::ptrdiff_t>(begin),
                    written.begin() + static_cast<std::ptrdiff_t>(end),
                    file.bytes.begin() + static_cast<std::ptrdiff_t>(begin));
        }
      }
    }
    file.durable = file.bytes;
    file.unsynced.clear();
  }
}

std::vector<std::string> LogDisk::names() const {
  std::vector<std::string> names;
  for (const auto& [name, file] : names_) {
    names.push_back(name);
  }
  return names;
}

const LogDisk::Bytes& LogDisk::bytes(const std::string& name) const {
  return files_[names_.at(name)].bytes;
}

void LogDisk::put(const std::string& name, const Bytes& bytes) {
  files_.push_back({bytes, bytes, {}});
  names_[name] = durable_names_[name] = files_.size() - 1;
}

void LogDisk::remove(const std::string& name) {
  names_.erase(name);
  durable_names_.erase(name);
}

bool operator==(const LogDisk& left, const LogDisk& right) {
  if (left.names() != right.names()) {
    return false;
  }
  const auto names = left.names();
  return std::all_of(names.begin(), names.end(),
                     [&](const auto& name) { return left.bytes(name) == right.bytes(name); });
}

}  // namespace assent::coordinator
