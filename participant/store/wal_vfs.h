// WalVfs: the way of one store's connection to the system. It gathers what goes to the write-ahead log, reads it from
// memory (wal_buffer.h), and counts.
//
// A VFS shim (https://www.sqlite.org/vfs.html): every call but those for the log is handed to the default VFS with the
// very arguments it came with, and so is the answer. So SQLite meets the locks, the files and the forces that it meets
// without it.
//
// What is counted are the calls that are handed on. Each is one system call, but for the first force of a new log,
// which forces the folder as well; an opening does that. The store's other files (file_claim.h) are not SQLite's.
#pragma once

#include <sqlite3.h>

#include <string>

#include "participant/store/store.h"
#include "participant/store/wal_buffer.h"

namespace assent::participant {

class WalVfs {
 public:
  // Registers it under a name of its own.
  WalVfs();
  // REQUIRES: its connection is closed.
  ~WalVfs();
  WalVfs(const WalVfs&) = delete;
  WalVfs& operator=(const WalVfs&) = delete;

  // For sqlite3_open_v2(), by one connection to one database, which is used by one thread.
  const char* name() const { return name_.c_str(); }

  const DiskCounters& counters() const { return counters_; }
  DiskCounters& counters() { return counters_; }
  WalBuffer& wal() { return wal_; }

  // To which it hands on.
  sqlite3_vfs* real() const { return real_; }

 private:
  sqlite3_vfs* const real_;
  const std::string name_;
  DiskCounters counters_;
  WalBuffer wal_{counters_};
  sqlite3_vfs vfs_;
};

}  // namespace assent::participant
