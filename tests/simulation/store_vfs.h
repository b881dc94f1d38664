// StoreVfs: what SQLite asks of a system, on simulated disks, without a clock and with a seed for its random numbers
// (https://www.sqlite.org/vfs.html). Syncs the folder where SQLite's own VFS for Unix does; files that are locked or
// shared are so among the connections of this process.
//
// While one exists, every connection that is opened below a mounted folder goes through it; all else meets the real
// system.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "tests/simulation/disk.h"

namespace assent::simulation {

class StoreVfs {
 public:
  // The only one there is.
  static StoreVfs& instance();

  // What SQLite draws from now on.
  void seed(std::uint64_t seed);

  // Files in the folder are on the disk, which must stay where it is until it is unmounted.
  void mount(const std::string& folder, Disk& disk);
  // REQUIRES: no connection is open.
  void unmount(const std::string& folder);

 private:
  StoreVfs();
};

}  // namespace assent::simulation
