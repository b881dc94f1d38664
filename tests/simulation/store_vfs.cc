#include "tests/simulation/store_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

namespace assent::simulation {

namespace {

struct Handle;

// What the connections to one file know of each other.
struct Sharing {
  using Region = std::array<std::byte, 32768>;

  int readers = 0;  // that hold SHARED, or more
  const Handle* reserved = nullptr;
  const Handle* pending = nullptr;
  std::map<int, std::unique_ptr<Region>> regions;  // of the log's index
  std::array<int, SQLITE_SHM_NLOCK> slots{};       // how many share it; -1: one has it alone
  int mapped = 0;
};

struct Mount {
  Disk* disk = nullptr;
  std::map<std::string, Sharing> files;
};

struct Handle {
  Mount& mount;
  Disk::File file;
  Sharing& sharing;
  bool is_new = false;  // its name has yet to be synced
  int level = SQLITE_LOCK_NONE;
  unsigned shared = 0;  // slots
  unsigned alone = 0;
  bool is_mapped = false;

  Disk& disk() const { return *mount.disk; }
};

struct File {
  sqlite3_file base;
  Handle* handle;
};

Handle& handle_of(sqlite3_file* file) {
  return *reinterpret_cast<File*>(file)->handle;
}

// SQLite calls back without a context.
std::map<std::string, Mount> mounts;
std::mt19937_64 random_numbers;
sqlite3_vfs* real_vfs = nullptr;

struct Place {
  Mount* mount = nullptr;  // null: not simulated
  std::string name;
};

Place place_of(const char* path) {
  const std::string text = path == nullptr ? "" : path;
  const auto slash = text.rfind('/');
  if (slash == std::string::npos) return {};
  const auto found = mounts.find(text.substr(0, slash));
  return found == mounts.end() ? Place{} : Place{&found->second, text.substr(slash + 1)};
}

int code_of(std::optional<Fault> fault, int failure) {
  return !fault ? SQLITE_OK : fault == Fault::kNoSpace ? SQLITE_FULL : failure;
}

// ---- a file ----

int close(sqlite3_file* file) {
  delete &handle_of(file);
  return SQLITE_OK;
}

int read(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
  const Handle& handle = handle_of(file);
  if (handle.disk().look()) return SQLITE_IOERR_READ;
  const auto& content = handle.disk().bytes(handle.file);
  const auto begin = std::min(static_cast<std::size_t>(offset), content.size());
  const auto wanted = static_cast<std::size_t>(size);
  const auto there = std::min(wanted, content.size() - begin);
  std::memcpy(bytes, content.data() + begin, there);
  std::memset(static_cast<std::byte*>(bytes) + there, 0, wanted - there);
  return there == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  const Handle& handle = handle_of(file);
  const std::span content(static_cast<const std::byte*>(bytes), static_cast<std::size_t>(size));
  return code_of(handle.disk().write(handle.file, static_cast<std::uint64_t>(offset), content), SQLITE_IOERR_WRITE);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  const Handle& handle = handle_of(file);
  return code_of(handle.disk().resize(handle.file, static_cast<std::uint64_t>(size)), SQLITE_IOERR_TRUNCATE);
}

int sync(sqlite3_file* file, int /*flags*/) {
  Handle& handle = handle_of(file);
  if (handle.disk().sync(handle.file)) return SQLITE_IOERR_FSYNC;
  if (std::exchange(handle.is_new, false))
    static_cast<void>(handle.disk().sync());  // SQLite's own does not care either
  return SQLITE_OK;
}

int look_at_size(sqlite3_file* file, sqlite3_int64* size) {
  const Handle& handle = handle_of(file);
  if (handle.disk().look()) return SQLITE_IOERR_FSTAT;
  *size = static_cast<sqlite3_int64>(handle.disk().bytes(handle.file).size());
  return SQLITE_OK;
}

// https://www.sqlite.org/lockingv3.html
int lock(sqlite3_file* file, int level) {
  Handle& handle = handle_of(file);
  Sharing& sharing = handle.sharing;
  if (handle.level >= level) return SQLITE_OK;
  if (level == SQLITE_LOCK_SHARED) {
    if (sharing.pending != nullptr) return SQLITE_BUSY;
    ++sharing.readers;
  } else {
    auto& claimed = level == SQLITE_LOCK_RESERVED ? sharing.reserved : sharing.pending;
    if (claimed != nullptr && claimed != &handle) return SQLITE_BUSY;
    claimed = &handle;
    if (level == SQLITE_LOCK_EXCLUSIVE && sharing.readers > 1) return SQLITE_BUSY;
  }
  handle.level = level;
  return SQLITE_OK;
}

int unlock(sqlite3_file* file, int level) {
  Handle& handle = handle_of(file);
  Sharing& sharing = handle.sharing;
  if (sharing.reserved == &handle) sharing.reserved = nullptr;
  if (sharing.pending == &handle) sharing.pending = nullptr;
  if (level == SQLITE_LOCK_NONE && handle.level > SQLITE_LOCK_NONE) --sharing.readers;
  handle.level = std::min(handle.level, level);
  return SQLITE_OK;
}

int check_reserved_lock(sqlite3_file* file, int* held) {
  *held = handle_of(file).sharing.reserved == nullptr ? 0 : 1;
  return SQLITE_OK;
}

// ---- the index of a log, which the connections to it share ----

int map(sqlite3_file* file, int region, int size, int extend, void volatile** memory) {
  *memory = nullptr;
  Handle& handle = handle_of(file);
  auto& regions = handle.sharing.regions;
  if (size != static_cast<int>(sizeof(Sharing::Region))) return SQLITE_IOERR_SHMMAP;
  if (!std::exchange(handle.is_mapped, true)) ++handle.sharing.mapped;
  auto found = regions.find(region);
  if (found == regions.end()) {
    if (extend == 0) return SQLITE_OK;
    found = regions.emplace(region, std::make_unique<Sharing::Region>()).first;
  }
  *memory = found->second->data();
  return SQLITE_OK;
}

int lock_slots(sqlite3_file* file, int first, int count, int flags) {
  Handle& handle = handle_of(file);
  auto& slots = handle.sharing.slots;
  const auto mask = ((1U << static_cast<unsigned>(count)) - 1U) << static_cast<unsigned>(first);
  const auto begin = slots.begin() + first;
  const auto end = begin + count;
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    for (unsigned slot = 0; slot < slots.size(); ++slot) {
      if ((mask & handle.alone & (1U << slot)) != 0) slots.at(slot) = 0;
      if ((mask & handle.shared & (1U << slot)) != 0) --slots.at(slot);
    }
    handle.alone &= ~mask;
    handle.shared &= ~mask;
  } else if ((flags & SQLITE_SHM_SHARED) != 0) {
    if ((handle.shared & mask) != 0) return SQLITE_OK;
    if (*begin < 0) return SQLITE_BUSY;
    ++*begin;
    handle.shared |= mask;
  } else {
    if (std::any_of(begin, end, [](int users) { return users != 0; })) return SQLITE_BUSY;
    std::fill(begin, end, -1);
    handle.alone |= mask;
  }
  return SQLITE_OK;
}

int unmap(sqlite3_file* file, int /*remove*/) {
  Handle& handle = handle_of(file);
  lock_slots(file, 0, SQLITE_SHM_NLOCK, SQLITE_SHM_UNLOCK);
  if (std::exchange(handle.is_mapped, false) && --handle.sharing.mapped == 0) handle.sharing.regions.clear();
  return SQLITE_OK;
}

constexpr sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = close,
    .xRead = read,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = look_at_size,
    .xLock = lock,
    .xUnlock = unlock,
    .xCheckReservedLock = check_reserved_lock,
    .xFileControl = [](sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; },
    .xSectorSize = [](sqlite3_file*) { return 4096; },
    .xDeviceCharacteristics = [](sqlite3_file*) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; },
    .xShmMap = map,
    .xShmLock = lock_slots,
    .xShmBarrier = [](sqlite3_file*) {},
    .xShmUnmap = unmap,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

