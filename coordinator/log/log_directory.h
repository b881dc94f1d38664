// LogDirectory and LogFile: all that the decision log asks of a file system, so that tests can fail any operation and
// keep of a crash what they like. Names are plain file names in the one directory.
//
// Errors say what the caller knows now: kUnavailable (no space: a full disk, a quota, a
// limit on the size of files), kNotFound, kConflict (locked), and kIo for
// everything else; a message names the path and the remedy. What is not synced may be lost, or kept in part, by a
// crash. One thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "assent/result.h"

namespace assent::coordinator {

class LogFile {
 public:
  virtual ~LogFile() = default;

  // Writes all of `bytes` at `offset`; the file grows as far as is needed.
  virtual Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes) = 0;

  // Everything written is on disk, and the size that it needs.
  virtual Result<void> sync() = 0;
};

class LogDirectory {
 public:
  virtual ~LogDirectory() = default;

  // For messages.
  virtual std::string path(const std::string& name) const = 0;

  virtual Result<std::vector<std::string>> list() const = 0;
  virtual Result<std::vector<std::byte>> read(const std::string& name) const = 0;

  // An empty file for writing; what it held before is gone.
  virtual Result<std::unique_ptr<LogFile>> create(const std::string& name) = 0;

  // Takes the place of `to`, if there is one, at once and whole.
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;

  virtual Result<void> remove(const std::string& name) = 0;

  // Everything created, renamed and removed is on disk.
  virtual Result<void> sync() = 0;

  // What this process may still write.
  virtual Result<std::uint64_t> free_bytes() const = 0;

  // Claims the directory for this object until it is destroyed. kConflict: another one has it.
  virtual Result<void> lock() = 0;

  // Somebody holds the claim. Changes nothing.
  virtual Result<bool> is_locked() const = 0;
};

// A directory that exists. kNotFound: it does not.
Result<std::unique_ptr<LogDirectory>> open_log_directory(const std::filesystem::path& path);

// The same, made if it is missing with all its parents, itself for its owner's eyes only (0700).
Result<std::unique_ptr<LogDirectory>> make_log_directory(const std::filesystem::path& path);

}  // namespace assent::coordinator
