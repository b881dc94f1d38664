// LogDisk: the directory of a decision log, on a simulated disk.
#pragma once

#include <memory>

#include "coordinator/log/log_directory.h"
#include "tests/simulation/disk.h"

namespace assent::coordinator {

using simulation::Fault;
using simulation::Kept;
using simulation::KeptData;

class LogDisk : public simulation::Disk {
 public:
  LogDisk() = default;
  ~LogDisk() = default;
  // Nobody has claimed a copy.
  LogDisk(const LogDisk& other) : Disk(other) {}
  LogDisk& operator=(const LogDisk& other) {
    Disk::operator=(other);
    return *this;
  }

  // The disk must outlive it and stay where it is.
  std::unique_ptr<LogDirectory> directory();

 private:
  friend class LogDiskDirectory;

  bool locked_ = false;
};

}  // namespace assent::coordinator