// ---- the system ----

int open(sqlite3_vfs* /*vfs*/, const char* path, sqlite3_file* file, int flags, int* flags_out) {
  const auto [mount, name] = place_of(path);
  if (mount == nullptr) return real_vfs->xOpen(real_vfs, path, file, flags, flags_out);
  file->pMethods = nullptr;
  const bool is_new = !mount->disk->contains(name);
  if (is_new && (flags & SQLITE_OPEN_CREATE) == 0) return SQLITE_CANTOPEN;
  if (is_new ? mount->disk->create(name) : mount->disk->look()) return SQLITE_CANTOPEN;
  constexpr int kSyncedWithTheirNames = SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL;
  reinterpret_cast<File*>(file)->handle = new Handle{.mount = *mount,
                                                     .file = mount->disk->file(name),
                                                     .sharing = mount->files[name],
                                                     .is_new = is_new && (flags & kSyncedWithTheirNames) != 0};
  file->pMethods = &kMethods;
  if (flags_out != nullptr) *flags_out = flags;
  return SQLITE_OK;
}

int remove(sqlite3_vfs* /*vfs*/, const char* path, int sync_folder) {
  const auto [mount, name] = place_of(path);
  if (mount == nullptr) return real_vfs->xDelete(real_vfs, path, sync_folder);
  if (!mount->disk->contains(name)) return SQLITE_IOERR_DELETE_NOENT;
  if (mount->disk->remove(name)) return SQLITE_IOERR_DELETE;
  return sync_folder != 0 && mount->disk->sync() ? SQLITE_IOERR_DIR_FSYNC : SQLITE_OK;
}

