// CountingVfs: the way of one store's connection to the system, with counters of what goes by.
//
// A VFS shim (https://www.sqlite.org/vfs.html): every call is handed to the default VFS with the very arguments it came
// with, and so is the answer. So SQLite meets the locks, the files and the forces that it meets without it.
//
// What is counted are SQLite's calls. Each is one system call, but for the first force of a new log, which forces the
// folder as well; an opening does that. The store's other files (file_claim.h) are not SQLite's.
#pragma once

#include <sqlite3.h>

#include <string>

#include "participant/store/store.h"

namespace assent::participant {

class CountingVfs {
 public:
  // Registers it under a name of its own.
  CountingVfs();
  // REQUIRES: its connection is closed.
  ~CountingVfs();
  CountingVfs(const CountingVfs&) = delete;
  CountingVfs& operator=(const CountingVfs&) = delete;

  // For sqlite3_open_v2(), by one connection, which is used by one thread.
  const char* name() const { return name_.c_str(); }

  const DiskCounters& counters() const { return counters_; }
  DiskCounters& counters() { return counters_; }

  // To which it hands on.
  sqlite3_vfs* real() const { return real_; }

 private:
  sqlite3_vfs* const real_;
  const std::string name_;
  DiskCounters counters_;
  sqlite3_vfs vfs_;
};

}  // namespace assent::participant
