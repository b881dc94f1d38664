// FaultyDisk: lets the N-th operation of some kind that SQLite asks for fail.
//
// While one exists, every connection that is opened goes through it: an SQLite VFS around the real one.
#pragma once

#include <cstdint>

#include "tests/unit/participant/store/nth_fault.h"

namespace assent::participant {

enum class DiskOperation : std::uint8_t {
  kWrite,   // and every force, and every shrinking of a file
  kForce,   // alone
  kRoom,    // for a write
  kOpen,    // of a file
  kRead,    // also of a file's size
  kRemove,  // of a file
  kMap,     // of the memory that the users of a log share
};

class FaultyDisk {
 public:
  explicit FaultyDisk(DiskOperation failing = DiskOperation::kWrite);
  ~FaultyDisk();
  FaultyDisk(const FaultyDisk&) = delete;
  FaultyDisk& operator=(const FaultyDisk&) = delete;

  NthFault& fault();
};

}  // namespace assent::participant
