// Disk: a folder of files in memory. It fails the operation that a test names, and a crash takes from it what it likes
// of everything that was not synced. A plain value: a copy is another possible future of the same disk.
//
// Its model of a crash: of the data of a file, any set of the sectors written since its last sync, and its size as it
// is or as it was; of the folder, any beginning of the operations since its last sync, as journalling file systems keep
// them.
//
// Its model of a sync that fails and forgets: any set of the sectors is on disk, no later sync brings the others there,
// and they are read as they were written, or as the disk has them (Rebello et al.: Can Applications Recover from fsync
// Failures?, 2020). A file system that cannot sync its names shuts down, as those with a journal do, and works again
// behind a crash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace assent::simulation {

enum class Fault : std::uint8_t {
  kNothingDone,  // an error, and nothing happened
  kDone,         // an error, and it happened all the same; of a write, its first half
  kNoSpace,      // the next operation that changes something finds no room; of a write, the first half was written. For
                 // good: so do all that follow, and nothing else fails
  kForgotten,    // the next sync of a file: an error, and nothing is left to be synced
  kShutDown,     // the next sync of the names: an error, and so is everything until the file system is mounted again
};

// What fails as long as a disk is broken.
enum class Broken : std::uint8_t {
  kNot,
  kSyncs,    // and they forget
  kChanges,  // and syncs, as above
  kAll,
};

enum class KeptData : std::uint8_t { kAll, kNone, kSome };

struct Kept {
  KeptData data = KeptData::kNone;
  std::size_t sector_bytes = 512;  // of kSome
  std::uint32_t seed = 1;          // of kSome: which sectors
  std::size_t directory_operations = std::numeric_limits<std::size_t>::max();
};

class Disk {
 public:
  using Bytes = std::vector<std::byte>;
  enum class File : std::size_t {};  // whatever its name is by now

  // ---- what processes do: each is an operation, which fails in the way that is returned ----

  std::optional<Fault> look();  // reads, lists, claims
  std::optional<Fault> create(const std::string& name);
  std::optional<Fault> rename(const std::string& from, const std::string& to);
  std::optional<Fault> remove(const std::string& name);
  std::optional<Fault> sync();  // the names
  std::optional<Fault> write(File file, std::uint64_t offset, std::span<const std::byte> bytes);
  std::optional<Fault> resize(File file, std::uint64_t size);
  std::optional<Fault> sync(File file);

  // ---- what tests do ----

  // The `number`th operation from now, counted from 1, fails, or the first behind it that can; 0: none does. Once, or
  // so do all that follow: then nobody is left to perform them.
  void fail(std::uint64_t number, Fault fault, bool for_good = false);
  bool has_failed() const { return has_failed_; }
  bool has_failed(Fault fault) const { return has_failed_ && fault_ == fault; }
  // Which sectors a sync that forgets has forgotten.
  void seed(std::uint32_t seed) { seed_ = seed; }
  bool has_forgotten() const { return has_forgotten_; }
  bool is_shut_down() const { return is_shut_down_; }

  // What every write that needs more room, and every create, reports while it is set.
  void set_full(bool full) { full_ = full; }
  bool is_full() const { return full_; }

  void set_broken(Broken broken) { broken_ = broken; }
  bool is_broken() const { return broken_ != Broken::kNot; }

  // Nothing fails any more, and there is room.
  void repair();

  // The power fails. REQUIRES: nobody uses it.
  void crash(const Kept& kept);
  std::size_t unsynced_directory_operations() const { return directory_operations_.size(); }

  bool contains(const std::string& name) const { return names_.contains(name); }
  // Whether no crash can take the file, its name or anything in it, and the disk has all that is read.
  bool is_durable(const std::string& name) const;
  // REQUIRES: it is there.
  File file(const std::string& name) const { return File{names_.at(name)}; }
  std::vector<std::string> names() const;
  const Bytes& bytes(File file) const { return at(file).bytes; }
  const Bytes& bytes(const std::string& name) const { return bytes(file(name)); }

  // Puts these bytes there, on disk.
  void put(const std::string& name, const Bytes& bytes);

  friend bool operator==(const Disk& left, const Disk& right);

 private:
  struct Content {
    Bytes bytes;
    Bytes durable;
    std::set<std::size_t> unsynced;     // bytes written since the last sync, by offsets of 512
    std::optional<std::size_t> cut_to;  // the least size since the last sync, if it was less than before
  };
  using Names = std::map<std::string, std::size_t>;  // to indices of files_
  struct DirectoryOperation {
    std::string from;                 // goes away, unless empty
    std::string to;                   // comes, unless empty
    std::optional<std::size_t> file;  // of `to`; absent: what `from` was
  };

  const Content& at(File file) const { return files_[static_cast<std::size_t>(file)]; }
  Content& at(File file) { return files_[static_cast<std::size_t>(file)]; }
  static void perform(Names& names, const DirectoryOperation& operation);
  std::optional<Fault> change(DirectoryOperation operation);
  enum class Operation : std::uint8_t { kLook, kChange, kSync, kSyncOfNames };
  std::optional<Fault> next(Operation operation);
  bool is_broken_for(Operation operation) const;
  bool may_fail_now(Operation operation) const;
  static void put(Content& content, std::uint64_t offset, std::span<const std::byte> bytes);
  static void sync(Content& content);
  static void keep_some(Content& content, std::size_t sector_bytes, std::mt19937& random);
  void forget(Content& content);

  std::vector<Content> files_;
  Names names_;
  Names durable_names_;
  std::vector<DirectoryOperation> directory_operations_;
  std::uint64_t fail_in_ = 0;
  Fault fault_{};
  bool for_good_ = false;
  bool has_failed_ = false;
  bool full_ = false;
  Broken broken_ = Broken::kNot;
  std::uint32_t seed_ = 1;
  bool has_forgotten_ = false;
  bool is_shut_down_ = false;
};

}  // namespace assent::simulation
