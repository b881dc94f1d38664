#include "participant/store/counting_vfs.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace assent::participant {

namespace {

// The real file lies right behind it.
struct CountedFile {
  sqlite3_file base;
  DiskCounters* counters;
};
static_assert(sizeof(CountedFile) % alignof(std::max_align_t) == 0);

sqlite3_file* real_of(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<CountedFile*>(file) + 1);
}

DiskCounters& counters_of(sqlite3_file* file) {
  return *reinterpret_cast<CountedFile*>(file)->counters;
}

template <auto Method, typename Return, typename... Arguments>
Return hand_on(sqlite3_file* file, Arguments... arguments) {
  sqlite3_file* const real = real_of(file);
  return (real->pMethods->*Method)(real, arguments...);
}

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
          .xShmMap = hand_on<&Methods::xShmMap>,
          .xShmLock = hand_on<&Methods::xShmLock>,
          .xShmBarrier = hand_on<&Methods::xShmBarrier>,
          .xShmUnmap = hand_on<&Methods::xShmUnmap>,
          .xFetch = hand_on<&Methods::xFetch>,
          .xUnfetch = hand_on<&Methods::xUnfetch>};
}

constexpr std::array kMethods{methods_of(1), methods_of(2), methods_of(3)};

CountingVfs& vfs_of(sqlite3_vfs* vfs) {
  return *static_cast<CountingVfs*>(vfs->pAppData);
}

template <auto Method, typename Return, typename... Arguments>
Return hand_on(sqlite3_vfs* vfs, Arguments... arguments) {
  sqlite3_vfs* const real = vfs_of(vfs).real();
  return (real->*Method)(real, arguments...);
}

// A file that has methods is closed, also one that could not be opened.
int open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags, int* flags_out) {
  auto* const counted = reinterpret_cast<CountedFile*>(file);
  sqlite3_file* const real = real_of(file);
  real->pMethods = nullptr;
  const int result = hand_on<&sqlite3_vfs::xOpen, int>(vfs, path, real, flags, flags_out);
  counted->counters = &vfs_of(vfs).counters();
  const auto version = real->pMethods == nullptr ? 0 : static_cast<std::size_t>(real->pMethods->iVersion);
  counted->base.pMethods = version == 0 ? nullptr : &kMethods[std::min(version, kMethods.size()) - 1];
  return result;
}

}  // namespace

CountingVfs::CountingVfs()
    : real_(sqlite3_vfs_find(nullptr)),
      name_("assent-counting-" + std::to_string(reinterpret_cast<std::uintptr_t>(this))),
      vfs_{.iVersion = std::min(real_->iVersion, 3),
           .szOsFile = static_cast<int>(sizeof(CountedFile)) + real_->szOsFile,
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

CountingVfs::~CountingVfs() {
  sqlite3_vfs_unregister(&vfs_);
}

}  // namespace assent::participant
