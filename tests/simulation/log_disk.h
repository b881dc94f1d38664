// LogDisk: the directory of a decision log, in memory. It fails the operation that a test names, and a crash takes from
// it what it likes of everything that was not synced. A plain value: a copy is another possible future of the same
// disk.
//
// Its model of a crash: of the data of a file, any set of the sectors written since its last sync; of the directory,
// any beginning of the operations since its last sync, as journalling file systems keep them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "coordinator/log/log_directory.h"

namespace assent::coordinator {

enum class Fault : std::uint8_t {
  kNothingDone,  // an error, and nothing happened
  kDone,         // an error, and it happened all the same; of a write, its first half
  kNoSpace,      // of a write or create: no space, and the first half was written; else as kNothingDone
};

enum class KeptData : std::uint8_t { kAll, kNone, kSome };

struct Kept {
  KeptData data = KeptData::kNone;
  std::size_t sector_bytes = 512;  // of kSome
  std::uint32_t seed = 1;          // of kSome: which sectors
  std::size_t directory_operations = std::numeric_limits<std::size_t>::max();
};

class LogDisk {
 public:
  using Bytes = std::vector<std::byte>;

  // The disk must outlive it and stay where it is.
  std::unique_ptr<LogDirectory> directory();

  // The `number`th operation from now, counted from 1, fails; 0: none does.
  void fail(std::uint64_t number, Fault fault);
  bool has_failed() const { return has_failed_; }

  // What every write and create reports while it is set. Space that is claimed already can be written.
  void set_full(bool full) { full_ = full; }

  // The power fails. REQUIRES: no log is open on it.
  void crash(const Kept& kept);
  std::size_t unsynced_directory_operations() const { return directory_operations_.size(); }

  std::vector<std::string> names() const;
  const Bytes& bytes(const std::string& name) const;

  // Puts these bytes there, on disk.
  void put(const std::string& name, const Bytes& bytes);
  void remove(const std::string& name);

  friend bool operator==(const LogDisk& left, const LogDisk& right);

 private:
  friend class LogDiskDirectory;
  friend class LogDiskFile;

  struct File {
    Bytes bytes;
    Bytes durable;
    std::set<std::size_t> unsynced;  // bytes written since the last sync, by offsets of 512
  };
  using Names = std::map<std::string, std::size_t>;  // to indices of files_
  struct DirectoryOperation {
    std::string from;                 // goes away, unless empty
    std::string to;                   // comes, unless empty
    std::optional<std::size_t> file;  // of `to`; absent: what `from` was
  };

  static void perform(Names& names, const DirectoryOperation& operation);
  void perform(DirectoryOperation operation);
  std::optional<Fault> next_operation();
  void write(std::size_t file, std::uint64_t offset, std::span<const std::byte> bytes);
  void sync(std::size_t file);

  std::vector<File> files_;
  Names names_;
  Names durable_names_;
  std::vector<DirectoryOperation> directory_operations_;
  std::uint64_t fail_in_ = 0;
  Fault fault_{};
  bool has_failed_ = false;
  bool full_ = false;
  bool locked_ = false;
};

}  // namespace assent::coordinator
