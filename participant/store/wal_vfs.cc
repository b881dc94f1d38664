#include "participant/store/wal_vfs.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace assent::participant {

namespace {

// The real file lies right behind it.
struct ShimFile {
  sqlite3_file base;
  WalVfs* vfs;
};
static_assert(sizeof(ShimFile) % alignof(std::max_align_t) == 0);

sqlite3_file* real_of(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<ShimFile*>(file) + 1);
}

WalVfs& vfs_of(sqlite3_file* file) {
  return *reinterpret_cast<ShimFile*>(file)->vfs;
}

DiskCounters& counters_of(sqlite3_file* file) {
  return vfs_of(file).counters();
}

WalBuffer& wal_of(sqlite3_file* file) {
  return vfs_of(file).wal();
}

template <auto Method, typename Return, typename... Arguments>
Return hand_on(sqlite3_file* file, Arguments... arguments) {
  sqlite3_file* const real = real_of(file);
  return (real->pMethods->*Method)(real, arguments...);
}

// ---- the database's file, and any other but the log's ----

int read(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
  ++counters_of(file).reads;
  return hand_on<&sqlite3_io_methods::xRead, int>(file, bytes, size, offset);
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  DiskCounters& counters = counters_of(file);
  ++counters.writes;
  counters.written_bytes += static_cast<std::uint64_t>(size);
  return hand_on<&sqlite3_io_methods::xWrite, int>(file, bytes, size, offset);
}

int sync(sqlite3_file* file, int flags) {
  ++counters_of(file).syncs;
  return hand_on<&sqlite3_io_methods::xSync, int>(file, flags);
}

// The methods of the log's index are those of the database's file.

int map_index(sqlite3_file* file, int region, int size, int extend, void volatile** memory) {
  const int result = hand_on<&sqlite3_io_methods::xShmMap, int>(file, region, size, extend, memory);
  if (region == 0 && result == SQLITE_OK) wal_of(file).map_index(*memory);
  return result;
}

int unmap_index(sqlite3_file* file, int remove) {
  wal_of(file).map_index(nullptr);
  return hand_on<&sqlite3_io_methods::xShmUnmap, int>(file, remove);
}

int lock_index(sqlite3_file* file, int first, int count, int flags) {
  constexpr int kWriteLock = 0;  // https://www.sqlite.org/walformat.html#wal_locks
  const bool is_write_lock = first == kWriteLock && (flags & SQLITE_SHM_EXCLUSIVE) != 0;
  if (is_write_lock && (flags & SQLITE_SHM_UNLOCK) != 0) wal_of(file).before_unlock();
  const int result = hand_on<&sqlite3_io_methods::xShmLock, int>(file, first, count, flags);
  if (is_write_lock && (flags & SQLITE_SHM_LOCK) != 0 && result == SQLITE_OK) wal_of(file).on_locked();
  return result;
}

void index_barrier(sqlite3_file* file) {
  wal_of(file).before_publish();
  hand_on<&sqlite3_io_methods::xShmBarrier, void>(file);
}

// SQLite looks at the version to see what the file can do.
constexpr sqlite3_io_methods methods_of(int version) {
  using Methods = sqlite3_io_methods;
  return {.iVersion = version,
          .xClose = hand_on<&Methods::xClose>,
          .xRead = read,
          .xWrite = write,
          .xTruncate = hand_on<&Methods::xTruncate>,
          .xSync = sync,
          .xFileSize = hand_on<&Methods::xFileSize>,
          .xLock = hand_on<&Methods::xLock>,
          .xUnlock = hand_on<&Methods::xUnlock>,
          .xCheckReservedLock = hand_on<&Methods::xCheckReservedLock>,
          .xFileControl = hand_on<&Methods::xFileControl>,
          .xSectorSize = hand_on<&Methods::xSectorSize>,
          .xDeviceCharacteristics = hand_on<&Methods::xDeviceCharacteristics>,
          .xShmMap = map_index,
          .xShmLock = lock_index,
          .xShmBarrier = index_barrier,
          .xShmUnmap = unmap_index,
          .xFetch = hand_on<&Methods::xFetch>,
          .xUnfetch = hand_on<&Methods::xUnfetch>};
}

constexpr std::array kMethods{methods_of(1), methods_of(2), methods_of(3)};

// ---- the log's file ----

int close_wal(sqlite3_file* file) {
  wal_of(file).close();
  return hand_on<&sqlite3_io_methods::xClose, int>(file);
}

int look_at_size_of_wal(sqlite3_file* file, sqlite3_int64* size) {
  const int result = wal_of(file).hand_on();
  return result == SQLITE_OK ? hand_on<&sqlite3_io_methods::xFileSize, int>(file, size) : result;
}