int access(sqlite3_vfs* /*vfs*/, const char* path, int flags, int* is_there) {
  const auto [mount, name] = place_of(path);
  if (mount == nullptr) return real_vfs->xAccess(real_vfs, path, flags, is_there);
  *is_there = mount->disk->contains(name) && !mount->disk->bytes(name).empty() ? 1 : 0;
  return SQLITE_OK;
}

int resolve(sqlite3_vfs* /*vfs*/, const char* path, int size, char* resolved) {
  if (place_of(path).mount == nullptr) return real_vfs->xFullPathname(real_vfs, path, size, resolved);
  sqlite3_snprintf(size, resolved, "%s", path);
  return SQLITE_OK;
}

int draw(sqlite3_vfs* /*vfs*/, int size, char* bytes) {
  std::generate(bytes, bytes + size, [] { return static_cast<char>(random_numbers()); });
  return size;
}

// A moment in 2024, in milliseconds of the Julian day.
int tell_time(sqlite3_vfs* /*vfs*/, sqlite3_int64* milliseconds) {
  constexpr sqlite3_int64 kThen = 212574240000000;
  *milliseconds = kThen;
  return SQLITE_OK;
}

}  // namespace

StoreVfs::StoreVfs() {
  static sqlite3_vfs vfs;
  real_vfs = sqlite3_vfs_find(nullptr);
  vfs = *real_vfs;
  vfs.zName = "simulated";
  vfs.szOsFile = std::max(static_cast<int>(sizeof(File)), real_vfs->szOsFile);
  vfs.xOpen = open;
  vfs.xDelete = remove;
  vfs.xAccess = access;
  vfs.xFullPathname = resolve;
  vfs.xRandomness = draw;
  vfs.xSleep = [](sqlite3_vfs*, int microseconds) { return microseconds; };
  vfs.xCurrentTimeInt64 = tell_time;
  sqlite3_vfs_register(&vfs, 1);
}

StoreVfs& StoreVfs::instance() {
  static StoreVfs only;
  return only;
}

void StoreVfs::seed(std::uint64_t seed) {
  random_numbers.seed(seed);
  sqlite3_randomness(0, nullptr);  // draws a new one when it needs it
}

void StoreVfs::mount(const std::string& folder, Disk& disk) {
  mounts[folder].disk = &disk;
}

void StoreVfs::unmount(const std::string& folder) {
  mounts.erase(folder);
}

}  // namespace assent::simulation
