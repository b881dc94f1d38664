#include "tests/unit/participant/store/faulty_disk.h"

#include <sqlite3.h>

#include <cstring>

namespace assent::participant {

namespace {

// SQLite calls back with files, which know no test.
NthFault fault_of_disk;
DiskOperation failing_operation = DiskOperation::kWrite;
sqlite3_vfs* real_vfs = nullptr;
sqlite3_vfs faulty_vfs;  // connections that outlive the test's FaultyDisk close through it

bool fails_now(DiskOperation operation) {
  return operation == failing_operation && fault_of_disk.fails_now();
}

struct File {
  sqlite3_file base;
  sqlite3_file* real;
};

sqlite3_file* real_of(sqlite3_file* file) {
  return reinterpret_cast<File*>(file)->real;
}

int write(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  if (fails_now(DiskOperation::kRoom)) return SQLITE_FULL;
  return fails_now(DiskOperation::kWrite) ? SQLITE_IOERR_WRITE
                                          : real_of(file)->pMethods->xWrite(real_of(file), bytes, size, offset);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  return fails_now(DiskOperation::kWrite) ? SQLITE_IOERR_TRUNCATE
                                          : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

int force(sqlite3_file* file, int flags) {
  const bool fails = fails_now(DiskOperation::kWrite) || fails_now(DiskOperation::kForce);
  return fails ? SQLITE_IOERR_FSYNC : real_of(file)->pMethods->xSync(real_of(file), flags);
}

int read(sqlite3_file* file, void* bytes, int size, sqlite3_int64 offset) {
  return fails_now(DiskOperation::kRead) ? SQLITE_IOERR_READ
                                         : real_of(file)->pMethods->xRead(real_of(file), bytes, size, offset);
}

int look_at_size(sqlite3_file* file, sqlite3_int64* size) {
  return fails_now(DiskOperation::kRead) ? SQLITE_IOERR_FSTAT : real_of(file)->pMethods->xFileSize(real_of(file), size);
}

int map(sqlite3_file* file, int page, int size, int extend, void volatile** memory) {
  *memory = nullptr;
  return fails_now(DiskOperation::kMap) ? SQLITE_IOERR_SHMMAP
                                        : real_of(file)->pMethods->xShmMap(real_of(file), page, size, extend, memory);
}

const sqlite3_io_methods kMethods = {
    .iVersion = 2,
    .xClose = [](sqlite3_file* file) { return real_of(file)->pMethods->xClose(real_of(file)); },
    .xRead = read,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = force,
    .xFileSize = look_at_size,
    .xLock = [](sqlite3_file* file, int level) { return real_of(file)->pMethods->xLock(real_of(file), level); },
    .xUnlock = [](sqlite3_file* file, int level) { return real_of(file)->pMethods->xUnlock(real_of(file), level); },
    .xCheckReservedLock = [](sqlite3_file* file,
                             int* held) { return real_of(file)->pMethods->xCheckReservedLock(real_of(file), held); },
    .xFileControl =
        [](sqlite3_file* file, int operation, void* argument) {
          return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
        },
    .xSectorSize = [](sqlite3_file* file) { return real_of(file)->pMethods->xSectorSize(real_of(file)); },
    .xDeviceCharacteristics =
        [](sqlite3_file* file) { return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file)); },
    .xShmMap = map,
    .xShmLock = [](sqlite3_file* file, int offset, int count,
                   int flags) { return real_of(file)->pMethods->xShmLock(real_of(file), offset, count, flags); },
    .xShmBarrier = [](sqlite3_file* file) { real_of(file)->pMethods->xShmBarrier(real_of(file)); },
    .xShmUnmap = [](sqlite3_file* file,
                    int remove) { return real_of(file)->pMethods->xShmUnmap(real_of(file), remove); },
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  auto* ours = reinterpret_cast<File*>(file);
  ours->real = reinterpret_cast<sqlite3_file*>(ours + 1);
  std::memset(ours->real, 0, static_cast<std::size_t>(real_vfs->szOsFile));
  const int result =
      fails_now(DiskOperation::kOpen) ? SQLITE_CANTOPEN : real_vfs->xOpen(real_vfs, name, ours->real, flags, flags_out);
  ours->base.pMethods = result == SQLITE_OK ? &kMethods : nullptr;
  return result;
}

int remove(sqlite3_vfs* /*vfs*/, const char* name, int force_folder) {
  return fails_now(DiskOperation::kRemove) ? SQLITE_IOERR_DELETE : real_vfs->xDelete(real_vfs, name, force_folder);
}

}  // namespace

FaultyDisk::FaultyDisk(DiskOperation failing) {
  failing_operation = failing;
  real_vfs = sqlite3_vfs_find(nullptr);
  faulty_vfs = *real_vfs;
  faulty_vfs.zName = "faulty";
  faulty_vfs.szOsFile = static_cast<int>(sizeof(File)) + real_vfs->szOsFile;
  faulty_vfs.xOpen = open;
  faulty_vfs.xDelete = remove;
  sqlite3_vfs_register(&faulty_vfs, 1);
  fault_of_disk.heal();
}

FaultyDisk::~FaultyDisk() {
  fault_of_disk.heal();
  sqlite3_vfs_unregister(&faulty_vfs);
  sqlite3_vfs_register(real_vfs, 1);
}

NthFault& FaultyDisk::fault() {
  return fault_of_disk;
}

}  // namespace assent::participant