int control_wal(sqlite3_file* file, int operation, void* argument) {
  const int result = wal_of(file).hand_on();
  return result == SQLITE_OK ? hand_on<&sqlite3_io_methods::xFileControl, int>(file, operation, argument) : result;
}

// Of the first version: SQLite neither maps the log nor asks for an index by it.
constexpr sqlite3_io_methods methods_of_wal() {
  sqlite3_io_methods methods = methods_of(1);
  methods.xClose = close_wal;
  methods.xRead = [](sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
    return wal_of(file).read(bytes, size, offset);
  };
  methods.xWrite = [](sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
    return wal_of(file).write(bytes, size, offset);
  };
  methods.xTruncate = [](sqlite3_file* file, sqlite3_int64 size) { return wal_of(file).truncate(size); };
  methods.xSync = [](sqlite3_file* file, int flags) { return wal_of(file).sync(flags); };
  methods.xFileSize = look_at_size_of_wal;
  methods.xFileControl = control_wal;
  return methods;
}

constexpr sqlite3_io_methods kWalMethods = methods_of_wal();

// ---- the system ----

WalVfs& vfs_of(sqlite3_vfs* vfs) {
  return *static_cast<WalVfs*>(vfs->pAppData);
}

template <auto Method, typename Return, typename... Arguments>
Return hand_on(sqlite3_vfs* vfs, Arguments... arguments) {
  sqlite3_vfs* const real = vfs_of(vfs).real();
  return (real->*Method)(real, arguments...);
}

// A file that has methods is closed, also one that could not be opened.
int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* flags_out) {
  auto* const shim = reinterpret_cast<ShimFile*>(file);
  sqlite3_file* const real = real_of(file);
  real->pMethods = nullptr;
  const int result = hand_on<&sqlite3_vfs::xOpen, int>(vfs, path, real, flags, flags_out);
  shim->vfs = &vfs_of(vfs);
  const auto version = real->pMethods == nullptr ? 0 : static_cast<std::size_t>(real->pMethods->iVersion);
  shim->base.pMethods = version == 0 ? nullptr : &kMethods[std::min(version, kMethods.size()) - 1];
  WalBuffer& wal = shim->vfs->wal();
  if ((flags & SQLITE_OPEN_WAL) != 0 && result == SQLITE_OK && !wal.is_open()) {
    wal.open(real);
    shim->base.pMethods = &kWalMethods;
  }
  return result;
}

}  // namespace

WalVfs::WalVfs()
    : real_(sqlite3_vfs_find(nullptr)),
      name_("assent-wal-" + std::to_string(reinterpret_cast<std::uintptr_t>(this))),
      vfs_{.iVersion = std::min(real_->iVersion, 3),
           .szOsFile = static_cast<int>(sizeof(ShimFile)) + real_->szOsFile,
           .mxPathname = real_->mxPathname,
           .pNext = nullptr,
           .zName = name_.c_str(),
           .pAppData = this,
           .xOpen = open,
           .xDelete = hand_on<&sqlite3_vfs::xDelete>,
           .xAccess = hand_on<&sqlite3_vfs::xAccess>,
           .xFullPathname = hand_on<&sqlite3_vfs::xFullPathname>,
           .xDlOpen = hand_on<&sqlite3_vfs::xDlOpen>,
           .xDlError = hand_on<&sqlite3_vfs::xDlError>,
           .xDlSym = hand_on<&sqlite3_vfs::xDlSym>,
           .xDlClose = hand_on<&sqlite3_vfs::xDlClose>,
           .xRandomness = hand_on<&sqlite3_vfs::xRandomness>,
           .xSleep = hand_on<&sqlite3_vfs::xSleep>,
           .xCurrentTime = hand_on<&sqlite3_vfs::xCurrentTime>,
           .xGetLastError = hand_on<&sqlite3_vfs::xGetLastError>,
           .xCurrentTimeInt64 = hand_on<&sqlite3_vfs::xCurrentTimeInt64>,
           .xSetSystemCall = hand_on<&sqlite3_vfs::xSetSystemCall>,
           .xGetSystemCall = hand_on<&sqlite3_vfs::xGetSystemCall>,
           .xNextSystemCall = hand_on<&sqlite3_vfs::xNextSystemCall>} {
  sqlite3_vfs_register(&vfs_, /*makeDflt=*/0);
}

WalVfs::~WalVfs() {
  sqlite3_vfs_unregister(&vfs_);
}

}  // namespace assent::participant
